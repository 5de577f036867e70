#!/bin/sh
# run_job.sh COUNTS TEST...: run tests one after the other.  What is to be seen
# of each is printed at once, and "passed failed skipped" goes to a file of the
# folder COUNTS.  A program that dies, or prints no result at all, counts as one
# failure.
set -u
counts=$1
shift
job=$(mktemp "$counts/XXXXXX") && out=$(mktemp) && seen=$(mktemp) || exit 1
trap 'rm -f "$out" "$seen"' EXIT

# count PATTERN: lines of the output that match
count() {
	grep -c "$1" "$out"
}

for t in "$@"; do
	case $t in
	*.sh) timeout 900 sh "$t" >"$out" 2>&1 ;;
	*) timeout 600 "$t" >"$out" 2>&1 ;;
	esac
	status=$?
	# cmocka calls a skipped test "not ok N # SKIP name"
	skipped=$(count '^\(not \)\?ok .*# *SKIP')
	passed=$(($(count '^ok ') - $(count '^ok .*# *SKIP')))
	failed=$(($(count '^not ok ') - $(count '^not ok .*# *SKIP')))
	if [ $failed = 0 ] &&
		{ [ $status != 0 ] || [ $((passed + skipped)) = 0 ]; }; then
		failed=1
	fi
	if [ $failed != 0 ]; then
		echo "FAILED $t (status $status)"
		grep -A 20 '^not ok ' "$out" | head -n 100
		tail -n 60 "$out"
	else
		echo "ok     $t: $passed"
		grep '# *SKIP' "$out"
	fi >"$seen"
	flock "$counts" cat "$seen"
	echo "$passed $failed $skipped" >>"$job"
done
