#!/bin/sh
# anchorite run on virtual cards, as people do: a terminal, cards in their
# readers, PINs that their owners chose, words of S on paper.
set -u
BUILD=${BUILD:?}
repo=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=cards.sh
. "$repo/tests/card/cards.sh"
cards_enter "$@" || {
	echo "ok 1 - anchorite run on cards # SKIP $why"
	echo 1..1
	exit 0
}
# shellcheck source-path=SCRIPTDIR/../ceremony/custodian source=lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
trap 'stop_cards; rm -rf "$dir"' EXIT

# held STATUS PLAN WORD=VALUE...: the ceremony ends so; ./shown is the terminal
held() {
	want=$1 plan=$2
	shift 2
	words=$("$anchorite" plan check "$plan" | sed -n 's/^words: //p')
	run "$want" expect "$repo/tests/ceremony/custodian/people.exp" \
		cards=yes log=shown paper=paper "words=$words" "$@" -- \
		"$anchorite" run "$plan" --state state --in in --out outbox
	good=$?
	cp shown err
	return $good
}

# audited: the record is in order, and each key was used as often as it says
audited() {
	run 0 "$anchorite" status --state state --json &&
		run 0 "$audit" verify state --anchor "$(jq -r .anchor out)" &&
		uses_made >made && uses_told state >told &&
		diff -u told made >out 2>err
}

hands="sh $repo/tests/card/hands.sh"
export BUILD ANCHORITE_CARDS
for i in 1 2 3 4 5 6 7 8; do
	echo "serial RUN0000000$i" >"$cards/card$i.control"
done
start_cards 8
ok "blank cards"
mkdir in outbox && run 0 "$factory" station-key --factory 'Example Works' \
	--line 3 --key line3.key --out in/line3.station &&
	plan demo-cards-1-genesis -20 | sed '
		s/label: op-alice,/& serial: RUN00000003,/
		s/label: op-bert,/& serial: RUN00000008,/
		s/label: root-1,/& serial: RUN00000001,/' >genesis.yaml &&
	plan demo-cards-2-batch -10 >batch.yaml
ok "a station and plans"
held 130 genesis.yaml stop=choose && says shown 'run the same plan again'
ok "Ctrl-C at the choice of a PIN"
pull 3 && held 0 genesis.yaml "hook=put in card alice=$hands insert 3" &&
	[ -s outbox/line3.order ]
ok "genesis, to the end; a blank card is waited for"
[ "$(serial_of op-alice) $(serial_of op-bert) $(serial_of root-1)" = \
	'RUN00000003 RUN00000008 RUN00000001' ]
ok "each card is the one that the plan names, and none became another token before"
audited
ok "it is in order, and the cards' counters agree"

run 0 "$devices" make units 3 && run 0 "$factory" request \
	--order outbox/line3.order --key line3.key --out in/line3.request units
ok "a request"
held 0 batch.yaml wrong=pin && says shown '3 certificates signed' &&
	[ -s outbox/line3.response ]
ok "a wrong PIN, the right one, and the batch"
audited
ok "it is in order, and the cards' counters agree"
# ---- cards of a log that is no rehearsal's ------------------------------------
mkdir kept && cp -a state kept && cat "$cards"/card[1-8] >before
run 1 expect "$repo/tests/ceremony/custodian/card.exp" shown -- \
	"$anchorite" rehearse --wipe-cards --dir kept &&
	tr -d '\r' <shown >err &&
	says err "is no rehearsal's: its cards are left as they are" &&
	cat "$cards"/card[1-8] | cmp before - >>err
ok "no card of this log is made blank as if it were a rehearsal's"
stop_cards
echo "1..$n"
