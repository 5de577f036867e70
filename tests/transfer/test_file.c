/* SPDX-License-Identifier: ISC */
#include "transfer/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/transfer/mutate.h"

struct folder {
	char path[256];
	int fd;
};

static int
make_folder(void **state)
{
	const char *build = getenv("BUILD");
	struct folder *f = calloc(1, sizeof(*f));

	snprintf(f->path, sizeof(f->path), "%s/test_file.XXXXXX",
	    build != NULL ? build : "/tmp");
	if (mkdtemp(f->path) == NULL)
		return -1;
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return f->fd < 0 ? -1 : 0;
}

/* Remove all files; how many there were, not counting folders. */
static unsigned
empty_folder(const struct folder *f)
{
	DIR *dir = opendir(f->path);
	struct dirent *entry;
	unsigned count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (unlinkat(f->fd, entry->d_name, 0) == 0)
			count++;
	}
	closedir(dir);
	return count;
}

static int
remove_folder(void **state)
{
	struct folder *f = *state;

	empty_folder(f);
	unlinkat(f->fd, "sub", AT_REMOVEDIR);
	close(f->fd);
	rmdir(f->path);
	free(f);
	return 0;
}

static void
assert_holds(int dirfd, const char *name, const char *text)
{
	uint8_t *data;
	size_t len;

	assert_int_equal(file_read(dirfd, name, 4096, &data, &len), 0);
	assert_int_equal(len, strlen(text));
	assert_string_equal((char *)data, text);
	free(data);
}

static void
test_create_and_read(void **state)
{
	const struct folder *f = *state;
	struct stat st;

	assert_int_equal(file_create(f->fd, "a", "hello", 5, 0600), 0);
	assert_holds(f->fd, "a", "hello");
	assert_int_equal(fstatat(f->fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(file_create(f->fd, "b", "", 0, 0400), 0);
	assert_holds(f->fd, "b", "");
	assert_int_equal(mkdirat(f->fd, "sub", 0700), 0);
	assert_int_equal(file_create(f->fd, "sub/c", "x", 1, 0600), 0);
	assert_holds(f->fd, "sub/c", "x");
	unlinkat(f->fd, "sub/c", 0);
	assert_int_equal(empty_folder(f), 2);
}

static void
test_create_by_absolute_path(void **state)
{
	const struct folder *f = *state;
	char path[300];

	snprintf(path, sizeof(path), "%s/abs", f->path);
	assert_int_equal(file_create(AT_FDCWD, path, "x", 1, 0600), 0);
	assert_holds(f->fd, "abs", "x");
	assert_int_equal(empty_folder(f), 1);
}

static void
test_create_never_overwrites(void **state)
{
	const struct folder *f = *state;

	assert_int_equal(file_create(f->fd, "a", "first", 5, 0600), 0);
	assert_int_equal(symlinkat("nowhere", f->fd, "dangling"), 0);
	assert_int_equal(file_create(f->fd, "a", "second", 6, 0600),
	    TRANSFER_ERR_EXISTS);
	assert_int_equal(file_create(f->fd, "dangling", "x", 1, 0600),
	    TRANSFER_ERR_EXISTS);
	assert_holds(f->fd, "a", "first");
	assert_int_equal(empty_folder(f), 2);
}

/* What a loss of power left behind does not stop the next try. */
static void
test_create_beside_leftovers(void **state)
{
	const struct folder *f = *state;

	assert_int_equal(file_create(f->fd, ".a.00.new", "half", 4, 0600), 0);
	assert_int_equal(file_create(f->fd, "a", "whole", 5, 0600), 0);
	assert_holds(f->fd, "a", "whole");
	assert_holds(f->fd, ".a.00.new", "half");
	assert_int_equal(empty_folder(f), 2);
}

/* The device is full after 4 octets: an error, and nothing is left. */
static void
test_create_without_room(void **state)
{
	const struct folder *f = *state;
	struct rlimit old, tiny;
	enum transfer_error err;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tiny = old;
	tiny.rlim_cur = 4;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
	err = file_create(f->fd, "a", "hello", 5, 0600);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(err, TRANSFER_ERR_IO);
	assert_int_equal(empty_folder(f), 0);
}

static void
test_create_refused(void **state)
{
	const struct folder *f = *state;
	static char long_name[300], long_path[5000];

	memset(long_name, 'n', sizeof(long_name) - 1);
	memset(long_path, '/', sizeof(long_path) - 1);
	assert_int_equal(file_create(f->fd, "none/a", "x", 1, 0600),
	    TRANSFER_ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(file_create(f->fd, long_name, "x", 1, 0600),
	    TRANSFER_ERR_IO);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(file_create(f->fd, long_path, "x", 1, 0600),
	    TRANSFER_ERR_IO);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(file_create(f->fd, "", "x", 1, 0600), TRANSFER_ERR_IO);
	assert_int_equal(empty_folder(f), 0);
}

static void
test_read_refused(void **state)
{
	const struct folder *f = *state;
	uint8_t octet, *data = &octet;
	size_t len = 1;

	assert_int_equal(file_create(f->fd, "a", "12345", 5, 0600), 0);
	assert_int_equal(symlinkat("a", f->fd, "link"), 0);
	assert_int_equal(mkfifoat(f->fd, "fifo", 0600), 0);
	assert_int_equal(file_read(f->fd, "a", 4, &data, &len),
	    TRANSFER_ERR_SIZE);
	assert_null(data);
	assert_int_equal(len, 0);
	assert_int_equal(file_read(f->fd, "link", 9, &data, &len),
	    TRANSFER_ERR_IO);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(file_read(f->fd, "fifo", 9, &data, &len),
	    TRANSFER_ERR_IO);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(file_read(f->fd, ".", 9, &data, &len),
	    TRANSFER_ERR_IO);
	assert_int_equal(file_read(f->fd, "/dev/null", 9, &data, &len),
	    TRANSFER_ERR_IO);
	assert_int_equal(file_read(f->fd, "none", 9, &data, &len),
	    TRANSFER_ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_null(data);
	assert_int_equal(file_read(f->fd, "a", 5, &data, &len), 0);
	free(data);
	assert_int_equal(empty_folder(f), 3);
}

static void
test_memfd(void **state)
{
	int fd = file_memfd("hello", 5), seals;
	char data[8];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(read(fd, data, sizeof(data)), 5);
	assert_memory_equal(data, "hello", 5);
	seals = fcntl(fd, F_GET_SEALS);
	assert_int_equal(seals,
	    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	close(fd);
}

/* A folder below a descriptor leads nowhere else; one that a person names may. */
static void
test_folder_is_a_link(void **state)
{
	const struct folder *f = *state;
	uint8_t *data;
	size_t len;
	char path[300];

	(void)mkdirat(f->fd, "sub", 0700);
	assert_int_equal(symlinkat("sub", f->fd, "link"), 0);
	assert_int_equal(file_create(f->fd, "sub/a", "x", 1, 0600), 0);
	assert_int_equal(file_create(f->fd, "link/b", "x", 1, 0600),
	    TRANSFER_ERR_IO);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(file_read(f->fd, "link/a", 9, &data, &len),
	    TRANSFER_ERR_IO);
	assert_null(data);
	snprintf(path, sizeof(path), "%s/link/a", f->path);
	assert_holds(AT_FDCWD, path, "x");
	assert_holds(f->fd, "sub/a", "x");
	assert_int_equal(unlinkat(f->fd, "sub/a", 0), 0);
	assert_int_equal(unlinkat(f->fd, "link", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create_and_read),
		cmocka_unit_test(test_create_by_absolute_path),
		cmocka_unit_test(test_create_never_overwrites),
		cmocka_unit_test(test_create_beside_leftovers),
		cmocka_unit_test(test_create_without_room),
		cmocka_unit_test(test_create_refused),
		cmocka_unit_test(test_read_refused),
		cmocka_unit_test(test_folder_is_a_link),
		cmocka_unit_test(test_memfd),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
