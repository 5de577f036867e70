/* SPDX-License-Identifier: ISC */
/*
 * tool_measure OUT PROGRAM [ARGUMENT...]
 *
 * Run a program and write to OUT what it took: wall time in seconds, and in
 * KiB the most memory that any one of its processes held.  Ends as it ended.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int
main(int argc, char *argv[])
{
	struct rusage usage = { 0 };
	double start = now(), took;
	int status = -1;
	pid_t pid;
	FILE *f;

	if (argc < 3)
		return 2;
	if ((pid = fork()) == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	if (pid == -1 || wait4(pid, &status, 0, &usage) != pid)
		return 2;
	took = now() - start;
	if ((f = fopen(argv[1], "w")) == NULL)
		return 2;
	fprintf(f, "%.3f %ld\n", took, usage.ru_maxrss);
	if (fclose(f) != 0)
		return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
