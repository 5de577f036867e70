#!/bin/sh
# qr scan and qr read-sheet as people run them: what is shown is photographed
# and read back.
set -u
BUILD=${BUILD:?}
anchorite=$BUILD/bin/anchorite
factory=$BUILD/bin/anchorite-factory
photo=$BUILD/tests/ceremony/qr/tool_photo
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
# shellcheck source=tests/tap.sh
. "$repo/tests/tap.sh"
scratch scan

# refuses NAME STATUS TEXT COMMAND...: and nothing is written
refuses() {
	name=$1 status=$2 text=$3
	shift 3
	run "$status" "$@" && says err "$text" && [ ! -s out ] && [ ! -e got ]
	ok "$name"
	rm -f got
}

# arrived: got is what was sent, and its digest was said
arrived() {
	cmp file got >>err 2>&1 &&
		says out "$(sha256sum <file | cut -d' ' -f1)" &&
		[ "$("$anchorite" words got | tail -n 1)" = \
			"$(tail -n 4 out | tr -s ' \n' '  ' |
				sed 's/^ //; s/ $//')" ]
}

# scans NAME PROGRAM ARGUMENTS...: the file arrives
scans() {
	name=$1
	shift
	rm -f got
	run 0 "$@" --out got && arrived
	ok "$name"
	rm -f got
}

openssl rand 5000 >file &&
	run 0 "$anchorite" qr show file --png drawn &&
	run 0 "$anchorite" qr print file --out sheet.png &&
	run 0 "$factory" qr show file --text && mv out lines
ok 'a file is shown in pictures, on sheets and in lines'

# ---- what arrives ------------------------------------------------------------
scans 'from a folder of pictures' "$anchorite" qr scan drawn
scans 'the same in a factory' "$factory" qr scan drawn
scans 'from sheets' "$anchorite" qr read-sheet sheet.png sheet-2.png sheet-3.png
scans 'from sheets in any order' \
    "$factory" qr read-sheet sheet-3.png sheet.png sheet-2.png
for program in "$anchorite" "$factory"; do
	rm -f got
	"$program" qr scan --text --out got <lines >out 2>err && arrived
	ok "${program##*/}: from lines"
	rm -f got
done
tr 'A-Z\n' 'a-z ' <lines | tr ' ' '\n' | sed 's/^/  /; s/$/\r/' |
	cat - /dev/null | sort -r >lower
"$anchorite" qr scan --text --out got <lower >out 2>err && arrived
ok 'lower case, in another order, with blanks around and a CR'
rm -f got

for lens in mild moderate hard; do
	mkdir $lens
	i=0
	for p in drawn/*.png; do
		i=$((i + 1))
		"$photo" $lens $i $lens/$i.jpg "$p" || exit 1
	done
	scans "photographed, $lens, as JPEG" "$anchorite" qr scan $lens
done
"$photo" moderate 3 film.mjpeg drawn/*.png &&
	"$photo" moderate 4 film.grey drawn/*.png &&
	"$photo" moderate 5 film.yuyv drawn/*.png
ok 'films are made'
scans 'from MJPEG' "$anchorite" qr scan film.mjpeg
scans 'from raw grey frames' "$anchorite" qr scan film.grey --raw grey:1280x720
scans 'from raw YUYV frames' "$factory" qr scan film.yuyv --raw yuyv:1280x720

# a transcript's head, or whatever is short: one code that is no UR
if command -v qrencode >/dev/null; then
	printf 'transcript 17 0123abc\n' >file.plain
	qrencode -8 -o plain.png -s 5 <file.plain 2>err
	run 0 "$anchorite" qr scan plain.png --out got && cmp file.plain got
	ok 'one code that is no Uniform Resource'
	rm -f got
	qrencode -o other.png -s 5 'https://example.com'
	mkdir two && cp plain.png other.png two
	refuses 'two such codes' 3 'which one is meant cannot be told' \
	    "$anchorite" qr scan two --out got
	qrencode -o bytes.png -s 5 \
	    UR:BYTES/HDEYMEJTSWHHYLKEPMYKHHTSYTSNOYOYAXAEDSUTTYDMMHHPKTPMSRJTGWDPFNSBOXGWLBAAWZUEFYWKDPLRSRJYNBVYGABWJLDAPFCSDWKBRKCH
	refuses 'a Uniform Resource of another type' 3 \
	    'text: a message of another type' \
	    "$anchorite" qr scan bytes.png --out got
	cp bytes.png other.png moderate/
	scans 'codes of others between do no harm' "$factory" qr scan moderate
else
	skip 'codes made by qrencode' 'no qrencode'
fi

# ---- an independent reader agrees ----------------------------------------------
if command -v zbarimg >/dev/null; then
	for p in drawn/frame-00001.png moderate/2.jpg mild/3.jpg; do
		zbarimg -q --raw -Sdisable -Sqrcode.enable "$p" 2>err
	done >codes
	[ "$(wc -l <codes)" = 3 ] &&
		! grep -qvxFf lines codes
	ok 'zbarimg reads the same codes'
else
	skip 'zbarimg reads the same codes' 'no zbarimg'
fi

# ---- what does not ------------------------------------------------------------
mkdir part && cp drawn/frame-00001.png drawn/frame-00003.png part
refuses 'parts are missing' 3 '4 of 6 parts are missing: nothing is written' \
    "$anchorite" qr scan part --out got
refuses 'the same in a factory' 3 '4 of 6 parts are missing' \
    "$factory" qr scan part --out got
refuses 'a page is missing' 3 'parts are missing' \
    "$anchorite" qr read-sheet sheet.png --out got
mkdir none
refuses 'an empty folder' 3 'no code was found: nothing is written' \
    "$anchorite" qr scan none --out got
refuses 'no such file' 3 'nowhere: cannot be read: No such file' \
    "$anchorite" qr scan nowhere --out got
refuses 'no such sheet' 3 'nowhere: cannot be read: No such file' \
    "$anchorite" qr read-sheet nowhere --out got
refuses 'no camera' 3 '/dev/null: is no V4L2 device: ' \
    "$anchorite" qr scan /dev/null --out got
refuses 'no picture' 3 'file: no picture of a kind read here' \
    "$anchorite" qr scan file --out got
head -c 1000000 film.grey >cut.grey
refuses 'a raw frame that is cut' 3 \
    'cut.grey: picture 2: raw grey: ends inside a picture' \
    "$anchorite" qr scan cut.grey --raw grey:1280x720 --out got
for raw in grey grey:0x10 grey:10x grey:8193x1 yuyv:1x1x1 rgb:1x1 \
    'grey: 1x1' grey:+1x1; do
	refuses "--raw $raw" 2 '--raw is grey:WxH or yuyv:WxH' \
	    "$anchorite" qr scan film.grey --raw "$raw" --out got
done
refuses 'no source' 2 'which camera, file or folder?' \
    "$anchorite" qr scan --out got
refuses 'text and a file' 2 '--text takes its lines from standard input' \
    "$anchorite" qr scan --text file --out got
refuses 'no sheet' 2 'which pictures?' "$factory" qr read-sheet --out got
refuses 'no output named' 2 '--out FILE is missing' "$factory" qr scan drawn
refuses 'no lines' 3 'no code was found' "$factory" qr scan --text --out got
{
	echo hello
	head -c 40000 /dev/zero | tr '\0' a
	echo
	head -n 2 lines
} >bad
"$anchorite" qr scan --text --out got <bad >out 2>err
[ $? = 3 ] && says err 'text: does not begin with ur:' &&
	says err 'line 2: over 32768 characters' &&
	says err '4 of 6 parts are missing' && [ ! -e got ]
ok 'lines that are none, or too long'

echo kept >got
run 5 "$anchorite" qr scan drawn --out got && says err 'got: is there already'
ok 'an output that is there'
run 1 "$factory" qr scan drawn --out got && [ "$(cat got)" = kept ]
ok 'the same in a factory, and it is kept'
rm got
ln -s nowhere got
run 5 "$anchorite" qr scan drawn --out got && [ ! -e nowhere ]
ok 'an output that is a dangling link'
rm got
# before anybody holds codes before a camera for an hour
refuses 'an output in no folder' 5 \
    'none/such/got: cannot be written: No such file or directory' \
    "$anchorite" qr scan drawn --out none/such/got
[ "$(wc -l <err)" = 1 ]
ok 'and that is said before anything is read'
refuses 'an output below a file' 5 'file/got: cannot be written: Not a directory' \
    "$anchorite" qr scan drawn --out file/got
run 3 "$factory" qr scan drawn --out file/got
ok 'the same in a factory'

# ---- what is passed over ---------------------------------------------------------
mkdir mixed && cp drawn/*.png mixed && cd mixed || exit 1
head -c 300 frame-00001.png >a-cut.png
: >b-empty.png
echo text >c-text.png
truncate -s 257M d-huge.png
ln -s ../lines e-link.png
mkfifo f-fifo.png
mkdir g-folder.png
printf 'P5\n9000 2\n255\n' >"$(printf 'h-\033[31mred.pgm')"
cd .. || exit 1
scans 'a folder of good and bad' "$anchorite" qr scan mixed
says err 'a-cut.png: PNG: cut short' && says err 'b-empty.png: is empty' &&
	says err 'c-text.png: no picture of a kind read here' &&
	says err 'd-huge.png: over 268435456 octets: passed over'
ok 'each bad one is told by name'
mkdir odd && mv mixed/[e-h]-* odd
run 3 "$anchorite" qr scan odd --out got &&
	says err '3 entries are no files (links, devices, folders)' &&
	says err 'h-\x1b[31mred.pgm: PNM: 9000 x 2: a side over 8192 pixels'
ok 'links, pipes and folders are counted; names are shown escaped'
refuses 'a pipe by itself' 3 'f-fifo.png: no file: passed over' \
    "$anchorite" qr scan odd/f-fifo.png --out got
mkdir many && (
	cd many || exit 1
	i=0
	while [ $i -lt 20001 ]; do
		echo $i
		i=$((i + 1))
	done | xargs touch
)
refuses 'a folder of 20,001' 3 'over 20000 entries' \
    "$anchorite" qr scan many --out got
{
	cat moderate/1.jpg
	head -c 50000 moderate/2.jpg
} >cut.mjpeg
refuses 'MJPEG that is cut' 3 'cut.mjpeg: picture 2: JPEG: ' \
    "$anchorite" qr scan cut.mjpeg --out got
{
	head -c 60000 film.mjpeg
	cat film.mjpeg
} >begun.mjpeg
scans 'MJPEG that begins with a broken one' "$anchorite" qr scan begun.mjpeg
i=0
while [ $i -lt 15 ]; do
	printf '\377\330\377\331'
	i=$((i + 1))
done >ends.mjpeg
cat ends.mjpeg ends.mjpeg film.mjpeg >many.mjpeg
scans 'thirty that are none before' "$anchorite" qr scan many.mjpeg
says err 'many.mjpeg: and more pictures like these' &&
	[ "$(grep -c 'many.mjpeg: picture' err)" = 20 ]
ok 'only twenty of them are told'

# ---- two messages ----------------------------------------------------------------
openssl rand 4000 >file2 && run 0 "$anchorite" qr show file2 --png drawn2
mkdir both
for i in 1 2 3 4 5 6 7; do
	[ ! -e drawn/frame-0000$i.png ] ||
		cp drawn/frame-0000$i.png both/$i-a.png
	[ ! -e drawn2/frame-0000$i.png ] ||
		cp drawn2/frame-0000$i.png both/$i-b.png
done
scans 'two messages mixed: the one begun first' "$anchorite" qr scan both
says err 'parts of two messages'
ok 'and it is said'
mkdir after && cp drawn/frame-00001.png after/1.png &&
	for i in 1 2 3 4 5 6; do
		[ ! -e drawn2/frame-0000$i.png ] ||
			cp drawn2/frame-0000$i.png after/2-$i.png
	done
run 0 "$anchorite" qr scan after --out got && cmp file2 got &&
	says err 'another message is shown now'
ok 'another message is shown from then on'
rm -f got

# ---- pictures that get the better of the reader -------------------------------------
if grep -qa __asan_init "$anchorite"; then
	seconds=30
else
	seconds=5
fi
mkdir blind && cp -R "$BUILD/bin" "$BUILD/libexec" blind &&
	cp "$BUILD/tests/ceremony/qr/tool_blind" \
	    blind/libexec/anchorite/anchorite-reader && mkdir beaten &&
	for act in CRASH SOCKET HANG STILL BEYOND FLOOD DRIP OTHER; do
		echo $act >beaten/$act
	done && cp drawn/*.png beaten
ok 'a reader that some pictures get the better of'
scans 'they cost themselves and no more' blind/bin/anchorite qr scan beaten
# ended PICTURE TEXT
ended() {
	says err "$1: $2"
	ok "$1: $2"
}
ended CRASH 'the reader ended in a fault (SIGSEGV)'
ended SOCKET 'the reader was ended by its cell (SIGSYS)'
ended HANG "the reader took over $seconds seconds and was ended"
ended STILL 'reader: the process sent a message of the wrong size'
ended BEYOND 'reader: the process sent a message of the wrong size'
ended FLOOD 'reader: the process sent a message of the wrong size'
ended DRIP "the reader took over $((2 * seconds)) seconds and was ended"
ended OTHER 'reader: the process sent a message of the wrong kind'

# lies NAME TEXT: a reader that joins codes as it likes, told so in a line
cp "$BUILD/tests/ceremony/qr/tool_liar" blind/libexec/anchorite/anchorite-reader
lies() {
	echo "$1" >line
	blind/bin/anchorite qr scan --text --out got <line >out 2>err
	[ $? = 6 ] && says err "$2" && [ ! -s out ] && [ ! -e got ]
	ok "a reader that lies: $1"
	rm -f got
}
echo HONEST >line
blind/bin/anchorite qr scan --text --out got <line >out 2>err &&
	[ "$(wc -c <got)" = 100000 ] &&
	says out "$(sha256sum <got | cut -d' ' -f1)"
ok 'one that does not lie for once'
rm -f got
size='reader: the process sent a message of the wrong size'
lies DIGEST 'the reader gave another file than it told the digest of: nothing'
lies NOTHING "$size"
lies HUGE "$size"
lies CRUMBS "$size"
lies MORE "$size"
lies RANK "$size"
lies NEEDED "$size"
lies TAKEN "$size"
lies ESCAPE "$size"
rm blind/libexec/anchorite/anchorite-reader
run 6 blind/bin/anchorite qr scan drawn --out got &&
	says err 'the reader does not start' && [ ! -e got ]
ok 'no reader'

# ---- on a terminal ------------------------------------------------------------------
script -qec "$anchorite qr scan drawn --out got" terminal </dev/null >out 2>err &&
	cmp file got && grep -q '\[###\.* *.*\] 1 of 6 parts' terminal &&
	says terminal 'SHA-256'
ok 'a bar of parts on a terminal'
rm -f got

# ---- stopped by a person -----------------------------------------------------------
mkfifo pipe said
"$anchorite" qr scan --text --out got <pipe >out 2>said &
pid=$!
exec 3>pipe 4<said
echo hello >&3
read -r first <&4 # it has begun, and waits for more
head -n 2 lines >&3
kill -INT $pid
wait $pid
status=$?
exec 3>&-
cat <&4 >err
exec 4<&-
[ $status = 130 ] && [ "$first" = 'qr: text: does not begin with ur:' ] &&
	says err 'stopped, nothing is written' && [ ! -e got ] &&
	[ -z "$(find . -maxdepth 1 -name '*got*')" ]
ok 'Ctrl-C leaves nothing'
echo "1..$n"
