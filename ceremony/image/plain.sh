#!/bin/sh
# plain.sh ROOT: whether all below ROOT is files, folders and links, none of
# them setuid, setgid or sticky.  Says each that is not.
set -eu
root=$1
found=$(find "$root" ! -type l -perm /7000 -o ! -type d ! -type f ! -type l)
[ -z "$found" ] || {
	echo "image: setuid, setgid, sticky, or no file at all:" >&2
	echo "$found" | sed "s|^$root|  |" >&2
	exit 1
}
