#!/bin/sh
# The demo's two ceremonies on virtual cards alone, through pcscd, vpcd and
# OpenSC: five operators' cards and those of the CAs, all in their readers.  The
# auditor verifies, the factory accepts, and each key of each card was used as
# often as the record says, no more and no less (see uses.jq).
set -u
BUILD=${BUILD:?}
repo=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=cards.sh
. "$repo/tests/card/cards.sh"
cards_enter "$@" || {
	echo "ok 1 - ceremonies on cards # SKIP $why"
	echo 1..1
	exit 0
}
# shellcheck source-path=SCRIPTDIR/../ceremony/custodian source=lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
trap 'stop_cards; rm -rf "$dir"' EXIT
N=40 # devices
S=r/state

# on_cards STATUS EXAMPLE DAY: its rehearsal on the cards in the readers
on_cards() {
	plan "$2" "$3" >"$2.yaml" &&
		run "$1" "$anchorite" rehearse "$2.yaml" --cards --dir r --in in
}

audited() {
	run 0 "$anchorite" status --state $S --json &&
		run 0 "$audit" verify $S --anchor "$(jq -r .anchor out)"
}

# uses_agree: every key of every card, and no other
uses_agree() {
	uses_made >made
	uses_told $S >told
	diff -u told made >out 2>err
}

start_cards 8
ok "eight blank cards in eight readers"
mkdir in && run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station
on_cards 0 demo-cards-1-genesis -20 && says out 'written: '
ok "ceremony 1: quorum, root, product CA, work order"
awk '/^  root key, for stations/ { getline; print }' out >root
card_labels | sort | tr '\n' ' ' | grep -q \
	'^op-alice op-bert op-carol op-dora op-emil product-1 .*root-1 $'
ok "the cards have the labels of the plan"
[ "$(records enrol | jq -r .module | sort -u)" = opensc ]
ok "the record names the module"
uses_agree
ok "each key was used as often as the record says"
audited
ok "the auditor verifies it"

run 0 "$devices" make units $N --first 340A91F0 &&
	request line3.request units
ok "a request for $N devices"
on_cards 0 demo-cards-2-batch -3 && says out 'PIN of product-1 changed'
ok "ceremony 2: the batch"
uses_agree
ok "each key was used as often as the record says"
# device_uses: by each of the product CA's cards, as the record says
device_uses() {
	records act.result |
		jq '.uses[] | select(.use == "device-tls") | .n'
}
[ "$(device_uses | awk '$1 > 0 { n++; sum += $1 } END { print n, sum }')" = \
	"2 $N" ]
ok "both cards of the product CA signed, $N certificates in all"
audited
ok "the auditor verifies it"
run 0 "$factory" accept --request in/line3.request \
	--response r/out/line3.response --order r/out/line3.order \
	--root "$(cat root)" --date "$(day 0)" --out accepted &&
	[ "$(find accepted/certs -name '*.crt' | wc -l)" = $N ]
ok "the factory accepts $N certificates"

run 0 "$devices" make more 20 --first 340A9300 &&
	request line3-2.request more --previous in/line3.request
plan demo-cards-2-batch -2 -e 's/batch-1/batch-2/' \
	-e 's/line3.re/line3-2.re/' >second.yaml
control product-1 'fault pull-before 68 6'
run 4 "$anchorite" rehearse second.yaml --cards --dir r --in in &&
	says out 'product-1' &&
	[ "$(grep -c '"type":"result"' $S/issuance.jsonl)" = $((N + 20)) ]
ok "a card is pulled in a second batch: the other one signs what is left"
insert product-1 &&
	run 0 "$anchorite" rehearse second.yaml --cards --dir r --in in &&
	uses_agree && audited && [ -s r/out/line3-2.response ]
ok "put in again, the ceremony goes on, and nothing is signed twice"

pull product-1
on_cards 4 demo-cards-3-crl -1 && says err 'product-1'
ok "without the card there is no CRL"
insert product-1 &&
	run 0 "$anchorite" rehearse demo-cards-3-crl.yaml --cards --dir r --in in &&
	uses_agree && audited
ok "with it there is"
stop_cards
echo "1..$n"
