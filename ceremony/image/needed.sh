#!/bin/sh
# needed.sh ROOT: whether every program and library below ROOT finds the
# libraries it names, and its loader, below ROOT.  Says each that does not.
set -eu
root=$1
# where Debian's loader looks without a cache
folders='usr/lib/x86_64-linux-gnu usr/lib lib/x86_64-linux-gnu lib'
bad=0

there() {
	for folder in $folders; do
		[ ! -e "$root/$folder/$1" ] || return 0
	done
	return 1
}

# "file library" for each NEEDED entry, "file /loader" for each interpreter
named() {
	find "$root/usr" -type f \( -perm /111 -o -name '*.so*' \) \
	    ! -name '*.ko' -exec readelf -W -d -l {} + 2>/dev/null |
	    sed -n 's/^File: //p
		s/.*(NEEDED).*\[\(.*\)\].*/	\1/p
		s/.*program interpreter: \(.*\)\].*/	\1/p' |
	    awk -F'\t' '!/^\t/ { file = $0; next } { print file, $2 }'
}

named >"$root.needed"
[ -s "$root.needed" ] || {
	echo "image: no program below $root names a library: not read at all" >&2
	bad=1
}
while read -r file library; do
	case $library in
	/*) [ -e "$root$library" ] ;;
	*) there "$library" ;;
	esac || {
		echo "image: ${file#"$root"} needs $library, which is not in" \
		    "the image: add its package (packages, files)" >&2
		bad=1
	}
done <"$root.needed"
rm -f "$root.needed"
exit $bad
