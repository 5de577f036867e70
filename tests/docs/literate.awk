# SPDX-License-Identifier: ISC
# Blocks of commands as one shell script, which leaves in out/BLOCK what a
# terminal would show of each: the commands, and what they print.
#   awk -v out=DIR -f literate.awk BLOCK...
# A command stands behind "$ ", its further lines behind "> ".
function flush() {
	if (command != "") {
		print "was=$?\ncat <<'END-OF-SHOWN'\n" shown "\nEND-OF-SHOWN"
		print "(exit $was)\n" command
	}
	command = ""
}
FNR == 1 {
	flush()
	name = FILENAME
	sub(/.*\//, "", name)
	print "exec >'" out "/" name "' 2>&1"
}
/^\$ / {
	flush()
	shown = $0
	command = substr($0, 3)
	typed = 1
	next
}
/^> / && typed {
	shown = shown "\n" $0
	command = command "\n" substr($0, 3)
	next
}
{
	typed = 0
}
END {
	flush()
}
