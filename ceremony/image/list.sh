#!/bin/sh
# list.sh (inside the build root): /image/manifest: what the image holds, file by
# file with mode, octets and digest, and sums.
set -eu
cd /image/root
{
	echo "version $VERSION"
	echo "commit $COMMIT"
	echo "files $(find . -type f | wc -l)"
	echo "octets $(find . -type f -exec stat -c %s {} + |
	    awk '{ s += $1 } END { print s }')"
	echo "modules $(wc -l <etc/anchorite/modules)"
	echo "setuid $(find . -perm /6000 | wc -l)"
	find . -type f | LC_ALL=C sort | while read -r file; do
		digest=$(sha256sum <"$file")
		echo "$(stat -c '%a %s' "$file") ${digest%% *} ${file#.}"
	done
	find . -type l | LC_ALL=C sort | while read -r file; do
		echo "link ${file#.} $(readlink "$file")"
	done
} >/image/manifest
