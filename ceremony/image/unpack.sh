#!/bin/sh
# unpack.sh LOCK SET CACHE DIR [FILES]: unpack the packages of a set into DIR,
# which is new: whole, but for manuals and translations, or with FILES only the
# paths that it names.  Every package is compared with the lock before the first
# is unpacked, as a copy of our own: the cache may be others', too.  No script of
# a package runs; no root rights are needed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=$1 set=$2 cache=$3 root=$4 files=${5-}

# copies: of each, if it is there with the octets that the lock says
copies() {
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
		else
			cp "$deb" "$copies/$digest.deb"
		fi
	done <"$lines"
	[ $bad = 0 ]
}

# digests: whether each is what its name in the cache says
digests() {
	awk '{ print $5 "  " $5 ".deb" }' "$lines" | (cd "$copies" &&
	    sha256sum --check --quiet --strict - >&2) && return
	echo "image: a package is not the one of the lock (its name is the" \
	    "digest that it should have): remove it" >&2
	return 1
}

mkdir "$root"
lines=$root.lines copies=$root.packages
trap 'rm -rf "$lines" "$copies"' EXIT
trap 'exit 1' HUP INT TERM
sh "$here/locked.sh" "$lock" "$set" >"$lines"
mkdir "$copies"
copies
digests
# one /usr, as every Debian has it
for d in bin sbin lib lib64; do
	mkdir -p "$root/usr/$d"
	ln -s "usr/$d" "$root/$d"
done
# side by side, the largest first
sort -k6,6nr "$lines" | tr '\n' '\0' |
    xargs -0 -P "$(nproc)" -I LINE \
	sh "$here/unpack_one.sh" "$files" "$root" "$copies" LINE
