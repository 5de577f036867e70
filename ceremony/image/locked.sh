#!/bin/sh
# locked.sh LOCK [SET]: the lines of the lock, all or those of a set, once every
# line of it is known to be well formed; else says which is not, and exits 1.
# A line: set name version architecture sha256 size poolpath, one space each;
# set is build, image or both.
set -eu
lock=$1
[ -r "$lock" ] || {
	echo "image: no lock at $lock: make image-lock" >&2
	exit 1
}
LC_ALL=C awk -v set="${2-}" -v file="$lock" '
	function refuse(why) {
		print "image: " file ":" FNR ": " why > "/dev/stderr"
		bad = 1
		exit 1
	}
	/^#/ { next }
	NF != 7 || $0 !~ /^[^ \t]+( [^ \t]+)*$/ { refuse("not seven words") }
	$1 !~ /^(build|image|both)$/ { refuse("no set is called " $1) }
	$2 !~ /^[a-z0-9][a-z0-9+.-]+$/ { refuse("not the name of a package") }
	$3 !~ /^[0-9][A-Za-z0-9.+:~-]*$/ { refuse("not a version") }
	$4 !~ /^(amd64|all)$/ { refuse("not an architecture of the image") }
	length($5) != 64 || $5 !~ /^[0-9a-f]+$/ { refuse("not a SHA-256") }
	$6 !~ /^[1-9][0-9]*$/ || length($6) > 9 { refuse("not a size") }
	$7 !~ /^pool\/[A-Za-z0-9+_.~\/-]+\.deb$/ || $7 ~ /\/\.|\/\// {
		refuse("not a path in the pool")
	}
	$2 in names { refuse("a second line for " $2) }
	$5 in digests { refuse("a second package with this digest") }
	{
		names[$2]
		digests[$5]
		lines[++n] = $0
		sets[n] = $1
	}
	END {
		if (!bad && n == 0)
			refuse("names no package")
		for (i = 1; !bad && i <= n; i++)
			if (set == "" || sets[i] == set || sets[i] == "both")
				print lines[i]
		exit bad
	}' "$lock"
