/* SPDX-License-Identifier: ISC */
/*
 * tool_older landlock|seccomp COMMAND...: run a command as on a kernel that has
 * no Landlock, or neither that nor seccomp: their calls fail as they do there.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int err = argc < 3 || f == NULL ? -EINVAL : 0;

	if (err == 0)
		err = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS),
		    SCMP_SYS(landlock_create_ruleset), 0);
	if (err == 0 && strcmp(argv[1], "seccomp") == 0)
		err = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS),
		    SCMP_SYS(seccomp), 0);
	if (err == 0 && strcmp(argv[1], "seccomp") == 0)
		err = seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL),
		    SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP));
	if (err == 0)
		err = seccomp_load(f);
	seccomp_release(f);
	if (err == 0)
		execv(argv[2], argv + 2);
	fprintf(stderr, "tool_older: %s\n", strerror(err == 0 ? errno : -err));
	return 99;
}
