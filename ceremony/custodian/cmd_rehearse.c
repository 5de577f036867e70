/* SPDX-License-Identifier: ISC */
/* Rehearsals: the same ceremonies in a scratch folder that a second plan
 * continues in, on SoftHSM tokens or on blank cards. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"
#include "ceremony/custodian/drill.h"
#include "ceremony/custodian/stop_sheet.h"
#include "ceremony/custodian/wipe_cards.h"

#define SEED_MAX 1000000 /* of one that is chosen: short enough to type */

struct scratch {
	char dir[PATH_MAX], state[PATH_MAX], in[PATH_MAX], out[PATH_MAX];
	int fd;
};

static bool
make_folder(const char *path)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	fprintf(stderr, "anchorite: %s: %s\n", path, strerror(errno));
	return false;
}

static bool
join(char out[PATH_MAX], const char *dir, const char *name)
{
	if (snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
		return true;
	fprintf(stderr, "anchorite: %s: path too long\n", dir);
	return false;
}

static bool
scratch_fail(const char *what)
{
	fprintf(stderr, "anchorite: %s: %s\n", what, strerror(errno));
	return false;
}

/* Replaced whole: another rehearsal in this folder may be reading it. */
static bool
write_conf(const char *path, const char *fresh, const char *tokens)
{
	FILE *f = fopen(fresh, "we");
	bool ok;

	if (f == NULL)
		return scratch_fail(fresh);
	ok = fprintf(f,
		 "directories.tokendir = %s\nobjectstore.backend = file\n"
		 "log.level = ERROR\nslots.removable = false\n",
		 tokens) > 0;
	ok = fclose(f) == 0 && ok && rename(fresh, path) == 0;
	return ok || scratch_fail(path);
}

/* SoftHSM of this rehearsal alone: its tokens in the scratch folder. */
static bool
own_softhsm(const struct scratch *s)
{
	char tokens[PATH_MAX], conf[PATH_MAX], fresh[PATH_MAX];
	char name[64];

	snprintf(name, sizeof(name), ".softhsm2.conf.%ld", (long)getpid());
	if (!join(tokens, s->dir, "tokens") ||
	    !join(conf, s->dir, "softhsm2.conf") || !join(fresh, s->dir, name))
		return false;
	if (!make_folder(tokens) || !write_conf(conf, fresh, tokens))
		return false;
	return setenv("SOFTHSM2_CONF", conf, 1) == 0 || scratch_fail(conf);
}

static bool
scratch_open(struct scratch *s, const char *dir, const char *in)
{
	char made[] = "/tmp/anchorite-rehearsal-XXXXXX";

	if (dir == NULL)
		dir = mkdtemp(made);
	else if (!make_folder(dir))
		return false;
	if (dir == NULL || realpath(dir, s->dir) == NULL)
		return scratch_fail("scratch folder");
	s->fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd == -1)
		return scratch_fail(s->dir);
	if (!join(s->state, s->dir, "state") || !join(s->in, s->dir, "in") ||
	    !join(s->out, s->dir, "out"))
		return false;
	if (!make_folder(s->in) || !make_folder(s->out))
		return false;
	if (in != NULL && snprintf(s->in, PATH_MAX, "%s", in) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return scratch_fail("--in");
	}
	return own_softhsm(s);
}

/* What the command was called with. */
struct rehearsal {
	struct scratch scratch;
	const char *dir, *in, *by_hand, *abandon, *no_pinpad;
	const char *cards, *module; /* on them; NULL: not, as planned */
	const char *image, *witness;
	struct drill *drill; /* of the last plan, or NULL */
	char **plans;        /* still to be held, the present one first */
	size_t count;
};

/* The same from the present plan on; *out new, NULL without memory. */
static char *
resume_command(const struct rehearsal *r)
{
	const char **words = calloc(r->count + 15, sizeof(*words));
	size_t n = 0;
	char *line;

	if (words == NULL)
		return NULL;
	words[n++] = "rehearse";
	for (size_t i = 0; i < r->count; i++)
		words[n++] = r->plans[i];
	words[n++] = "--dir";
	words[n++] = r->dir != NULL ? r->dir : r->scratch.dir;
	if (r->in != NULL) {
		words[n++] = "--in";
		words[n++] = r->in;
	}
	if (r->cards != NULL)
		words[n++] = r->cards;
	if (r->module != NULL) {
		words[n++] = "--module";
		words[n++] = r->module;
	}
	if (r->by_hand != NULL)
		words[n++] = r->by_hand;
	if (r->no_pinpad != NULL)
		words[n++] = r->no_pinpad;
	if (r->image != NULL) {
		words[n++] = "--image";
		words[n++] = r->image;
	}
	if (r->witness != NULL) {
		words[n++] = "--witness";
		words[n++] = r->witness;
	}
	line = stop_sheet_command(false, words);
	free(words);
	return line;
}

static int
rehearse_one(const struct rehearsal *r)
{
	const struct scratch *s = &r->scratch;
	struct people people = { .tty = -1, .rehearsal_fd = -1 };
	char *resume = resume_command(r);
	const struct ceremony_files files = { .plan = r->plans[0],
		.state = s->state,
		.in = s->in,
		.out = s->out,
		.resume = resume,
		.abandon = r->abandon,
		.image = r->image,
		.witness = r->witness,
		/* PINs that nobody chose are typed by nobody */
		.no_pinpad = r->no_pinpad != NULL || r->by_hand == NULL,
		.module = r->cards != NULL ? r->module : "softhsm" };
	int status = EXIT_STATE;

	if (r->by_hand == NULL)
		people_rehearsal(&people, s->fd);
	else if (!people_by_hand(&people, s->fd)) {
		fprintf(stderr, "anchorite: no terminal for --by-hand\n");
		goto out;
	}
	people_say(&people, "rehearsal of %s in %s", files.plan, s->dir);
	if (r->drill != NULL && r->count == 1)
		status = drill_hold(r->drill, &files, &people);
	else
		status = (int)ceremony_run(&files, true, &people);
	people_close(&people);
out:
	free(resume);
	return status;
}

static bool
read_seed(const char *text, uint64_t *seed)
{
	char *end = NULL;

	if (text == NULL)
		return getrandom(seed, sizeof(*seed), 0) == sizeof(*seed) &&
		    (*seed %= SEED_MAX, true);
	errno = 0;
	*seed = strtoull(text, &end, 10);
	return isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0;
}

/* What is wrong with the options of a drill is said. */
static bool
drill_options(const char *name, const char *seed_text, struct drill *d)
{
	char names[128];
	uint64_t seed = 0;

	if (name == NULL && seed_text == NULL)
		return true;
	if (name == NULL) {
		fprintf(stderr,
		    "anchorite rehearse: --drill-seed without "
		    "--drill\n");
		return false;
	}
	if (!read_seed(seed_text, &seed)) {
		fprintf(stderr,
		    "anchorite rehearse: --drill-seed: not a "
		    "number\n");
		return false;
	}
	if (drill_start(d, name, seed))
		return true;
	drill_names(names, sizeof(names));
	fprintf(stderr, "anchorite rehearse: --drill %s: is none of %s\n", name,
	    names);
	return false;
}

/* What is wrong with the options about cards is said. */
static bool
card_options(const struct rehearsal *r)
{
	if (r->module != NULL && r->cards == NULL)
		fprintf(stderr,
		    "anchorite rehearse: --module without "
		    "--cards\n");
	else if (r->module != NULL && !plan_module_valid(r->module))
		fprintf(stderr,
		    "anchorite rehearse: --module %s: is none of "
		    "softhsm, opensc, and no absolute path\n",
		    r->module);
	else
		return true;
	return false;
}

/* The folder of a rehearsal that was; it is not made. */
static int
wipe_scratch(const struct command *self, int argc, const struct rehearsal *r)
{
	char state[PATH_MAX];
	int fd, status;

	if (argc != 0 || r->dir == NULL || r->in != NULL ||
	    r->abandon != NULL || r->cards != NULL || r->by_hand != NULL)
		return command_usage(self);
	fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || !join(state, r->dir, "state")) {
		if (fd == -1)
			scratch_fail(r->dir);
		else
			close(fd);
		return EXIT_STATE;
	}
	status = (int)wipe_cards(state, fd, r->module);
	close(fd);
	return status;
}

int
cmd_rehearse(const struct command *self, int argc, char *argv[])
{
	const char *drill = NULL, *seed = NULL, *wipe = NULL;
	struct drill d;
	struct rehearsal r = { .scratch = { .fd = -1 }, .plans = argv };
	const struct option_row rows[] = { { "--dir", &r.dir, 0 },
		{ "--in", &r.in, 0 }, { "--by-hand", &r.by_hand, 1 },
		{ "--cards", &r.cards, 1 }, { "--module", &r.module, 0 },
		{ "--drill", &drill, 0 }, { "--drill-seed", &seed, 0 },
		{ "--abandon", &r.abandon, 0 },
		{ "--no-pinpad", &r.no_pinpad, 1 }, { "--image", &r.image, 0 },
		{ "--witness", &r.witness, 0 }, { "--wipe-cards", &wipe, 1 },
		{ NULL, NULL, 0 } };
	int status = command_options(self, &argc, argv, rows);

	if (status != 0)
		return status;
	if (wipe != NULL)
		return wipe_scratch(self, argc, &r);
	if (argc < 1 || (r.abandon != NULL && argc > 1) || !card_options(&r) ||
	    !drill_options(drill, seed, &d))
		return command_usage(self);
	r.drill = drill != NULL ? &d : NULL;
	if (!scratch_open(&r.scratch, r.dir, r.in))
		return EXIT_STATE;
	for (r.count = (size_t)argc; status == 0 && r.count > 0;
	     r.count--, r.plans++)
		status = rehearse_one(&r);
	close(r.scratch.fd);
	return status;
}
