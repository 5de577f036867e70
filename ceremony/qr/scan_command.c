/* SPDX-License-Identifier: ISC */
/* qr scan and qr read-sheet: from codes to a file. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ceremony/qr/command.h"
#include "ceremony/qr/say.h"
#include "ceremony/qr/scan.h"
#include "ceremony/qr/stop.h"

/* ---- what both share --------------------------------------------------------- */

/* The folder that path would be in can be written to; else errno. */
static bool
folder_writable(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	int n = 0;

	if (slash != NULL)
		n = snprintf(folder, sizeof(folder), "%.*s",
		    (int)(slash - path) + 1, path);
	if (n >= (int)sizeof(folder)) {
		errno = ENAMETOOLONG;
		return false;
	}
	return access(folder, W_OK | X_OK) == 0;
}

/* Before people hold anything before a camera: the name is free, and a file
 * can be made there. */
static enum qr_outcome
check_free(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0) {
		qr_say_error("%s: is there already: choose another name", path);
		return QR_EXISTS;
	}
	if (errno == ENOENT && folder_writable(path))
		return QR_DONE;
	qr_say_error("%s: cannot be written: %s", path, strerror(errno));
	return QR_WRITE;
}

typedef void scan_source(struct scan *s, const struct qr_arguments *args);

static enum qr_outcome
scan_with(const struct qr_arguments *args, const char *out, enum qr_ways ways,
    const struct scan_raw *raw, scan_source *source)
{
	enum qr_outcome outcome = check_free(out);
	struct scan *s = outcome == QR_DONE ? malloc(sizeof(*s)) : NULL;

	if (outcome != QR_DONE)
		return outcome;
	if (s == NULL || !scan_start(s, ways)) {
		free(s);
		return QR_TROUBLE;
	}
	s->raw = *raw;
	stop_catch();
	source(s, args);
	outcome = scan_write(s, out);
	stop_release();
	scan_end(s);
	free(s);
	return outcome;
}

static void
scan_device(struct scan *s, const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1) {
		scan_complain(s, "%s: cannot be opened: %s", path,
		    strerror(errno));
		s->outcome = QR_READ;
		return;
	}
	scan_camera(s, &camera_system, fd, path);
	close(fd);
}

/* A device, a folder or a file. */
static void
scan_path(struct scan *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		scan_complain(s, "%s: cannot be read: %s", path,
		    strerror(errno));
		s->outcome = QR_READ;
	} else if (S_ISDIR(st.st_mode)) {
		scan_folder(s, path);
	} else if (S_ISCHR(st.st_mode)) {
		scan_device(s, path);
	} else {
		scan_file(s, fd, path);
	}
	if (fd != -1)
		close(fd);
}

/* ---- scan -------------------------------------------------------------------- */

enum {
	SCAN_OUT,
	SCAN_TEXT,
	SCAN_RAW,
};
static const struct qr_option scan_options[] = {
	[SCAN_OUT] = { "out", "FILE", true, "new file for what was read" },
	[SCAN_TEXT] = { "text", NULL, false,
	    "read lines from standard input, one part each" },
	[SCAN_RAW] = { "raw", "FORM:WxH", false,
	    "FILE has raw frames: grey or yuyv, and their width and height" },
	{ .name = NULL },
};

static const struct {
	const char *name;
	enum picture_form form;
} raw_forms[] = {
	{ "grey:", PICTURE_GREY },
	{ "yuyv:", PICTURE_YUYV },
};

/* A side of a frame, with what must stand behind it. */
static bool
read_side(const char **at, char behind, uint32_t *out)
{
	char *end;
	unsigned long n = strtoul(*at, &end, 10);

	if (**at < '1' || **at > '9' || n > PICTURE_SIDE_MAX || *end != behind)
		return false;
	*out = (uint32_t)n;
	*at = end + 1;
	return true;
}

/* "grey:1280x720"; nothing where text is NULL. */
static bool
read_raw(const char *text, struct scan_raw *raw)
{
	*raw = (struct scan_raw){ .form = PICTURE_ANY };
	if (text == NULL)
		return true;
	for (size_t i = 0; i < sizeof(raw_forms) / sizeof(raw_forms[0]); i++) {
		size_t len = strlen(raw_forms[i].name);
		const char *at = text + len;

		if (strncmp(text, raw_forms[i].name, len) != 0)
			continue;
		raw->form = raw_forms[i].form;
		return read_side(&at, 'x', &raw->width) &&
		    read_side(&at, '\0', &raw->height);
	}
	return false;
}

static void
from_lines(struct scan *s, const struct qr_arguments *args)
{
	(void)args;
	scan_lines(s, STDIN_FILENO);
}

static void
from_path(struct scan *s, const struct qr_arguments *args)
{
	scan_path(s, args->operands[0]);
}

static enum qr_outcome
scan_run(const struct qr_arguments *args)
{
	bool text = args->option[SCAN_TEXT] != NULL;
	struct scan_raw raw;

	if (args->operand_count != (text ? 0 : 1)) {
		qr_say_error(text
			? "scan: --text takes its lines from standard input"
			: "scan: which camera, file or folder?");
		qr_command_usage(&qr_scan_command, args->program, true);
		return QR_USAGE;
	}
	if (!read_raw(args->option[SCAN_RAW], &raw)) {
		qr_say_error("scan: --raw is grey:WxH or yuyv:WxH, sides up "
			     "to %d",
		    PICTURE_SIDE_MAX);
		return QR_USAGE;
	}
	return scan_with(args, args->option[SCAN_OUT], QR_IF_NONE, &raw,
	    text ? from_lines : from_path);
}

const struct qr_command qr_scan_command = {
	.name = "scan",
	.run = scan_run,
	.summary = "read a file from a camera, pictures or lines",
	.options = scan_options,
	.operands = "CAMERA|FILE|DIR",
	.most = 1,
};

/* ---- read-sheet --------------------------------------------------------------- */

enum {
	SHEET_OUT,
};
static const struct qr_option sheet_options[] = {
	[SHEET_OUT] = { "out", "FILE", true, "new file for what was read" },
	{ .name = NULL },
};

static void
from_sheets(struct scan *s, const struct qr_arguments *args)
{
	for (size_t i = 0; i < args->operand_count && !scan_over(s); i++) {
		int fd = open(args->operands[i],
		    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (fd == -1) {
			scan_complain(s, "%s: cannot be read: %s",
			    args->operands[i], strerror(errno));
			s->broken++;
			continue;
		}
		scan_file(s, fd, args->operands[i]);
		close(fd);
	}
}

static enum qr_outcome
sheet_run(const struct qr_arguments *args)
{
	static const struct scan_raw none = { .form = PICTURE_ANY };

	if (args->operand_count == 0) {
		qr_say_error("read-sheet: which pictures?");
		qr_command_usage(&qr_read_sheet_command, args->program, true);
		return QR_USAGE;
	}
	return scan_with(args, args->option[SHEET_OUT], QR_ALL_WAYS, &none,
	    from_sheets);
}

const struct qr_command qr_read_sheet_command = {
	.name = "read-sheet",
	.run = sheet_run,
	.summary = "read a file from pictures of printed sheets",
	.options = sheet_options,
	.operands = "PICTURE...",
	.most = 10000,
};
