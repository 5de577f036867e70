#!/bin/sh
# What becomes of a reader that was taken over, in the words of the operator's
# process; and that the processes as people run them are in their cells.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

mkdir caught && cp -R "$BUILD/bin" "$BUILD/libexec" caught &&
	cp "$BUILD/tests/ceremony/custodian/tool_caught" \
		caught/libexec/anchorite/anchorite-reader &&
	plan demo-1-genesis -20 >genesis.yaml
ok "a reader that was taken over"

# caught ACT TEXT
caught() {
	echo "$1" >caught/libexec/anchorite/anchorite-reader.act
	run 6 caught/bin/anchorite plan check genesis.yaml &&
		says err "helper process: the reader $2" &&
		says err 'nothing it said is used' && [ "$(wc -l <err)" = 1 ]
	ok "$1: the reader $2"
}

for act in open socket execve fork; do
	caught $act 'was ended by its cell (SIGSYS)'
done
if grep -qa __asan_init "$BUILD/bin/anchorite"; then
	seconds=30
else
	seconds=5
fi
for act in silent spin; do
	caught $act "said nothing for $seconds seconds and was ended"
done
caught none 'has ended'
echo "1..$n"
