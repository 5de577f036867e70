#!/bin/sh
# Files as QR codes: as text, as pictures and on paper; read back by programs of
# others.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../custodian/lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
ur=$BUILD/tests/ceremony/qr/tool_ur

openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout key.pem -subj /CN=unit-1 -out unit.csr 2>/dev/null
# octets that do not deflate, the same each time: which parts are needed of a
# stream depends on them
make_noise() { # OCTETS
	head -c "$1" /dev/zero | openssl enc -aes-128-ctr \
		-K 000102030405060708090a0b0c0d0e0f -iv 00000000000000000000000000000000
}
make_noise 20000 >noise
yes 'a line that repeats itself' | head -c 200000 >lines

# codes FILE...: the texts of the codes in pictures; QR codes alone, since now and
# then a row of modules is a bar code too
codes() {
	zbarimg -q --raw -Sdisable -Sqrcode.enable "$@" 2>/dev/null
}

# same FILE: what tool_ur makes of standard input is that file
same() {
	"$ur" >back 2>>err && cmp back "$1"
}

# words_in FILE OF: a file holds the SHA-256 words of another
words_in() {
	"$anchorite" words "$2" | tail -n 1 | tr ' ' '\n' >want_words
	tr -cs 'A-Za-z' '\n' <"$1" | grep -Fxf want_words | head -n 32 |
		diff - want_words
}

# ---- text -------------------------------------------------------------------
run 0 "$anchorite" qr show --text unit.csr && [ "$(wc -l <out)" = 1 ] &&
	grep -qE '^UR:ANCHORITE/[A-Z]+$' out && same unit.csr <out
ok "a CSR is one text"
words_in err unit.csr && says err "unit.csr: $(wc -c <unit.csr) octets"
ok "its words go to standard error"
cp out one
run 0 "$factory" qr show --text unit.csr && cmp out one
ok "the factory's is the same"
run 0 "$anchorite" qr show noise --text && [ "$(wc -l <out)" = 23 ] &&
	! grep -vqE '^UR:ANCHORITE/[0-9]+-23/[A-Z]+$' out && same noise <out
ok "as many texts as there are fragments are enough"
run 0 "$anchorite" qr show --text --frames=80 noise &&
	[ "$(wc -l <out)" = 80 ] && awk 'NR % 2' out | same noise
ok "of more, half are enough"
run 0 "$anchorite" qr show --text --frames=90 noise &&
	tail -n +40 out | sort | same noise
ok "late, and in another order"
tr '[:upper:]' '[:lower:]' <out | same noise
ok "in lower case"
run 0 "$anchorite" qr show --text --version 10 --level H noise &&
	[ "$(awk '{ if (length > n) n = length } END { print n }' out)" -le 174 ] &&
	same noise <out
ok "version and level bound the length"
run 0 "$anchorite" qr show --text lines && [ "$(wc -l <out)" = 1 ] &&
	same lines <out
ok "what deflates well is one text"
cut -c 1-100 <one >short
! "$ur" <short >/dev/null 2>&1
ok "a text that is cut is none"

# ---- pictures ---------------------------------------------------------------
run 0 "$anchorite" qr show --png one.d unit.csr &&
	[ "$(ls one.d)" = frame-00001.png ] && codes one.d/* | cmp - one
ok "zbarimg reads the picture of a CSR"
words_in out unit.csr
ok "with its words"
run 0 "$anchorite" qr show --png many.d --frames 12 --version 15 lines noise
[ "$got" = 2 ] && says err "'noise' is one argument too many" && [ ! -e many.d ]
ok "one file at a time"
run 0 "$factory" qr show --png many.d --frames 30 --version 25 noise &&
	[ "$(find many.d -name 'frame-000??.png' | wc -l)" = 30 ] &&
	rm many.d/frame-00003.png many.d/frame-00017.png &&
	codes many.d/*.png | same noise
ok "zbarimg reads pictures; two are missing"
qrencode -l M -o qrencode.png "$(cat one)" && codes qrencode.png | cmp - one
ok "qrencode and zbarimg agree on the text"
mkdir empty.d && run 0 "$anchorite" qr show --png empty.d unit.csr &&
	[ -e empty.d/frame-00001.png ]
ok "an empty folder will do"

# ---- standard output that is no terminal --------------------------------------
run 0 "$anchorite" qr show unit.csr && [ "$(grep -c '[█▀▄]' out)" -gt 20 ] &&
	words_in out unit.csr
ok "one code in half blocks"

# ---- sheets -------------------------------------------------------------------
run 0 "$anchorite" qr print noise --out sheet.svg && says out "of which at least 45"
ok "print SVG"
pages=$(find . -name 'sheet*.svg' | wc -l)
: >texts
for page in sheet*.svg; do
	rsvg-convert -d 150 -p 150 "$page" -o page.png && codes page.png >six &&
		[ "$(wc -l <six)" = 6 ] && cat six >>texts
done
[ "$pages" = 9 ] && [ "$(wc -l <texts)" = 54 ] && same noise <texts
ok "zbarimg finds all codes on all pages, as rsvg-convert draws them"
shuf --random-source=noise texts | head -n 49 | same noise
ok "five codes may be lost"
words_in sheet-4.svg noise && says sheet-4.svg '>noise, 20000 octets - page 4 of 9<' &&
	says sheet-4.svg '>19 of 54<' && says sheet-4.svg '>24 of 54<'
ok "name, words and numbers stand on each page"
run 0 "$factory" qr print --out sheet.png noise --version 25 --level L &&
	codes sheet.png sheet-[2-5].png >texts && [ "$(wc -l <texts)" = 30 ] &&
	same noise <texts
ok "the same as PNG"
run 0 "$anchorite" qr print --out=one.svg unit.csr &&
	rsvg-convert one.svg -d 150 -p 150 -o page.png && codes page.png | same unit.csr
ok "one code on a page"
name=$(printf 'a<b>&\033[2J"x.csr')
cp unit.csr "$name"
run 0 "$anchorite" qr print --out name.svg "$name" &&
	says name.svg '>a?b????2J?x.csr, ' && says out 'a?b????2J?x.csr: ' &&
	rsvg-convert name.svg -o page.png
ok "a name full of escape codes"

# ---- stopped by a person --------------------------------------------------------
# stopped FILE STATUS COMMAND...: Ctrl-C once FILE is there, while there is much to
# do yet
stopped() {
	first=$1 status=$2
	shift 2
	"$@" >out 2>err &
	pid=$!
	while [ ! -e "$first" ] && kill -0 $pid 2>/dev/null; do :; done
	kill -INT $pid
	wait $pid
	[ $? = "$status" ] && says err 'stopped, nothing is kept' && [ ! -s out ]
}
stopped cut.d/frame-00002.png 130 \
	"$anchorite" qr show --png cut.d --frames 65535 noise && [ ! -e cut.d ]
ok "Ctrl-C leaves no pictures"
stopped cut.d/frame-00002.png 3 \
	"$factory" qr show --png cut.d --frames 65535 noise && [ ! -e cut.d ]
ok "the same in a factory"
make_noise 2000000 >noise2
stopped cut-2.svg 130 "$anchorite" qr print --out cut.svg noise2 &&
	[ -z "$(find . -name '*cut*')" ]
ok "Ctrl-C leaves no sheets"

# ---- refusals -----------------------------------------------------------------
: >nothing
truncate -s 16777217 long
make_noise 5000000 >noise5
mkdir folder full.d && mkfifo pipe && echo x >full.d/kept && ln -s unit.csr link
openssl pkcs12 -export -inkey key.pem -nocerts -passout pass: -out key.p12 2>/dev/null
openssl ec -in key.pem -outform DER -out key.der 2>/dev/null
{
	cat unit.csr
	cat key.pem
} >both
echo x >there.svg
cp there.svg half-3.svg

# refused STATUS FACTORY-STATUS TEXT ARGUMENT...
refused() {
	anchorites=$1 factorys=$2 text=$3
	shift 3
	run "$anchorites" "$anchorite" qr "$@" && says err "$text" && [ ! -s out ] &&
		run "$factorys" "$factory" qr "$@" && says err "$text" && [ ! -s out ]
	ok "refused: $*"
}

for how in "show" "show --text" "show --png new.d" "print --out new.svg"; do
	# shellcheck disable=SC2086 # words on purpose
	set -- $how
	refused 3 1 "nothing: is empty" "$@" nothing
	refused 3 1 "key.pem: holds a private key, which must not be shown" \
		"$@" key.pem
	refused 3 3 "missing: cannot be read: No such file" "$@" missing
	[ ! -e new.d ] && [ ! -e new.svg ]
	ok "nothing is left: $how"
done
refused 3 1 "long: over 16777216 octets" show --text long
refused 3 1 "noise5: over 4194304 octets, even deflated" show --text noise5
refused 3 1 "holds a private key" show --text key.p12
refused 3 1 "holds a private key" show --text key.der
refused 3 1 "holds a private key" show --text both
refused 3 3 "folder: cannot be read: it is a folder: name one of its files" \
	show folder
refused 3 3 "link: cannot be read: it is a link: name the file" show link
refused 3 3 "pipe: cannot be read: it is a pipe or device" print --out new.svg pipe
refused 3 1 "does not fit into 8192 codes of version 1, level H" \
	show --text --version 1 --level H noise
refused 5 3 "takes 23 codes, one after the other, and standard output is no terminal" show noise
refused 5 1 "full.d: is there already, and no empty folder" show --png full.d unit.csr
refused 5 1 "there.svg: is there already" show --png there.svg unit.csr
refused 5 3 "there.svg/d: cannot be made: Not a directory" show --png there.svg/d unit.csr
refused 5 3 "no/d: cannot be made" show --png no/d unit.csr
refused 5 1 "there.svg: is there already" print unit.csr --out there.svg
refused 5 3 "no/s.svg: cannot be written" print unit.csr --out no/s.svg
refused 5 1 "half-3.svg: is there already" print noise --out half.svg
[ ! -e half.svg ] && [ ! -e half-2.svg ] && cmp half-3.svg there.svg
ok "a set that cannot be whole is removed, what was there is kept"
[ "$(ls full.d)" = kept ]
ok "so is a folder"
refused 5 3 "unit.csr: is no framebuffer" show --framebuffer unit.csr unit.csr
refused 5 3 "no/fb: cannot be opened" show --framebuffer no/fb unit.csr
for o in "--frames 0" "--frames 65536" "--frames x" "--version 0" "--version 41" \
	"--version -1" "--rate 0" "--rate 31" "--rate 4294967297"; do
	refused 2 2 "is a number from 1 to" show --text unit.csr "${o% *}" "${o#* }"
done
refused 2 2 "--level is L, M, Q or H" show --text unit.csr --level X
refused 2 2 "--level is L, M, Q or H" print unit.csr --out x.svg --level LL
refused 2 2 "only one of --text, --png and --framebuffer" show --text --png d unit.csr
refused 2 2 "usage:" show
refused 2 2 "usage:" print --out x.svg
refused 2 2 "print: --out SHEET is missing" print unit.csr
refused 2 2 "x.pdf: must end in .svg or .png" print unit.csr --out x.pdf
refused 2 2 ".svg: must end in .svg or .png" print unit.csr --out .svg
refused 2 2 "unknown option --nonsense" show --nonsense unit.csr
refused 2 2 "unknown option -x" show -x unit.csr
refused 2 2 "--rate is given twice" show --rate 1 --rate 2 unit.csr
refused 2 2 "--rate needs a value, R" show unit.csr --rate
refused 2 2 "--text takes no value" show unit.csr --text=1
refused 2 2 "'nonsense' is no command" nonsense
run 2 "$anchorite" qr && says err "usage: anchorite qr COMMAND"
ok "no command"
for c in show print; do
	run 0 "$factory" qr $c --help && says out "usage: anchorite-factory qr $c" &&
		says out "--version V" && [ ! -s err ]
	ok "$c --help"
done
run 0 "$anchorite" qr show --text -- unit.csr && cmp out one
ok "-- ends the options"
echo "1..$n"
