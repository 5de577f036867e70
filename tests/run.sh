#!/bin/sh
# run.sh TEST...: run test programs (cmocka) and scripts, JOBS at a time (as many
# as there are processors); each prints TAP.  Ends in the count.
set -u
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
export CMOCKA_MESSAGE_OUTPUT=TAP
counts=$(mktemp -d) || exit 1
trap 'rm -rf "$counts"' EXIT
trap 'exit 130' HUP INT TERM
# one line is one job: what must not run side by side stands in one.  Loop
# devices are opened exclusively, by every process that looks for media.
# Scripts come first, which take longer.
alone='(^|/)test_(media|menu|hold|handbooks)[^/]*$'
{
	printf '%s\n' "$@" | grep -E "$alone" | paste -sd ' ' -
	printf '%s\n' "$@" | grep -Ev "$alone" | grep '\.sh$'
	printf '%s\n' "$@" | grep -Ev "$alone" | grep -v '\.sh$'
} | grep . | xargs -L 1 -P "${JOBS:-$(nproc)}" sh "$here/run_job.sh" "$counts"

total() { # NUMBER: the sum of a column
	cat "$counts"/* | awk -v c="$1" '{ n += $c } END { print n + 0 }'
}
# a job that did not come to its end is not passed over
missing=$(($# - $(cat "$counts"/* | wc -l)))
failed=$(($(total 2) + missing))
[ $missing = 0 ] || echo "$missing tests have no result"
[ "$(total 3)" = 0 ] || echo "$(total 3) skipped"
echo "$(total 1) passed, $failed failed"
[ $failed = 0 ]
