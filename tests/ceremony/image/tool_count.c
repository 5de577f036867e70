/* SPDX-License-Identifier: ISC */
/*
 * tool_count FILE TEXT...   how often each text stands in a file, which is as
 *                           large as a machine's memory: a number a line
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t
count(const char *at, size_t len, const char *text)
{
	size_t n = 0, size = strlen(text);
	const char *end = at + len, *found;

	while ((found = memmem(at, (size_t)(end - at), text, size)) != NULL) {
		n++;
		at = found + 1;
	}
	return n;
}

int
main(int argc, char **argv)
{
	struct stat st;
	const char *octets;
	int fd;

	if (argc < 3 || (fd = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0 ||
	    fstat(fd, &st) != 0 || st.st_size == 0 ||
	    (octets = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd,
		 0)) == MAP_FAILED) {
		fputs("usage: tool_count FILE TEXT...\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		printf("%zu\n", count(octets, (size_t)st.st_size, argv[i]));
	return 0;
}
