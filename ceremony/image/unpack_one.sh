#!/bin/sh
# unpack_one.sh FILES DIR COPIES LINE: unpack the package of a line of the lock,
# which unpack.sh has compared with it.
set -eu
files=$1 root=$2 copies=$3
# shellcheck disable=SC2086 # the words of the line
set -f -- $4
name=$2 digest=$5
set -- --exclude=./usr/share/doc --exclude=./usr/share/man \
    --exclude=./usr/share/locale --exclude=./usr/share/info \
    --exclude=./usr/share/lintian
if [ -n "$files" ]; then
	set --
	while read -r package path; do
		# shellcheck disable=SC2254 # a pattern on purpose
		case $name in
		$package) set -- "$@" "./$path" ;;
		esac
	done <"$files"
	[ $# != 0 ] || {
		echo "image: $files names no path of $name" >&2
		exit 1
	}
	set -- --wildcards "$@"
fi
dpkg-deb --fsys-tarfile "$copies/$digest.deb" |
    tar -x -C "$root" --keep-directory-symlink --no-same-owner \
	--delay-directory-restore "$@" || {
	echo "image: $name was not unpacked: a path that is asked for is not" \
	    "in it, or the disk is full" >&2
	exit 1
}
