#!/bin/sh
# Manuals: mandoc finds nothing to complain about, and every command and every
# long option of a program stands in its page.  A program whose commands cannot
# be found in its sources fails too: then this script must learn its form.
set -eu
cd "$(dirname "$0")/../.."
bad=0

complain() {
	echo "man: $*" >&2
	bad=1
}

# rows of "struct command commands[]", rows that are structures of their own,
# and words that a command of commands compares its first argument with
commands_of() {
	awk '
		/struct [a-z_]*command .*commands\[\] = \{/ { table = 1 }
		table && /^\t\{ "[a-z-]+"/ {
			split($0, part, "\""); print part[2]
		}
		/^};/ { table = 0; row = 0 }
		/^const struct [a-z_]*command [a-z_]+ = \{/ { row = 1 }
		row && /^\t\.name = "/ { split($0, part, "\""); print part[2] }
		/strcmp\(argv\[0\], "[a-z-]+"\)/ {
			split($0, part, "\""); print part[2]
		}' "$@" | grep -v '^-' | sort -u
}

# rows { "--name", ..., comparisons with "--name", and rows of a table that
# leaves the dashes out
options_of() {
	{
		grep -hoE '\{ "--[a-z][a-z-]*"|strcmp\([^)]*"--[a-z][a-z-]*"' \
			"$@" | grep -oE -- '--[a-z][a-z-]*'
		sed -nE 's/^.*\{ "([a-z-]+)", ("[^"]*"|NULL), (true|false),.*/--\1/p' \
			"$@"
	} | sort -u
}

check_program() { # page, sources
	page=$1
	shift
	[ -e "$1" ] || return 0
	if [ ! -e "$page" ]; then
		complain "$page: missing"
		return 0
	fi
	commands=$(commands_of "$@")
	[ -n "$commands" ] || complain "$page: no command found in $*"
	for c in $commands; do
		grep -Eq "(^\.|[[:space:]])(Cm|Ss) $c([[:space:]]|\$)" "$page" ||
			complain "$page: command $c is not described"
	done
	for o in $(options_of "$@"); do
		grep -Eq "(^\.|[[:space:]])Fl ${o#-}([[:space:]]|\$)" "$page" ||
			complain "$page: option $o is not described"
	done
}

for page in docs/*.[15]; do
	mandoc -Tlint -W warning "$page" >&2 || bad=1
	grep -q '^\.Os Anchorite$' "$page" || complain "$page: .Os Anchorite"
done
check_program docs/anchorite.1 ceremony/custodian/*.c ceremony/qr/*.c
check_program docs/anchorite-audit.1 ceremony/auditor/*.c
check_program docs/anchorite-factory.1 ceremony/factory/*.c ceremony/qr/*.c
# every page that one refers to is there
missing=$(sed -nE 's/^\.Xr (anchorite[a-z-]*) ([15]).*/\1.\2/p' docs/*.[15] |
	sort -u | while read -r name; do
	[ -e "docs/$name" ] || echo "$name"
done)
for name in $missing; do
	complain "docs/$name: referred to, but missing"
done
exit $bad
