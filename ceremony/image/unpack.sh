#!/bin/sh
# unpack.sh LOCK SET CACHE DIR [FILES]: unpack the packages of a set into DIR,
# which is new: whole, but for manuals and translations, or with FILES only the
# paths that it names.  Every package is compared with the lock before the first
# is unpacked.  No script of a package runs; no root rights are needed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=$1 set=$2 cache=$3 root=$4 files=${5-}

# sizes: whether each is there with the octets that the lock says
sizes() {
	bad=0
	while read -r _ name _ _ digest size _; do
		deb=$cache/$digest.deb
		if [ ! -f "$deb" ]; then
			echo "image: $name: no $deb: fetch it first" >&2
			bad=1
		elif [ "$(stat -L -c %s "$deb")" != "$size" ]; then
			echo "image: $name: $deb has not the $size octets" \
			    "of the lock: remove it" >&2
			bad=1
		fi
	done <"$lines"
	[ $bad = 0 ]
}

# digests: whether each is what its name in the cache says
digests() {
	awk -v cache="$cache" '{ print $5 "  " cache "/" $5 ".deb" }' "$lines" |
	    sha256sum --check --quiet --strict - >&2 && return
	echo "image: a package is not the one of the lock (its name is the" \
	    "digest that it should have): remove it" >&2
	return 1
}

mkdir "$root"
lines=$root.lines
trap 'rm -f "$lines"' EXIT
trap 'exit 1' HUP INT TERM
sh "$here/locked.sh" "$lock" "$set" >"$lines"
sizes
digests
# one /usr, as every Debian has it
for d in bin sbin lib lib64; do
	mkdir -p "$root/usr/$d"
	ln -s "usr/$d" "$root/$d"
done
# side by side, the largest first
sort -k6,6nr "$lines" | tr '\n' '\0' |
    xargs -0 -P "$(nproc)" -I LINE \
	sh "$here/unpack_one.sh" "$files" "$root" "$cache" LINE
