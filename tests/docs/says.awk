# SPDX-License-Identifier: ISC
# Texts with places to fill in, and lines that have them filled in.
#   awk -f says.awk FORMATS LINES             lines that no format makes
#   awk -v all=1 -f says.awk FORMATS LINES    formats that stand in no line
# A conversion of a format stands for anything.  A line that a format makes has
# nothing before or behind it, and a third of it at least is the format's own; a
# format that stands in a line may have other words around it.  Formats without a
# word of their own make nothing.
# The fixed parts of format f: part[f, 1..parts[f]].
function cut(f,    n, rest) {
	rest = f
	n = 1
	part[f, 1] = ""
	while (match(rest, /%[-+ #0-9.*]*[hlzj]*[A-Za-z%]/)) {
		part[f, n] = substr(rest, 1, RSTART - 1)
		own[f] += RSTART - 1
		rest = substr(rest, RSTART + RLENGTH)
		n++
	}
	part[f, n] = rest
	parts[f] = n
	own[f] += length(rest)
	return own[f] >= 5
}
function stands(f, line, exact,    i, at, found) {
	at = 1
	for (i = 1; i <= parts[f]; i++) {
		if (exact && i == parts[f] && i > 1) {
			found = length(line) - length(part[f, i]) + 1
			return found >= at && substr(line, found) == part[f, i]
		}
		found = index(substr(line, at), part[f, i])
		if (part[f, i] == "")
			found = 1
		if (found == 0 || (exact && i == 1 && found != 1))
			return 0
		at += found - 1 + length(part[f, i])
	}
	return !exact || at == length(line) + 1
}
NR == FNR {
	if (!($0 in parts) && cut($0))
		formats[++count] = $0
	next
}
{
	lines[++line_count] = $0
}
END {
	if (all) {
		for (i = 1; i <= count; i++) {
			for (k = 1; k <= line_count; k++)
				if (stands(formats[i], lines[k], 0))
					break
			if (k > line_count) {
				print formats[i]
				bad = 1
			}
		}
		exit bad
	}
	for (k = 1; k <= line_count; k++) {
		for (i = 1; i <= count; i++)
			if (3 * own[formats[i]] >= length(lines[k]) &&
			    stands(formats[i], lines[k], 1))
				break
		if (i > count) {
			print lines[k]
			bad = 1
		}
	}
	exit bad
}
