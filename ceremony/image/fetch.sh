#!/bin/sh
# fetch.sh LOCK CACHE [FOLDER]: see to it that CACHE holds every package of the
# lock, as SHA256.deb; those it lacks come from FOLDER (any names in it, but
# *.deb), or else from the mirrors that the host's apt knows.  Nothing is
# trusted but the digest.  Exits 77 when the mirrors no longer have some.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=$1 cache=$2 folder=${3-}
readonly gone=77
helper=/usr/lib/apt/apt-helper
# shellcheck disable=SC1091
. "$here/apt.sh"
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
dir=$(mktemp -d "$cache/new.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# lacking: the lines whose package the cache has not
lacking() {
	while read -r set name version arch digest size path; do
		[ -f "$cache/$digest.deb" ] ||
		    echo "$set $name $version $arch $digest $size $path"
	done <"$dir/lines"
}

# keep FILE: into the cache, by what it is, if the lock wants it
keep() {
	digest=$(sha256sum <"$1")
	digest=${digest%% *}
	! cut -d' ' -f5 "$dir/lines" | grep -qx "$digest" ||
	    mv "$1" "$cache/$digest.deb"
}

# from_mirror URI: what is lacking, from the pool below URI
from_mirror() {
	lacking | awk -v uri="${1%/}" -v dir="$dir" '{
		print uri "/" $7; print dir "/" $5; print "SHA256:" $5
	}' >"$dir/wanted"
	[ -s "$dir/wanted" ] || return 0
	# one that fails does not stop the others; who is lacking is seen below
	xargs "$helper" -o APT::Sandbox::User=root -qq download-file \
	    <"$dir/wanted" >"$dir/log" 2>&1 || :
	for got in "$dir"/????????????????????????????????*; do
		[ ! -f "$got" ] || keep "$got"
	done
}

sh "$here/locked.sh" "$lock" >"$dir/lines"
lacking >"$dir/before"
[ -s "$dir/before" ] || exit 0
echo "packages: $(wc -l <"$dir/before") to fetch," \
    "$(awk '{ s += $6 } END { print int(s / 1000000) + 1 }' "$dir/before") MB"
if [ -n "$folder" ]; then
	for deb in "$folder"/*.deb; do
		[ -f "$deb" ] || continue
		cp "$deb" "$dir/one"
		keep "$dir/one"
	done
else
	for uri in $(mirrors | cut -d' ' -f1 | sort -u); do
		from_mirror "$uri"
	done
fi
lacking >"$dir/after"
[ -s "$dir/after" ] || exit 0
echo "image: these packages of the lock are not to be had from" \
    "${folder:-the mirrors}:" >&2
awk '{ print "  " $2 " " $3 " SHA-256 " $5 }' "$dir/after" >&2
[ -n "$folder" ] && exit 1
sed 's/^/  /' "$dir/log" | tail -n 5 >&2
suites_unknown >&2 || :
echo "image: take the set published with the release (make image FROM=folder)," \
    "or renew the lock (make image-lock), which makes another image" >&2
exit $gone
