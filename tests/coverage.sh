#!/bin/sh
# coverage.sh FOLDER TEST...: run the tests, built with COV=1 into $BUILD, and
# say for each source file of the folder how many of its lines they ran.
set -eu
B=${BUILD:?}
folder=$1
shift
out=$(mktemp)
trap 'rm -f "$out"' EXIT
# counts of runs before this one
find "$B/obj/$folder" -name '*.gcda' -exec rm -f {} +
sh "$(dirname "$0")/run.sh" "$@" >"$out" 2>&1 || {
	cat "$out"
	exit 1
}
echo "lines of $folder/ that its own tests run:"
for source in "$folder"/*.c; do
	gcov -n -o "$B/obj/${source%.c}.o" "$source" 2>/dev/null |
		awk -v want="$source" '
			$1 == "File" { gsub("\047", "", $2); at = $2 == want }
			at && /^Lines executed/ {
				split($0, part, /[:%]| of /)
				print want, part[2], part[4]
				at = 0
			}'
done | awk '
	{
		ran = $2 * $3 / 100
		printf "  %-32s %5d of %5d  %5.1f %%\n", $1, ran + .5, $3, $2
		lines += $3
		total += ran
	}
	END {
		if (lines == 0)
			exit 1
		printf "  %-32s %5d of %5d  %5.1f %%\n", "all", total + .5, lines,
		    100 * total / lines
	}'
