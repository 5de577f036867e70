#!/bin/sh
# What was there before the machine is booted: prepare.sh DIR makes in DIR
#   cards/card1...   files of the cards, personalised, each for a T=0 reader
#   state/           of genesis, as one of two state media has it
#   in/              batch.yaml and line3.request of UNITS devices
#   line3.key, line3.order, root (SHA-256 of the root key), anchor
# in a few seconds, on a pcscd of its own.  PINs are "pin-of-" and the operator.
set -eu
BUILD=${BUILD:?}
UNITS=20
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
repo=$(CDPATH='' cd -- "$here/../../.." && pwd)
# shellcheck source-path=SCRIPTDIR/../../card source=cards.sh
. "$repo/tests/card/cards.sh"
cards_enter "$@" || {
	echo "prepare: $why" >&2
	exit 1
}
anchorite=$BUILD/bin/anchorite
factory=$BUILD/bin/anchorite-factory
trap stop_cards EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$1/in" "$1/out" "$1/cards"
cd "$1"

# day N: noon of the day so many days from today
day() {
	date -u -d "$1 days" +%Y-%m-%dT12:00:00Z
}

# plan NAME DAY: with dates around today
plan() {
	sed -e "s/DATE/$(day "$2")/" -e "s/EXPIRY/$(day +400)/" \
		-e "s/RECEIPTS/$(day +430)/" "$here/$1.yaml"
}

"$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station
plan genesis -20 >genesis.yaml
start_cards 5
words=$("$anchorite" plan check genesis.yaml | sed -n 's/^words: //p')
expect "$repo/tests/ceremony/custodian/people.exp" cards=yes log=genesis.shown \
	paper=paper "words=$words" -- "$anchorite" run genesis.yaml \
	--state state --in in --out out || {
	tr -d '\r' <genesis.shown | tail -n 20 >&2
	exit 1
}
stop_cards
# QEMU's reader knows T=0 only
for label in op-alice op-bert op-carol product-1; do
	file=$(card_of $label)
	cp "$file" "cards/$label"
	echo 'protocol t0' >"cards/$label.control"
done
mv out/line3.order .
# words_below TEXT: the eight of each of four lines below it
words_below() {
	tr -d '\r' <genesis.shown | awk -v text="$1" '
		index($0, text) == 1 { left = 4; next }
		left-- > 0 { printf "%s%s", $0, left ? " " : "\n" }' |
		sed 's/^ *//; s/  */ /g'
}
words_below 'anchor of this log' >anchor
words_below '  root key, for stations' >root
rm in/line3.station
"$BUILD/tests/demo/tool_devices" make units $UNITS
"$factory" request --order line3.order --key line3.key \
	--out in/line3.request units
plan batch -10 >in/batch.yaml
