#!/bin/sh
# modules.sh LIST TREE: the paths below TREE (.../lib/modules/VERSION) of the
# modules that LIST names, and of what they need, in the order in which they can
# be loaded.  TREE has modules.dep and modules.builtin.  Exits 1 for a module
# that is not there, and for one that a `deny` line of LIST is against.
set -eu
list=$1 tree=$2
LC_ALL=C awk -v tree="$tree" '
	function name(path) {
		sub(/.*\//, "", path)
		sub(/\.ko$/, "", path)
		gsub(/-/, "_", path)
		return path
	}
	function refuse(why) {
		print "image: modules: " why > "/dev/stderr"
		bad = 1
	}
	function denied(path, i) {
		for (i = 1; i <= rules; i++)
			if (index(path, deny[i]) == 1)
				return deny[i]
		return ""
	}
	# what it needs stands behind it in modules.dep, the last to be first
	function take(path, asked, part, n, i, rule) {
		if (path in taken)
			return
		taken[path]
		n = split(needs[path], part, " ")
		for (i = n; i > 0; i--)
			take(part[i], asked)
		if ((rule = denied(path)) != "")
			refuse(path ", needed for " asked \
			    ", is against: deny " rule)
		if ((getline line < (tree "/" path)) < 0)
			refuse(path ", needed for " asked \
			    ", is not in the package of the kernel")
		close(tree "/" path)
		print path
	}
	BEGIN {
		while ((getline line < (tree "/modules.dep")) > 0) {
			at = index(line, ":")
			path = substr(line, 1, at - 1)
			needs[path] = substr(line, at + 1)
			of[name(path)] = path
		}
		while ((getline line < (tree "/modules.builtin")) > 0)
			builtin[name(line)]
	}
	/^#/ || NF == 0 { next }
	NF < 2 || ($1 == "deny" && NF < 3) {
		refuse($0 ": has no reason")
		next
	}
	$1 == "deny" { deny[++rules] = $2; next }
	{ wanted[++n] = $1 }
	END {
		for (i = 1; i <= n; i++) {
			if (wanted[i] in of)
				take(of[wanted[i]], wanted[i])
			else if (!(wanted[i] in builtin))
				refuse(wanted[i] ": this kernel has no such module")
		}
		exit bad
	}' "$list"
