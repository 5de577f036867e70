# SPDX-License-Identifier: ISC
# The commands in blocks, one a line, in words: what stands behind "$ ", "# ",
# "> ", with pipes, lists and substitutions taken apart.
#   awk -f commands.awk BLOCK...
{
	line = ""
}
/^[$#>] / {
	line = substr($0, 3)
}
goes_on {
	line = $0
}
{
	goes_on = line ~ /\\$/
	sub(/\\$/, "", line)
	whole = whole " " line
	if (goes_on)
		next
	gsub(/\$\(|[|;&()]+/, "\n", whole)
	n = split(whole, part, "\n")
	for (i = 1; i <= n; i++) {
		sub(/^ +/, "", part[i])
		if (part[i] ~ /^(anchorite|make |sudo |git )/)
			print part[i]
	}
	whole = ""
}
