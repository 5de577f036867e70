#!/bin/sh
# layers.sh [ROOT]: includes run one way, and only the programs' own folders
# print, exit or read the clock.  Says each line that is against it; exits 1.
set -eu
cd "${1:-$(dirname "$0")/../..}"
bad=0

# folder: the folders it may include from, besides its own
allowed='
ca:
smartcard:
transfer:
ceremony/quorum: ca smartcard transfer
ceremony/record: ceremony/quorum ca transfer
ceremony/process: ceremony/record ceremony/quorum ca smartcard transfer
ceremony/qr: ceremony/process ceremony/record ceremony/quorum ca transfer
ceremony/image/init:
ceremony/menu: ceremony/process ceremony/record ceremony/quorum ca transfer
ceremony/custodian: ceremony/menu ceremony/qr ceremony/process ceremony/record ceremony/quorum ca smartcard transfer
ceremony/auditor: ceremony/process ceremony/record ceremony/quorum ca transfer
ceremony/factory: ceremony/qr ceremony/process ceremony/record ceremony/quorum ca transfer
'
libraries='ca smartcard transfer ceremony/quorum ceremony/record ceremony/process'

complain() {
	echo "$*"
	bad=1
}

sources() {
	find "$1" -maxdepth 1 -name '*.[ch]' 2>/dev/null | sort
}

# code FILE...: "file:line:code" without comments and string contents
code() {
	awk '
		FNR == 1 { inside = 0 }
		{
			line = $0
			gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
			out = ""
			while (line != "") {
				mark = inside ? "*/" : "/*"
				at = index(line, mark)
				if (at == 0) {
					out = out (inside ? "" : line)
					break
				}
				out = out (inside ? "" : substr(line, 1, at - 1))
				line = substr(line, at + 2)
				inside = !inside
			}
			print FILENAME ":" FNR ":" out
		}' "$@"
}

# includes FOLDER MAY...: every #include "..." from a folder that is not named
includes() {
	folder=$1
	shift
	files=$(sources "$folder")
	[ -n "$files" ] || return 0
	# shellcheck disable=SC2086 # words on purpose
	awk -v folder="$folder" -v may=" $folder $* " '
		/^[ \t]*#[ \t]*include[ \t]*"/ {
			split($0, part, "\"")
			from = part[2]
			if (sub(/\/[^\/]*$/, "", from) == 0)
				from = "."
			if (index(may, " " from " ") == 0)
				print FILENAME ":" FNR ": " folder \
				    " may not include " part[2]
		}' $files
}

# calls PATTERN WHAT: a library that does what only programs may
calls() {
	for folder in $libraries; do
		files=$(sources "$folder")
		[ -n "$files" ] || continue
		# shellcheck disable=SC2086 # words on purpose
		code $files | grep -E "(^|[^A-Za-z0-9_])($1)" |
		    sed "s|:\([0-9]*\):[[:space:]]*|:\1: a library may not $2: |"
	done
}

found=$(
	echo "$allowed" | while IFS=: read -r folder may; do
		# shellcheck disable=SC2086
		[ -z "$folder" ] || includes "$folder" $may
	done
	calls '(v?printf|puts|putchar|perror|err|errx|warn|warnx) *\(' 'print'
	calls '(v?fprintf|fputs|fwrite|fputc) *\( *(std(out|err)|.*, *std(out|err))' \
	    'print'
	calls '(exit|quick_exit|abort) *\(' 'exit'
	calls 'time *\( *(NULL|0|&)|CLOCK_REALTIME|gettimeofday *\(|timespec_get *\(' \
	    'read the clock'
	calls '(getpass|readline|getchar) *\(' 'prompt'
)
[ -z "$found" ] || complain "$found"

for folder in $(find ca smartcard transfer ceremony -name '*.[ch]' \
    -exec dirname {} + | sort -u); do
	echo "$allowed" | grep -q "^$folder:" ||
	    complain "$folder: a folder without a rule of what it may include"
done
exit $bad
