#!/bin/sh
# A sample of `make crash`: the power fails at some points of every plan, and of
# a batch on virtual cards.
set -u
BUILD=${BUILD:?}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
n=0

# sample CARDS FOLDER EVERY
sample() {
	CARDS=$1 EVERY=${EVERY:-$3} LATER=${LATER:-3} sh "$here/crash.sh" \
		>"$BUILD/crash.out" 2>&1
	status=$?
	on=${1:+, on cards}
	while read -r kind tried survived; do
		n=$((n + 1))
		if [ "$tried" = "$survived" ]; then
			echo "ok $n - $kind$on: cut off, $tried disks go on"
		else
			echo "not ok $n - $kind$on: $survived of $tried survived"
		fi
	done <"$2/summary"
	n=$((n + 1))
	if [ $status = 0 ] && [ $n -gt 1 ]; then
		echo "ok $n - one certificate a device, whatever happens$on"
		rm -rf "$2" "$BUILD/crash.out"
	else
		echo "not ok $n - one certificate a device, whatever happens$on"
		sed 's/^/# /' "$BUILD/crash.out"
	fi
}

sample '' "$BUILD/crash" 29
sample virtual "$BUILD/crash-cards" 13
echo "1..$n"
