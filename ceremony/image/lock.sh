#!/bin/sh
# shellcheck disable=SC1091,SC2154
# lock.sh PACKAGES LOCK: write the lock anew: of each package that is wanted the
# version that Debian's archives have now, its digest and size and where it is
# in the pool.  Asks the archives; installs nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wanted=$1 lock=$2
. "$here/apt.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir" "$lock.new"' EXIT
trap 'exit 1' HUP INT TERM

# "name set", a name in two sets once
sed 's/#.*//' "$wanted" | awk '
	NF && $1 !~ /^(build|image)$/ {
		print "image: no set is called " $1 > "/dev/stderr"
		exit 1
	}
	{
		for (i = 2; i <= NF; i++)
			set[$i] = set[$i] && set[$i] != $1 ? "both" : $1
	}
	END { for (name in set) print name, set[name] }' >"$dir/sets"
apt_private "$dir/apt"
# shellcheck disable=SC2086 # words on purpose
apt-get $apt update
# a metapackage of the kernel stands for the kernel it depends on
grep '^linux-image-' "$dir/sets" | while read -r meta set; do
	# shellcheck disable=SC2086
	apt-cache $apt depends "$meta" |
	    awk -v set="$set" '$1 == "Depends:" { print $2, set }'
done >"$dir/kernels"
sed -i '/^linux-image-/d' "$dir/sets"
cat "$dir/kernels" >>"$dir/sets"
# shellcheck disable=SC2046,SC2086
(cd "$dir" && apt-get $apt download --print-uris $(cut -d' ' -f1 sets)) \
    >"$dir/uris"
{
	echo "# Made by \`make image-lock\` from the list of wanted packages."
	LC_ALL=C awk -v sets="$dir/sets" -v q="'" '
		BEGIN { while ((getline < sets) > 0) set[$1] = $2 }
		{
			split($2, part, "_")
			sub(/\.deb$/, "", part[3])
			gsub(/%3a/, ":", part[2])
			path = $1
			gsub(q, "", path)
			sub(/.*\/pool\//, "pool/", path)
			gsub(/%2b/, "+", path)
			gsub(/%7e/, "~", path)
			sub(/^SHA256:/, "", $4)
			print set[part[1]], part[1], part[2], part[3], $4, $3, path
		}' "$dir/uris" | LC_ALL=C sort -k2
} >"$lock.new"
sh "$here/locked.sh" "$lock.new" >"$dir/lines"
[ "$(wc -l <"$dir/lines")" = "$(wc -l <"$dir/sets")" ] || {
	echo "image: not every wanted package is in the archives" >&2
	exit 1
}
mv "$lock.new" "$lock"
awk '{ n[$1]++; size += $6 } END {
	printf "lock: %d packages for the build, %d for the image, %d for both, %d MB\n",
	    n["build"], n["image"], n["both"], size / 1000000 }' "$dir/lines"
