#!/bin/sh
# The menu of the image, at a terminal: its first screens, wrong answers, and
# the first process that it talks to.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../custodian/lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../custodian/media.sh
. "$repo/tests/ceremony/custodian/media.sh"
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$repo/tests/ceremony/menu/lib.sh"
init=$BUILD/tests/ceremony/menu/tool_init

run 5 setsid "$anchorite" menu --root root && says err "no terminal" && [ ! -e root ]
ok "without a terminal"
run 2 "$anchorite" menu more && run 2 "$anchorite" menu --root &&
	run 2 "$anchorite" menu --nonsense
ok "usage"
echo file >taken
run 5 expect "$here/menu.exp" raw -- "$anchorite" menu --root taken &&
	says raw "taken: cannot be used"
ok "a folder in memory that is none"

# ---- the first screens ---------------------------------------------------------

menu 0 "$first" ^D -- ./menu.sh && says shown "Version   anchorite 0.1.0" &&
	says shown "Commit    $commit" &&
	says shown "anchorite 0.1.0 0123456789ab | " &&
	says shown "no medium that can be taken out is one"
ok "version and commit, and a boot medium that is not there"
[ "$(grep -o "$first" shown | wc -l)" = 1 ]
ok "which is asked about once"
jq -e --arg c $commit '. == {version: "0.1.0", commit: $c, medium: null}' \
	root/image.json >/dev/null
ok "it stands in image.json"
[ ! -e root/clock-confirmed ] && [ -d root/plans ] && [ -d root/in ] &&
	[ -d root/out ] && [ "$(stat -c %a root/in)" = 700 ]
ok "folders are made"
menu 0 "$first" "" "$right" "2027-13-01 10:00" "no such day" "sh true" \
	"$right" "yesterday" "Not in the form" "sh true" \
	"$right" "1999-01-01 10:00" "before this program was made" "sh true" \
	"$right" "2100-01-01 10:00" "after the year 2099" "sh true" \
	"$right" "13" "Not in the form" "sh true" \
	"$right" "q" "Not in the form" "^D" -- ./menu.sh &&
	! says shown "MAIN MENU" && [ ! -e root/clock-confirmed ]
ok "wrong times: nothing else can be chosen before the clock is right"
menu 0 "$first" "" "$right" "^C" "Ctrl-C ends a command" "sh true" \
	"$right" "2027-02-01 10:10" "The clock was set" "sh true" \
	"Monday 2027-02-01 10:10:" "sh true" "$right" "" \
	"it cannot be powered off from here" "sh true" "$on" "" "$number" ^D -- ./menu.sh &&
	says shown "| Mon 2027-02-01 10:10 UTC |"
ok "the right time is typed, shown with its weekday, and confirmed"
rm -r root
mkdir root && echo '1-2 0627:0001 kept storage, keyboard: "Stick"' >root/keyboards
menu 0 "$first" "" "$right" ^D -- ./menu.sh &&
	says shown '1-2 0627:0001 kept storage, keyboard: "Stick"'
ok "keyboards that were taken are shown before the clock is confirmed"
rm -r root
ANCHORITE_TEST_CLOCK=1000000000 menu 0 "$first" "" "$right" "" \
	"It cannot be right" "sh true" "$right" "2027-02-01 10:10" \
	"$right" "" "cannot be powered" "sh true" "$on" "" "$number" ^D -- ./menu.sh
ok "a clock that stands before the commit is not confirmed"
menu 0 "cannot be powered" "sh true" "$on" "" "$number" ^D -- ./menu.sh &&
	! says shown "CLOCK"
ok "a menu that is started again does not ask once more"
rm -r root
if setpriv --bounding-set -sys_time --inh-caps -sys_time true 2>/dev/null; then
	menu 0 "$first" "" "$right" "2027-02-01 10:10" \
		"The clock cannot be set: Operation not permitted" ^D -- \
		setpriv --bounding-set -sys_time --inh-caps -sys_time \
		"$anchorite" menu --root root --system sys
	ok "a clock that may not be set"
else
	skip "a clock that may not be set" "setpriv needs the rights to give up"
fi
rm -rf root
printf 'version=0.1.0\n' >sys/etc/anchorite/broken
mkdir -p other/etc/anchorite && mv sys/etc/anchorite/broken other/etc/anchorite/release
menu 0 "$first" ^D -- "$anchorite" menu --root root --system other &&
	says shown "not known: this is not the bootable image" &&
	[ ! -e root/image.json ]
ok "a release file that is out of form is none"

# ---- the first process ---------------------------------------------------------

# init [TEXT=ANSWER]...: it listens
init() {
	rm -rf root && mkdir root
	"$init" root/init told "$@" >/dev/null 2>&1 &
	pid=$!
	while [ ! -S root/init ]; do :; done
}

init
menu 0 "$first" "" "$right" "" "$number" $off "Power off? y" "" \
	"$number" $off "Power off? y" "n" "$number" $off "Power off? y" "y" \
	"The machine goes off" ^D -- ./menu.sh &&
	[ "$(cat told)" = "booted
power-off" ]
ok "the first process hears of the clock, and of powering off, once"
kill $pid
init "booted=no: keyboards stay" "power-off=no: not yet"
menu 0 "$first" "" "$right" "" "   keyboards stay" "sh true" "$on" "" \
	"$number" $off "Power off? y" "yes" "It does not go off: not yet" "sh true" "$on" "" \
	"$number" ^D -- ./menu.sh
ok "its reasons are told"
kill $pid
init "booted=$(printf 'ok\033[31m')" "power-off=-"
menu 0 "$first" "" "$right" "" "the answer is out of form" "sh true" "$on" "" \
	"$number" $off "Power off? y" "y" "It does not go off: no answer came" "sh true" "$on" "" \
	"$number" ^D -- ./menu.sh
ok "an answer that is out of form, and none"
kill $pid
menu 0 "Connection refused" "sh true" "$on" ^D -- ./menu.sh
ok "a first process that has gone"

# ---- wrong choices -------------------------------------------------------------

rm -rf root
menu 0 "$first" "" "$right" "" "cannot be powered" "sh true" "$on" "" \
	"$number" 99 "99 is not one of the numbers" "sh true" \
	"$number" "plan" "plan is not one of the numbers" "sh true" \
	"$number" "1x" "1x is not one of the numbers" "sh true" \
	"$number" "-1" "-1 is not one of the numbers" "sh true" \
	"$number" "$(printf '\303\244')" "without accents" "sh true" \
	"$number" "$(printf '%0400d' 1)" "That is too long" "sh true" \
	"$number" ^C "Ctrl-C ends a command that runs" "sh true" \
	"$number" $off "Not now: this is not the bootable image" "sh true" "$on" "" \
	"$number" $about "Files in memory lie below root" "sh true" "$on" "" \
	"$number" ^D -- ./menu.sh
ok "wrong choices are told, and asked again"

# ---- the boot medium ------------------------------------------------------------

# number N: four octets, the least first, for printf
le() {
	printf '\\0%03o' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) 0
}
be() {
	printf '\\0%03o' 0 $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255))
}
# iso FILE SECTORS TEXT: a volume of the image, on a medium of 1 MiB
iso() {
	yes "$3" | head -c $(($2 * 2048)) >"$1" && {
		printf '\001CD001\001\000%32s%-32s\000\000\000\000\000\000\000\000' '' ANCHORITE_IMAGE
		printf '%b%b' "$(le "$2")" "$(be "$2")"
		head -c 40 /dev/zero
		printf '\000\010\010\000'
		head -c 1916 /dev/zero
	} | dd of="$1" bs=2048 seek=16 conv=notrunc 2>/dev/null &&
		truncate -s 1M "$1"
}

if [ -z "$media" ]; then
	skip "boot media" "loop devices or mounts are not permitted here"
	fits
	echo "1..$n"
	exit 0
fi
rm -rf root
menu 0 "$first" ^D -- ./menu.sh --loop
if ! says shown "no medium that can be taken out is one"; then
	skip "boot media" "another program has one in a loop device"
	fits
	echo "1..$n"
	exit 0
fi
iso boot.img 100 one && attach boot
rm -rf root
sum=$(head -c 204800 boot.img | sha256sum | cut -d' ' -f1)
menu 0 "$first" "^D" -- ./menu.sh --loop && says shown "${loop#/dev/}, loop device, serial boot.img" &&
	says shown "SHA-256 of its 204800 octets, read back now:" &&
	says shown "   $sum" && says shown "Compare these words"
ok "the boot medium is read back"
head -c 204800 boot.img >image && "$anchorite" words image >spoken &&
	sed -n '/read back now/,/Compare/p' shown | sed '1,2d;$d' | tr -s ' \n' ' ' |
	sed 's/^ //;s/ $//' >got && [ "$(cat got)" = "$(sed -n 2p spoken)" ] &&
	[ "$(sed -n '/read back now/,/Compare/p' shown | grep -cE '^   ([A-Za-z]+ ){7}[A-Za-z]+$')" = 4 ]
ok "its words are those of the image, eight a line"
jq -e --arg m "$sum" '.medium == $m' root/image.json >/dev/null
ok "and its digest in image.json"
detach boot
menu 0 "$first" "sh losetup $(cat boot.loop) boot.img" "Compare these words" ^D -- \
	./menu.sh --loop && says shown "no medium that can be taken out is one" &&
	says shown "   $sum" &&
	jq -e --arg m "$sum" '.medium == $m' root/image.json >/dev/null
ok "one that comes after the first screen is read, and nothing is typed"
iso second.img 100 two && attach second
menu 0 "$first" ^D -- ./menu.sh --loop && says shown "boot.img" && says shown "second.img" &&
	says shown "2 media say that they are the image" &&
	jq -e '.medium == null' root/image.json >/dev/null
ok "two different ones: both are told of, and neither counts"
detach second
iso two.img 100 four && sum2=$(head -c 204800 two.img | sha256sum | cut -d' ' -f1)
exec 8<"$(cat boot.loop)" # what the kernel keeps of it goes with who has it open
menu 0 "   $sum" "sh dd if=two.img of=boot.img conv=notrunc 2>dd.err" "$first" r "   $sum2" ^D -- \
	./menu.sh --loop &&
	jq -e --arg m "$sum2" '.medium == $m' root/image.json >/dev/null
ok "r reads the medium again, and not what was kept of it"
exec 8<&-
detach boot
iso boot.img 100 one && attach boot
iso short.img 100 three && truncate -s 100K short.img && attach short
detach boot
menu 0 "$first" "sh losetup -d $(cat short.loop); losetup -f --show boot.img >boot.loop" \
	"" r "Compare these words" ^D -- ./menu.sh --loop &&
	says shown "It cannot be read back: its volume is cut off" &&
	jq -e --arg m "$sum" '.medium == $m' root/image.json >/dev/null
ok "one that is cut off; another is put in, and read"
loops="$loops $(cat boot.loop)"
menu 0 "$first" "" "$right" "" "cannot be powered" "sh true" "$on" "" \
	"$number" ^D -- ./menu.sh --loop && detach boot &&
	menu 0 "cannot be powered" "sh true" "$on" "" "$number" $about "SHA-256 of the boot medium, as it was read" "sh true" \
		"$sum" "sh true" "$on" "" "$number" ^D -- ./menu.sh --loop
ok "what was read is shown later, the medium may be out"

fits
echo "1..$n"
