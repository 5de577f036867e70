#!/bin/sh
# What people choose at the menu, without media: plans, rehearsals, cards, QR
# codes, files, logs, keyboard layouts, refused devices.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../custodian/lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$repo/tests/ceremony/menu/lib.sh"

mkdir -p root/plans tokens
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"
: >root/clock-confirmed

# chooses NAME [WHEN DO]...: at the menu, past its first line
chooses() {
	name=$1
	shift
	menu 0 "it cannot be powered" "sh true" "$on" "" "$@" "$number" ^D -- \
		./menu.sh --module softhsm
	ok "$name"
}

# ---- plans -----------------------------------------------------------------------

chooses "no plan: nothing to rehearse, nothing to hold" \
	"$number" 2 "Not now: choose a plan first" "sh true" "$on" "" \
	"$number" 3 "Not now: choose a plan first" "sh true" "$on" "" \
	"$number" 1 "No plan is in memory yet" "sh true" "$number" 1 \
	"1 is not one of the numbers" "sh true" "$on" "" "$number" 0
plan demo-1-genesis -20 >root/plans/genesis.yaml
echo 'nonsense: 1' >root/plans/a-bad.yaml
esc=$(printf '\033')
echo x >"root/plans/${esc}[31mred" && echo x >root/plans/-erase && echo x >root/plans/.hidden
ln -s genesis.yaml root/plans/link.yaml && mkfifo root/plans/pipe
chooses "plans are listed with what is to be known, and one that is none is refused" \
	"$number" 1 '1  a-bad.yaml' "sh true" '1:1: unknown key' "sh true" \
	'2  genesis.yaml' "sh true" "in order: ceremony" "sh true" "$number" 3 \
	"3 is not one of the numbers" "sh true" "$on" "" \
	"$number" 1 'a file is missing, or not as it must be (3)' "sh true" \
	"This plan cannot be chosen" "sh true" "$on" "" "$number" 0
! grep -q "$esc\|erase\|hidden\|link\|pipe" shown
ok "links, devices and names that are none are not"
chooses "looked at, and not chosen" "$number" 1 "$number" 2 "y chooses" "" \
	"$number" 0
[ ! -e root/chosen ]
ok "it is not"
words=$("$anchorite" plan check root/plans/genesis.yaml | sed -n 's/^words: //p')
chooses "its run sheet, page by page, and chosen" "$number" 1 "$number" 2 \
	"y chooses" p "There is more" "" "There is more" q "$on" "" "y chooses" y \
	"UTC | genesis.yaml" "sh true"
sed -n '/^words:/,/^$/p' shown | head -5 | sed 1d | tr -s ' \n' ' ' | sed 's/^ //; s/ $//' >got
[ "$(cat got)" = "$words" ] && says shown "RUN SHEET" && says shown "$ anchorite plan check root/plans/genesis.yaml"
ok "with its words, eight a line"
chooses "the choice is still there in a menu that was started again" \
	"UTC | genesis.yaml" "sh true"
rm root/plans/genesis.yaml
chooses "a plan that has gone is not chosen" "UTC | no plan" "sh true"
plan demo-1-genesis -20 >root/plans/genesis.yaml
plan demo-2-batch -10 >root/plans/batch.yaml

# ---- rehearsals --------------------------------------------------------------------

chooses "a rehearsal, page by page, to its end" "UTC | genesis.yaml" "sh true" "$number" 2 \
	"REHEARSE THE PLAN" "sh true" "$number" 1 "There is more" "" "There is more" "" \
	"-- anchorite rehearse: done (0)." "sh true" "$on" "" "$number" 0
[ -s root/rehearsal/out/line3.order ]
ok "which was one"
chooses "the next plan, in the same log" "$number" 1 "$number" 2 "y chooses" y \
	"UTC | batch.yaml" "sh true" "$number" 2 "$number" 1 "There is more" q \
	"rehearse: done (0)" "sh true" "$on" "" "$number" 0
[ -s root/rehearsal/out/line3.response ]
ok "which was held"
chooses "which bad day: none" "$number" 2 "$number" 3 "missing-operator" "sh true" \
	"Which bad day" 7 "7 is not one of the numbers" "sh true" "Which bad day" "" "$number" 0
chooses "Ctrl-C ends the rehearsal by hand, and not the menu" "$number" 2 "$number" 4 \
	"The old one is root/rehearsal-1" "sh true" "$on" "" "$number" 4 \
	"No rehearsal was held yet" "sh true" "$on" "" "$number" 0 \
	"$number" 1 "$number" 3 "y chooses" y "$number" 2 "$number" 2 "or 64 hex digits" ^C \
	"stopped by you (130)" "sh true" "$on" "" "$number" 0
[ -d root/rehearsal-1/state ]
ok "the old log is put aside"

# ---- the ceremony: settings ----------------------------------------------------------

chooses "what a ceremony uses can be changed" "UTC | genesis.yaml" "sh true" "$number" 3 \
	"State      two media labelled ANCHORITE" "sh true" \
	"Inputs     media" "sh true" "Outputs    media" "sh true" "PINs       at the PIN pad" "sh true" \
	"$number" 2 "Label of the state media" "much too long a label" \
	"at most 16 characters" "sh true" "$on" "" "$number" 2 "Label of" --x "no dash first" "sh true" \
	"Label of" VAULT "labelled VAULT" "sh true" "$number" 3 "files in memory: 0 in root/in" "sh true" \
	"$number" 4 "Outputs    memory: root/out" "sh true" \
	"$number" 5 "PINs       all at the keyboard" "sh true" "$number" 3 "Inputs     media" "sh true" "$number" 0
chooses "giving up asks for a reason, and once more" "$number" 3 "$number" 6 "The reason" -x \
	"no dash first" "sh true" "The reason" "token lost" "Type give up" "yes" "$number" 0

# ---- cards ----------------------------------------------------------------------------

chooses "no card; a card is made, listed and wiped; labels that are options" \
	"$number" 5 "$number" 1 "$ anchorite card list softhsm" "sh true" "$on" "" \
	"$number" 5 "Label of the card" "--module" "no dash first" "sh true" "Label of the card" op-alice \
	"SO PIN" 00112233aabbccdd "once more" 00112233aabbccdd "PIN" 123456 "once more" 123456 \
	"-- anchorite card: done (0)." "sh true" "$on" "" \
	"$number" 1 op-alice "sh true" "$on" "" \
	"$number" 2 "Label of" "" \
	"$number" 6 "Label of the card" op-alice "keys of a CA" "" "op-alice" op-alice \
	"PIN of card op-alice" 123456 "-- anchorite card" "sh true" "$on" "" \
	"$number" 8 "PINs       all at the keyboard" "sh true" "$number" 0

# ---- QR codes, files ---------------------------------------------------------------------

chooses "no camera, no picture" "$number" 7 "$number" 2 "No camera is there" "sh true" "$on" "" \
	"$number" 4 "Not now: no picture is in memory" "sh true" "$on" "" \
	"$number" 5 "Not now: no picture is in memory" "sh true" "$on" "" "$number" 0
run 0 "$anchorite" qr show root/plans/a-bad.yaml --png frames
cp frames/frame-00001.png sys/dev/video0 && : >sys/dev/video && : >sys/dev/videoz && : >sys/dev/video12345
chooses "a file is read by a camera, under a name that is one" "$number" 7 "$number" 2 \
	"1  camera /dev/video0" "sh true" "$number" 2 "A name for the file" "../x" "no slash" "sh true" \
	"A name" read "qr: done (0)" "sh true" "$on" "" \
	"$number" 2 "$number" 1 "A name" a-bad.yaml "of that name is there" "sh true" "A name" "" "$number" 0
cmp root/in/read root/plans/a-bad.yaml 2>err
ok "and is the one that was shown"
rm sys/dev/video0 && cp frames/frame-00001.png sys/dev/video2 && echo x >sys/dev/video10
chooses "one of two cameras" "$number" 7 "$number" 2 "1  camera /dev/video2" "sh true" \
	"2  camera /dev/video10" "sh true" "Which camera" 2 "$number" 1 "A name" scanned.yaml \
	"a file is missing, or not as it must be (3)" "sh true" "$on" "" "$number" 0
[ ! -e root/plans/scanned.yaml ]
ok "which saw nothing"
run 0 "$anchorite" qr print root/plans/batch.yaml --out root/pictures/sheet.png
chooses "a printed sheet is read, and its pictures are forgotten" "$number" 7 "$number" 4 "$number" 2 \
	"A name" sheet "qr: done (0)" "sh true" "$on" "" "not in memory any more" "sh true" "$on" "" "$number" 0
cmp root/in/sheet root/plans/batch.yaml 2>err && [ -z "$(ls root/pictures)" ]
ok "it is the one that was printed"
chooses "a file is shown as codes" "$number" 7 "$number" 1 "plans         3 files" "sh true" "$number" 1 \
	"Which file" 9 "9 is not one of the numbers" "sh true" "Which file" 1 "Ctrl-C or q ends it" q \
	"qr: done (0)" "sh true" "$on" "" "$number" 1 "$number" 3 "Which file" "" "$number" 0
chooses "the words of a file" "$number" 8 "$number" 3 "$number" 2 "Which file" 1 \
	"$(sha256sum <root/in/read | cut -d' ' -f1)" "sh true" "$on" "" "$number" 0
for i in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do echo $i >root/out/file$i; done
chooses "more files than fit on a screen" "$number" 8 "$number" 3 "$number" 3 "15 files; n shows" "sh true" \
	"Which file" n "15  file24" "sh true" "Which file" 15 "words: done" "sh true" "$on" "" "$number" 0

# ---- logs -------------------------------------------------------------------------------------

chooses "no state is in memory" "$number" 4 "$number" 2 "Not now: no state is in memory" "sh true" "$on" "" \
	"$number" 3 "Not now" "sh true" "$on" "" "$number" 0
cp -R root/rehearsal-1/state root/state
run 0 "$anchorite" status --state root/state --json
anchor=$(jq -r .anchor out)
ANCHORITE_TEST_ROWS=60 chooses "a state is looked at, and audited with its anchor" "$number" 4 "$number" 2 "op-alice" "sh true" "$on" "" \
	"$number" 3 "Anchor:" "aardvark nonsense" "Word 2 is not one of the list" "sh true" "Anchor:" "aardvark" "not 32 words" "sh true" \
	"Anchor:" "$anchor" "anchorite-audit verify: in order (0)" "sh true" "$on" "" \
	"$number" 3 "Anchor:" "" "the anchor was not given (3)" "sh true" "$on" "" \
	"$number" 4 "It is root/state-1 now" "sh true" "$on" "" "$number" 2 "Not now" "sh true" "$on" "" "$number" 0

# ---- keyboard, refused devices --------------------------------------------------------------------

chooses "no layouts" "$number" 9 "No layouts are here" "sh true" "$on" ""
keymaps=sys/usr/share/anchorite/keymaps
{
	printf 'bkeymap\001\001'
	head -c 254 /dev/zero
	head -c 256 /dev/zero | tr '\0' '\001'
	head -c 256 /dev/zero | tr '\0' '\002'
} >$keymaps/de.bmap
head -c 100 $keymaps/de.bmap >$keymaps/cut.bmap
echo text >$keymaps/readme
chooses "a layout that is none, and a terminal that takes none" "$number" 9 "1  cut" "sh true" "2  de" "sh true" \
	"$number" 1 "cut.bmap: it is cut off" "sh true" "$on" "" \
	"$number" 9 "$number" 2 "this is no Linux console" "sh true" "$on" "" "$number" 9 "$number" 0
sed -i "s|^export LD_PRELOAD=|&$BUILD/tests/ceremony/menu/module_keys.so:|" menu.sh
ANCHORITE_TEST_KEYS=$dir/keys chooses "a layout is set, and tried" "$number" 9 "$number" 2 \
	"The layout is set" "sh true" "Try:" "zZyY" "Try:" "" &&
	[ "$(wc -l <keys)" = 256 ] && [ "$(sed -n 1p keys)" = "0 0 257" ] && [ "$(sed -n 256p keys)" = "1 127 512" ]
ok "with all its keys, but those that show registers"
chooses "no device was refused" "$number" 10 "None was refused" "sh true" "$on" ""
{
	echo "1-2: 0bda:8153 network"
	printf '1-3: %s[31mred\n' "$esc"
	i=0
	while [ $i -lt 30 ]; do
		echo "2-$i: 1234:5678 wireless"
		i=$((i + 1))
	done
} >root/refused
chooses "those that were are shown, page by page" "$number" 10 "1-2: 0bda:8153 network" "sh true" \
	'1-3: \x1b[31mred' "sh true" "There is more" "" "2-29:" "sh true" "$on" ""
fits
echo "1..$n"
