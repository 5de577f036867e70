/* SPDX-License-Identifier: ISC */
/* Rehearsals: the same ceremonies on SoftHSM tokens in a scratch folder that
 * a second plan continues in. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/custodian/ceremony.h"
#include "ceremony/custodian/commands.h"

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

static int
rehearse_one(const struct scratch *s, const char *plan, bool by_hand)
{
	struct people people = { .tty = -1, .rehearsal_fd = -1 };
	const struct ceremony_files files = { .plan = plan,
		.state = s->state,
		.in = s->in,
		.out = s->out };
	int status;

	if (!by_hand)
		people_rehearsal(&people, s->fd);
	else if (!people_by_hand(&people, s->fd)) {
		fprintf(stderr, "anchorite: no terminal for --by-hand\n");
		return EXIT_STATE;
	}
	people_say(&people, "rehearsal of %s in %s", plan, s->dir);
	status = (int)ceremony_run(&files, true, &people);
	people_close(&people);
	return status;
}

int
cmd_rehearse(const struct command *self, int argc, char *argv[])
{
	const char *dir = NULL, *in = NULL, *by_hand = NULL;
	const struct option_row rows[] = { { "--dir", &dir, 0 },
		{ "--in", &in, 0 }, { "--by-hand", &by_hand, 1 },
		{ NULL, NULL, 0 } };
	struct scratch s = { .fd = -1 };
	int status = command_options(self, &argc, argv, rows);

	if (status != 0)
		return status;
	if (argc < 1)
		return command_usage(self);
	if (!scratch_open(&s, dir, in))
		return EXIT_STATE;
	for (int i = 0; status == 0 && i < argc; i++)
		status = rehearse_one(&s, argv[i], by_hand != NULL);
	close(s.fd);
	return status;
}
