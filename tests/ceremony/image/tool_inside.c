/* SPDX-License-Identifier: ISC */
/*
 * In a guest, what a program may do there:
 *
 *   tool_inside sockets      the families it can make sockets of, one a line,
 *                            then how many it is refused, and by what
 *   tool_inside calls        each call that no program needs, and its error
 *   tool_inside old          how calls of other architectures end
 *   tool_inside module FILE  load a module of the kernel
 *   tool_inside ask WORD     the first process is asked; its answer
 *   tool_inside hold WORD    the same, and stays connected until it is ended
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL "/run/anchorite/init"
#define FAMILIES 64 /* the kernel has 46 */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- sockets --------------------------------------------------------------------- */

/* Of any type; the error of the last try. */
static int
make_socket(int family, int protocol)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW,
		SOCK_SEQPACKET };

	for (size_t i = 0; i < COUNT(types); i++) {
		int fd = socket(family, types[i], protocol);

		if (fd >= 0) {
			close(fd);
			return 0;
		}
	}
	return errno;
}

static int
do_sockets(char **argv)
{
	int refused = 0, other = 0;

	(void)argv;
	for (int family = 0; family < FAMILIES; family++) {
		/* netlink has parts, that are asked for one by one */
		int parts = family == AF_NETLINK ? MAX_LINKS : 1;

		for (int part = 0; part < parts; part++) {
			int error = make_socket(family, part);

			if (error == 0)
				printf("made %d.%d\n", family, part);
			refused += error == EPERM;
			other += error != 0 && error != EPERM;
		}
	}
	printf("refused %d\nother %d\n", refused, other);
	return 0;
}

/* ---- calls ----------------------------------------------------------------------- */

/* With arguments that no kernel takes: what is not EPERM was looked at. */
static const struct {
	const char *name;
	long number;
} calls[] = {
	{ "kexec_load", SYS_kexec_load },
	{ "kexec_file_load", SYS_kexec_file_load },
	{ "init_module", SYS_init_module },
	{ "finit_module", SYS_finit_module },
	{ "delete_module", SYS_delete_module },
	{ "bpf", SYS_bpf },
	{ "iopl", SYS_iopl },
	{ "ptrace", SYS_ptrace },
	{ "process_vm_readv", SYS_process_vm_readv },
	{ "process_vm_writev", SYS_process_vm_writev },
	{ "perf_event_open", SYS_perf_event_open },
	{ "userfaultfd", SYS_userfaultfd },
	{ "io_uring_setup", SYS_io_uring_setup },
	{ "add_key", SYS_add_key },
	{ "request_key", SYS_request_key },
	{ "keyctl", SYS_keyctl },
	{ "swapon", SYS_swapon },
	{ "setns", SYS_setns },
	{ "open_by_handle_at", SYS_open_by_handle_at },
	{ "syslog", SYS_syslog },
};

static int
do_calls(char **argv)
{
	(void)argv;
	for (size_t i = 0; i < COUNT(calls); i++) {
		errno = 0;
		syscall(calls[i].number, -1L, -1L, -1L, -1L, -1L, -1L);
		printf("%s %s\n", calls[i].name, strerrorname_np(errno));
	}
	return 0;
}

/* ---- other architectures --------------------------------------------------------- */

static void
call_i386(void)
{
	int ret;

	/* getpid() */
	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(20) : "memory");
	_exit(ret > 0 ? 0 : 1);
}

static void
call_x32(void)
{
	_exit(syscall(0x40000000L | SYS_getpid) > 0 ? 0 : 1);
}

static void
tell_end(const char *name, void (*call)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		call();
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("%s signal %d\n", name, WTERMSIG(status));
	else
		printf("%s status %d\n", name, WEXITSTATUS(status));
}

static int
do_old(char **argv)
{
	(void)argv;
	fflush(stdout);
	tell_end("i386", call_i386);
	fflush(stdout);
	tell_end("x32", call_x32);
	return 0;
}

/* ---- the rest -------------------------------------------------------------------- */

static int
do_module(char **argv)
{
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		perror(argv[0]);
		return 2;
	}
	if (syscall(SYS_finit_module, fd, "", 0) == 0)
		puts("loaded");
	else
		puts(strerrorname_np(errno));
	close(fd);
	return 0;
}

static int
ask(const char *word)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = CONTROL };
	char answer[256];
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    send(fd, word, strlen(word), 0) < 0 ||
	    (n = recv(fd, answer, sizeof(answer), 0)) < 0) {
		perror(CONTROL);
		return 1;
	}
	printf("%.*s\n", (int)n, answer);
	fflush(stdout);
	return 0;
}

static int
do_ask(char **argv)
{
	return ask(argv[0]);
}

static int
do_hold(char **argv)
{
	int ret = ask(argv[0]);

	if (ret == 0)
		pause();
	return ret;
}

static const struct {
	const char *name;
	int operands;
	int (*act)(char **argv);
} table[] = {
	{ "sockets", 0, do_sockets },
	{ "calls", 0, do_calls },
	{ "old", 0, do_old },
	{ "module", 1, do_module },
	{ "ask", 1, do_ask },
	{ "hold", 1, do_hold },
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc >= 2 && i < COUNT(table); i++) {
		if (strcmp(argv[1], table[i].name) == 0 &&
		    argc == 2 + table[i].operands)
			return table[i].act(argv + 2);
	}
	fputs("usage: tool_inside sockets | calls | old | module FILE | "
	      "ask WORD | hold WORD\n",
	    stderr);
	return 2;
}
