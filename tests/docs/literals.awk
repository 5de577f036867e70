# SPDX-License-Identifier: ISC
# The texts in C sources, one a line: string literals, neighbours joined, broken
# where they have a line feed.
#   awk [-v calls='NAME NAME'] -f literals.awk FILE.c...
# With `calls` only those between a call of that name and the next semicolon.
BEGIN {
	some = split(calls, name, " ")
}
function put(    n, line, i) {
	if (!have)
		return
	n = split(text, line, "\n")
	for (i = 1; i <= n; i++)
		if (line[i] != "" && (some == 0 || wanted))
			print line[i]
	text = ""
	have = 0
}
function called(word,    i) {
	for (i = 1; i <= some; i++)
		if (word == name[i])
			return 1
	return 0
}
FNR == 1 {
	put()
	wanted = comment = 0
}
/^#include/ {
	next
}
{
	n = length($0)
	word = ""
	for (i = 1; i <= n; i++) {
		c = substr($0, i, 1)
		two = substr($0, i, 2)
		if (comment) {
			if (two == "*/") {
				comment = 0
				i++
			}
			continue
		}
		if (two == "/*") {
			comment = 1
			i++
			continue
		}
		if (c == "'") {
			i += substr($0, i + 1, 1) == "\\" ? 3 : 2
			put()
			continue
		}
		if (c == "\"") {
			have = 1
			for (i++; (c = substr($0, i, 1)) != "\"" && i <= n; i++) {
				if (c == "\\") {
					c = substr($0, ++i, 1)
					c = c == "n" ? "\n" : c == "t" ? " " : c
				}
				text = text c
			}
			word = ""
			continue
		}
		if (c == " " || c == "\t") {
			word = ""
			continue
		}
		put()
		if (c ~ /[A-Za-z0-9_]/) {
			word = word c
			continue
		}
		if (c == "(" && called(word))
			wanted = 1
		if (c == ";")
			wanted = 0
		word = ""
	}
}
END {
	put()
}
