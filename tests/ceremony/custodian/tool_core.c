/* SPDX-License-Identifier: ISC */
/*
 * tool_core DIR COMMAND...: run a ceremony and take images of the memory of
 * all its processes into DIR: whenever it is about to send a child a message,
 * and whenever it waits for people.  It is held there, its children wait for
 * their next message: nothing moves.
 *
 * DIR/index has a line for each process at each moment:
 *
 *   MOMENT WHAT PROCESS IMAGE GUARD
 *
 * WHAT is the message and whom it goes to, "begin>root-1", or "prompt".
 * PROCESS is "anchorite", "reader", "S", or the label of the signer's token.
 * IMAGE is a file in DIR; a process that has not run since the last moment
 * keeps its image.  GUARD is "closed" when the process leaves no core and its
 * own user cannot read its memory, else "open".
 *
 * An image has, for each mapping that may hold what a program wrote, a line
 * "LENGTH FLAGS NAME" and the octets; FLAGS are VmFlags of /proc/PID/smaps.
 *
 * Ends in the command's status; 77 when this machine does not let root look.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ceremony/process/message.h"

#define PROCESSES_MAX 32
#define NAME_SIZE 64
#define CHUNK 65536
#define REST_NS 10000000000LL /* a child must rest by then */
#define NOT_HERE 77
#define HEADER_SIZE 6

struct process {
	pid_t pid;
	int fd; /* of the ceremony's, to this child */
	char name[NAME_SIZE], image[NAME_SIZE + 16];
	unsigned long long switches; /* how often it has run, at that image */
};

struct watch {
	int dir;
	FILE *index;
	unsigned moment;
	struct process all[PROCESSES_MAX]; /* the ceremony first */
	size_t count;
	bool asked; /* something was written since people were waited for */
};

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tool_core: %s: %s\n", what, strerror(errno));
	exit(1);
}

static FILE *
proc_file(pid_t pid, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	return fopen(path, "re");
}

static int
proc_memory(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/mem", (long)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* ---- what a process lets others see --------------------------------------- */

static bool
set_ptrace_right(bool on)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &head, caps) != 0)
		return false;
	if (on)
		caps[0].effective |= 1u << CAP_SYS_PTRACE;
	else
		caps[0].effective &= ~(1u << CAP_SYS_PTRACE);
	return syscall(SYS_capset, &head, caps) == 0;
}

/* As its own user, without a right to look into any process. */
static bool
readable_by_owner(pid_t pid)
{
	int fd;

	need(set_ptrace_right(false), "capset");
	fd = proc_memory(pid);
	need(set_ptrace_right(true), "capset");
	if (fd != -1)
		close(fd);
	return fd != -1;
}

static bool
leaves_core(pid_t pid)
{
	FILE *f = proc_file(pid, "limits");
	char line[256];
	bool none = false;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		unsigned long long soft = 1, hard = 1;
		if (sscanf(line, "Max core file size %llu %llu", &soft,
			&hard) == 2)
			none = soft == 0 && hard == 0;
	}
	if (f != NULL)
		fclose(f);
	return !none;
}

static unsigned long long
switches(pid_t pid)
{
	FILE *f = proc_file(pid, "status");
	char line[256];
	unsigned long long sum = 0, n;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "voluntary_ctxt_switches: %llu", &n) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %llu", &n) == 1)
			sum += n;
	}
	if (f != NULL)
		fclose(f);
	return sum;
}

/* ---- one image ------------------------------------------------------------ */

struct mapping {
	uint64_t from, to;
	char rights[5], flags[256], name[256];
	bool from_file;
	unsigned long long written; /* kB that are not the file's */
};

/* The next mapping; false at the end. */
static bool
mapping_read(FILE *smaps, struct mapping *m)
{
	char line[512];
	unsigned long inode = 0;

	memset(m, 0, sizeof(*m));
	if (fgets(line, sizeof(line), smaps) == NULL)
		return false;
	strcpy(m->name, "anonymous");
	need(sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %lu %255s",
		 &m->from, &m->to, m->rights, &inode, m->name) >= 4,
	    "smaps");
	m->from_file = inode != 0;
	while (fgets(line, sizeof(line), smaps) != NULL) {
		sscanf(line, "Anonymous: %llu", &m->written);
		if (strncmp(line, "VmFlags:", 8) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		for (char *c = line; *c != '\0'; c++)
			*c = *c == ' ' ? ',' : *c;
		return snprintf(m->flags, sizeof(m->flags), "%s", line + 8) <
		    (int)sizeof(m->flags);
	}
	return false;
}

/* What is in a file, as it is there, was not written by the process; what it
 * can write no more is looked at once. */
static bool
may_hold(const struct mapping *m, bool first)
{
	if (m->rights[0] != 'r' || m->name[1] == 'v') /* [vvar], [vdso] */
		return false;
	if (m->from_file && m->rights[3] == 'p' && m->written == 0)
		return false;
	return first || m->rights[1] == 'w';
}

static void
mapping_copy(int memory, const struct mapping *m, FILE *out)
{
	static uint8_t chunk[CHUNK];

	fprintf(out, "%" PRIu64 " %s %s\n", m->to - m->from, m->flags, m->name);
	for (uint64_t at = m->from; at < m->to;) {
		size_t want = m->to - at < CHUNK ? m->to - at : CHUNK;
		ssize_t n = pread(memory, chunk, want, (off_t)at);
		need(n > 0, m->name);
		need(fwrite(chunk, 1, (size_t)n, out) == (size_t)n, "image");
		at += (uint64_t)n;
	}
}

static void
image_take(struct watch *w, struct process *p)
{
	FILE *smaps = proc_file(p->pid, "smaps"), *out;
	bool first = p->image[0] == '\0';
	int memory = proc_memory(p->pid), fd;
	struct mapping m;

	snprintf(p->image, sizeof(p->image), "%04u.%s", w->moment, p->name);
	fd = openat(w->dir, p->image, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	out = fd == -1 ? NULL : fdopen(fd, "w");
	need(smaps != NULL && memory != -1 && out != NULL, p->image);
	while (mapping_read(smaps, &m)) {
		if (may_hold(&m, first))
			mapping_copy(memory, &m, out);
	}
	need(fclose(out) == 0, p->image);
	fclose(smaps);
	close(memory);
}

/* ---- who there is --------------------------------------------------------- */

static size_t
children(pid_t pid, pid_t out[PROCESSES_MAX])
{
	char name[64];
	size_t n = 0;
	long child;
	FILE *f;

	snprintf(name, sizeof(name), "task/%ld/children", (long)pid);
	f = proc_file(pid, name);
	need(f != NULL, name);
	while (n < PROCESSES_MAX && fscanf(f, "%ld", &child) == 1)
		out[n++] = (pid_t)child;
	fclose(f);
	return n;
}

static bool
among(pid_t pid, const pid_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i] == pid)
			return true;
	}
	return false;
}

/* Forget the children that have ended; take in those that are new. */
static void
children_update(struct watch *w)
{
	pid_t now[PROCESSES_MAX], known[PROCESSES_MAX];
	size_t n = children(w->all[0].pid, now), kept = 1;

	for (size_t i = 1; i < w->count; i++) {
		if (among(w->all[i].pid, now, n))
			w->all[kept++] = w->all[i];
	}
	w->count = kept;
	for (size_t i = 0; i < kept; i++)
		known[i] = w->all[i].pid;
	for (size_t i = 0; i < n; i++) {
		if (among(now[i], known, kept))
			continue;
		need(w->count < PROCESSES_MAX, "processes");
		w->all[w->count++] =
		    (struct process){ .pid = now[i], .fd = -1, .name = "new" };
	}
}

static bool
rests(pid_t pid)
{
	FILE *f = proc_file(pid, "syscall");
	long number = -1;
	bool ok = f != NULL && fscanf(f, "%ld", &number) == 1;

	if (f != NULL)
		fclose(f);
#ifdef SYS_poll
	if (ok && number == SYS_poll)
		return true;
#endif
	return ok && number == SYS_ppoll;
}

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* It has answered, but may have something to wipe still. */
static void
wait_for_rest(const struct process *p)
{
	static const struct timespec tick = { 0, 100000 };
	int64_t end = now_ns() + REST_NS;

	while (!rests(p->pid)) {
		errno = ETIMEDOUT;
		need(now_ns() < end, p->name);
		nanosleep(&tick, NULL);
	}
}

/* ---- a moment ------------------------------------------------------------- */

static void
look_at(struct watch *w, struct process *p, const char *what)
{
	unsigned long long ran;
	bool is_child = p != w->all;

	if (is_child)
		wait_for_rest(p);
	ran = switches(p->pid);
	if (!is_child || p->image[0] == '\0' || ran != p->switches)
		image_take(w, p);
	p->switches = ran;
	fprintf(w->index, "%04u %s %s %s %s\n", w->moment, what, p->name,
	    p->image,
	    leaves_core(p->pid) || readable_by_owner(p->pid) ? "open"
							     : "closed");
}

static void
moment(struct watch *w, const char *what)
{
	w->moment++;
	for (size_t i = 0; i < w->count; i++)
		look_at(w, &w->all[i], what);
	need(fflush(w->index) == 0, "index");
}

/* The text behind so many others. */
static void
text_at(struct message *m, int before, char *out)
{
	for (int i = 0; i <= before; i++)
		message_get_text(m, out, NAME_SIZE - 1);
}

/* A child is called by what it is told to be. */
static void
name_child(struct process *p, struct message *m)
{
	switch (m->kind) {
	case MSG_READ_PLAN:
	case MSG_READ_STATION:
	case MSG_READ_REQUEST:
		strcpy(p->name, "reader");
		break;
	case MSG_PAPER_NEW:
	case MSG_PAPER_LOAD:
		text_at(m, 0, p->name); /* S or B */
		break;
	case MSG_OPEN:
	case MSG_CARD_MAKE:
	case MSG_ACT_KEYS:
		text_at(m, 1, p->name);
		break;
	default:
		break;
	}
}

static struct process *
child_at(struct watch *w, int fd)
{
	struct process *fresh = NULL;

	children_update(w);
	for (size_t i = 1; i < w->count; i++) {
		if (w->all[i].fd == fd)
			return &w->all[i];
		if (w->all[i].fd == -1)
			fresh = &w->all[i];
	}
	need(fresh != NULL, "a message to nobody");
	fresh->fd = fd;
	return fresh;
}

/* The message that the ceremony is about to send. */
static bool
message_read(pid_t pid, uint64_t msghdr, struct message *m)
{
	int memory = proc_memory(pid);
	struct msghdr msg = { 0 };
	struct iovec iov[2] = { { 0 } };
	uint8_t header[HEADER_SIZE];
	bool ok = memory != -1 &&
	    pread(memory, &msg, sizeof(msg), (off_t)msghdr) == sizeof(msg) &&
	    msg.msg_iovlen == 2 &&
	    pread(memory, iov, sizeof(iov), (off_t)(uintptr_t)msg.msg_iov) ==
		sizeof(iov) &&
	    iov[0].iov_len == sizeof(header) && iov[1].iov_len <= MESSAGE_MAX &&
	    pread(memory, header, sizeof(header),
		(off_t)(uintptr_t)iov[0].iov_base) == sizeof(header);

	if (ok) {
		message_start(m,
		    (enum message_kind)(header[0] << 8 | header[1]));
		m->len = iov[1].iov_len;
		ok =
		    pread(memory, m->data, m->len,
			(off_t)(uintptr_t)iov[1].iov_base) == (ssize_t)m->len &&
		    message_row(m->kind) != NULL;
	}
	if (memory != -1)
		close(memory);
	return ok;
}

/* Many, and each like the one before. */
static bool
is_part(enum message_kind kind)
{
	return kind == MSG_HEAD_LINE || kind == MSG_DERIVE_CERT ||
	    kind == MSG_WORK || kind == MSG_KEY || kind == MSG_TREE ||
	    kind == MSG_CRL;
}

static void
on_message(struct watch *w, int fd, uint64_t msghdr)
{
	static struct message m;
	char what[2 * NAME_SIZE];
	struct process *p;

	need(message_read(w->all[0].pid, msghdr, &m), "a message");
	p = child_at(w, fd);
	name_child(p, &m);
	if (is_part(m.kind))
		return;
	snprintf(what, sizeof(what), "%s>%s", message_row(m.kind)->name,
	    p->name);
	moment(w, what);
}

/* It waits for people with a mask of signals, a character at a time; one look
 * for each thing it asked. */
static void
on_prompt(struct watch *w)
{
	if (!w->asked)
		return;
	w->asked = false;
	children_update(w);
	moment(w, "prompt");
}

/* ---- the ceremony, from call to call -------------------------------------- */

static void
on_call(struct watch *w)
{
	struct __ptrace_syscall_info info = { 0 };

	need(ptrace(PTRACE_GET_SYSCALL_INFO, w->all[0].pid, sizeof(info),
		 &info) > 0,
	    "ptrace");
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	if (info.entry.nr == SYS_sendmsg)
		on_message(w, (int)info.entry.args[0], info.entry.args[1]);
	else if (info.entry.nr == SYS_write)
		w->asked = true;
	else if (info.entry.nr == SYS_ppoll && info.entry.args[3] != 0)
		on_prompt(w);
}

static _Noreturn void
become(char *argv[])
{
	/* so that it is no mightier than who will try to read it */
	if (prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0) == 0 &&
	    ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		execvp(argv[0], argv);
	_exit(NOT_HERE);
}

static int
watch(struct watch *w)
{
	pid_t pid = w->all[0].pid;
	int status = 0, sig = 0;

	for (;;) {
		need(ptrace(PTRACE_SYSCALL, pid, NULL, (long)sig) == 0,
		    "ptrace");
		need(waitpid(pid, &status, 0) == pid, "wait");
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		sig = WSTOPSIG(status);
		if (sig != (SIGTRAP | 0x80))
			continue;
		sig = 0;
		on_call(w);
	}
}

static bool
start(struct watch *w, char *argv[])
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		become(argv);
	need(pid != -1 && waitpid(pid, &status, 0) == pid, "fork");
	if (!WIFSTOPPED(status) || !readable_by_owner(pid) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD) != 0) {
		kill(pid, SIGKILL);
		return false;
	}
	signal(SIGINT, SIG_IGN); /* the terminal's Ctrl-C is not for us */
	w->all[0] = (struct process){ .pid = pid, .name = "anchorite" };
	w->count = 1;
	return true;
}

int
main(int argc, char *argv[])
{
	static struct watch w;
	int fd;

	if (argc < 3) {
		fprintf(stderr, "usage: tool_core DIR COMMAND...\n");
		return 2;
	}
	w.dir = mkdir(argv[1], 0700) == 0
	    ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC)
	    : -1;
	fd = openat(w.dir, "index", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	w.index = fd == -1 ? NULL : fdopen(fd, "w");
	need(w.index != NULL, argv[1]);
	if (!set_ptrace_right(true) || !start(&w, argv + 2))
		return NOT_HERE;
	return watch(&w);
}
