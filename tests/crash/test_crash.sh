#!/bin/sh
# A sample of `make crash`: the power fails at some points of every plan, and of
# a batch on virtual cards.
set -u
BUILD=${BUILD:?}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"

# sample CARDS FOLDER EVERY
sample() {
	CARDS=$1 EVERY=${EVERY:-$3} LATER=${LATER:-3} sh "$here/crash.sh" \
		>"$BUILD/crash.out" 2>&1
	ended=$?
	on=${1:+, on cards}
	while read -r kind tried survived; do
		[ "$tried" = "$survived" ]
		ok "$kind$on: cut off, $survived of $tried disks go on"
	done <"$2/summary"
	[ $ended = 0 ] && [ $n -gt 0 ]
	ok "one certificate a device, whatever happens$on"
	if [ $status = 0 ]; then
		rm -rf "$2" "$BUILD/crash.out"
	else
		sed 's/^/# /' "$BUILD/crash.out"
	fi
}

sample '' "$BUILD/crash" 29
sample virtual "$BUILD/crash-cards" 13
echo "1..$n"
