#!/bin/sh
# publish.sh LOCK CACHE FOLDER: copy the packages of the lock from the cache to
# FOLDER under Debian's names, with the lock: what a release is published with,
# for the day the mirrors no longer have them.  `make image FROM=FOLDER` takes it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=$1 cache=$2 folder=$3
mkdir -p "$folder"
sh "$here/locked.sh" "$lock" | while read -r _ _ _ _ digest _ path; do
	cp "$cache/$digest.deb" "$folder/${path##*/}.new"
	mv "$folder/${path##*/}.new" "$folder/${path##*/}"
done
cp "$lock" "$folder/packages.lock"
echo "$(sh "$here/locked.sh" "$lock" | wc -l) packages and the lock in $folder"
