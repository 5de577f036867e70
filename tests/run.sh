#!/bin/sh
# Run test programs (cmocka) and scripts; each prints TAP.  Ends in the count.
# A program that dies, or prints no result at all, counts as one failure.
set -u
export CMOCKA_MESSAGE_OUTPUT=TAP
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
passed=0 failed=0 skipped=0
for t in "$@"; do
	case $t in
	*.sh) timeout 900 sh "$t" >"$out" 2>&1 ;;
	*) timeout 600 "$t" >"$out" 2>&1 ;;
	esac
	status=$?
	ok=$(grep -c '^ok ' "$out")
	# cmocka calls a skipped test "not ok N # SKIP name"
	skip=$(grep -c '^\(not \)\?ok .*# *SKIP' "$out")
	ok=$((ok + $(grep -c '^not ok .*# *SKIP' "$out")))
	bad=$(($(grep -c '^not ok ' "$out") - $(grep -c '^not ok .*# *SKIP' "$out")))
	if [ "$bad" = 0 ] && { [ $status != 0 ] || [ "$ok" = 0 ]; }; then
		bad=1
	fi
	if [ "$bad" != 0 ]; then
		echo "FAILED $t (status $status)"
		grep -A 20 '^not ok ' "$out" | head -n 100
		tail -n 60 "$out"
	else
		echo "ok     $t: $((ok - skip))"
		grep '# *SKIP' "$out"
	fi
	passed=$((passed + ok - skip))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
done
[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
