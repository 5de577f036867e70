# SPDX-License-Identifier: ISC
# The fenced blocks of a handbook, a file each: out/LINE of its fence.
#   awk -v out=DIR -f blocks.awk HANDBOOK
# On standard output a line each: LINE KIND NAME.  What a block is stands behind
# its opening fence; a fence that says nothing, or something else, is an error.
# A block inside a list stands as far to the right as its fence.
BEGIN {
	split("screen run command message form", kinds)
	for (k in kinds)
		known[kinds[k]] = 1
}
/^ *```/ && !inside {
	inside = NR
	indent = index($0, "`") - 1
	info = substr($0, indent + 4)
	n = split(info, part, " ")
	if (n == 0 || !(part[1] in known) || n > 2) {
		printf "%s:%d: a fenced block of no known kind: \"%s\"\n",
		    FILENAME, NR, info >"/dev/stderr"
		bad = 1
	}
	needs_name = part[1] == "screen"
	if (needs_name != (n == 2)) {
		printf "%s:%d: a block \"%s\" %s a name\n", FILENAME, NR,
		    part[1], needs_name ? "needs" : "has not" >"/dev/stderr"
		bad = 1
	}
	print NR, part[1], part[2]
	file = out "/" NR
	printf "" >file
	next
}
/^ *``` *$/ {
	close(file)
	inside = 0
	next
}
inside {
	line = $0
	for (i = 0; i < indent && substr(line, 1, 1) == " "; i++)
		line = substr(line, 2)
	print line >file
}
END {
	if (inside) {
		printf "%s:%d: the block does not end\n", FILENAME, inside \
		    >"/dev/stderr"
		bad = 1
	}
	exit bad
}
