#!/bin/sh
# A sample of `make crash`: the power fails at some points of every plan.
set -u
BUILD=${BUILD:?}
n=0
EVERY=${EVERY:-29} LATER=${LATER:-3} sh "$(dirname "$0")/crash.sh" >"$BUILD/crash.out" 2>&1
status=$?
while read -r kind tried survived; do
	n=$((n + 1))
	if [ "$tried" = "$survived" ]; then
		echo "ok $n - $kind: cut off, $tried disks go on"
	else
		echo "not ok $n - $kind: $survived of $tried survived"
	fi
done <"$BUILD/crash/summary"
n=$((n + 1))
if [ $status = 0 ] && [ $n -gt 1 ]; then
	echo "ok $n - one certificate a device, whatever happens"
	rm -rf "$BUILD/crash" "$BUILD/crash.out"
else
	echo "not ok $n - one certificate a device, whatever happens"
	sed 's/^/# /' "$BUILD/crash.out"
fi
echo "1..$n"
