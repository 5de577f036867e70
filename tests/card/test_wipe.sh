#!/bin/sh
# Cards made blank again, and cards that another has taken the place of, on
# virtual cards in process: card wipe --so, rehearse --wipe-cards, and card
# verify, pin and wipe when the card is swapped.
# shellcheck disable=SC1091,SC2154 # what lib.sh says
set -u
BUILD=${BUILD:?}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
repo=$here/../..
. "$repo/tests/ceremony/custodian/lib.sh"
# shellcheck source-path=SCRIPTDIR source=standin.sh
. "$here/standin.sh"
so=0123456789ABCDEF

# at STATUS [PROMPT ANSWER]... -- COMMAND...: at a terminal
at() {
	want=$1
	shift
	rm -f out
	expect "$repo/tests/ceremony/custodian/card.exp" out "$@" >err 2>&1
	got=$?
	[ $got = "$want" ] || {
		echo "status $got, not $want" >>err
		return 1
	}
}
sees() { # TEXT
	tr -d '\r' <out | grep -qF -e "$1"
}
list() { # EXPRESSION
	"$anchorite" card list opensc --json | jq -e "$1" >jq.out
}
make_card() { # LABEL STATUS
	at "${2:-0}" 'SO PIN of card' $so 'once more: ' $so 'characters: ' 648219 \
		'once more: ' 648219 -- "$anchorite" card personalise "$1" \
		--module opensc --operator ann --log wipe.example/cards
}

# others of the same labels, each with a serial of its own
standin_readers 2
make_card one && mv "$cards/card1" other-one && make_card op-ann && mv "$cards/card1" other-ann
[ -s other-one ] && [ -s other-ann ]
ok "two cards for later"

# ---- with its SO PIN -----------------------------------------------------------
standin_readers 2
make_card one
ok "a card is made"
at 4 'SO PIN of card' $so 'once more: ' $so 'characters: ' 648219 'once more: ' 648219 -- \
	"$anchorite" card personalise one --module opensc --operator ann \
	--log wipe.example/cards &&
	sees 'one: a token of that label is already initialised' &&
	sees 'make it blank with its SO PIN: "anchorite card wipe one --so --module opensc"'
ok "made once more it is refused, and what to do is said"
at 4 'Type its label to go on: ' one 'Present SO PIN of card one' FEDCBA9876543210 -- \
	"$anchorite" card wipe one --so --module opensc && sees 'one: the PIN is wrong' &&
	list '.[] | select(.label == "one") | .so_count_low | not'
ok "another SO PIN is wrong"
at 130 'Type its label to go on: ' two -- "$anchorite" card wipe one --so --module opensc &&
	sees 'nothing was changed'
ok "its label is typed back"
at 0 'Type its label to go on: ' one 'Present SO PIN of card one' $so -- \
	"$anchorite" card wipe one --so --module opensc && sees 'one: blank again, serial ' &&
	list 'map(.holds) == ["blank", "blank"]'
ok "with its SO PIN it is blank"
make_card one && list 'map(select(.label == "one")) | length == 1'
ok "and the label can be made again"
run 2 "$anchorite" card verify one --so && run 2 "$anchorite" card init one --so
ok "nothing else takes --so"

# ---- another card in its place ---------------------------------------------------
# the label was made again on the other card, one that was never used
swap="!mv $dir/swap $cards/card2.control"
swap_next() {
	echo "fault swap * 0 $dir/other-one" >swap
}
swap_next
at 4 'PIN of card one: ' "$swap" '' 648219 -- "$anchorite" card verify one --module opensc &&
	sees 'the token was removed' && ! sees 'PIN accepted'
ok "verify: a card that is swapped before its PIN is not tried"
control 2
swap_next
at 4 'PIN of card one: ' 648219 'characters: ' "$swap" '' 771133 'once more: ' 771133 -- \
	"$anchorite" card pin one --module opensc && sees 'the token was removed' &&
	! sees 'its PIN is changed'
ok "pin: nor is its PIN changed"
control 2
at 0 'PIN of card one: ' 648219 -- "$anchorite" card verify one --module opensc
ok "the true one has its PIN still"
swap_next
at 4 'Type its label to go on: ' "$swap" '' one -- "$anchorite" card wipe one --module opensc &&
	sees 'one: no such token is present'
ok "wipe: another with the same label is told by its serial"
control 2
swap_next
at 4 'Type its label to go on: ' "$swap" '' one 'Present SO PIN' $so -- \
	"$anchorite" card wipe one --so --module opensc && sees 'one: no such token is present'
ok "and so it is with the SO PIN"
control 2
list 'map(select(.label == "one")) | length == 1'
ok "both are as they were"

# ---- cards of a rehearsal ----------------------------------------------------------
cat >a.yaml <<'END'
plan: 1
log: wipe.example/cards
ceremony: a
date: 2026-12-11T09:00:00Z
roles:
  - {role: witness, name: Tom Reed}
tokens:
  - {label: op-ann, module: opensc, owner: ann}
  - {label: op-ben, module: opensc, owner: ben}
  - {label: root-1, module: opensc}
steps:
  - quorum:
      threshold: 2
      operators:
        - {id: ann, name: Ann Moor, token: op-ann}
        - {id: ben, name: Ben Lang, token: op-ben}
      so: {threshold: 2, custodians: [Nora, Otto]}
  - root:
      subject: CN=Wipe Root
      key: p256
      years: 5
      crl-days: 90
      tokens: [root-1]
      single-copy: accepted
      reason: a test
END
standin_readers 3
run 0 "$anchorite" rehearse a.yaml --dir r --cards && list 'map(.holds) | index("blank") == null'
ok "a rehearsal on cards"
run 5 setsid -w "$anchorite" rehearse --wipe-cards --dir r && says err 'no terminal'
ok "they are wiped at a terminal only"
run 2 "$anchorite" rehearse --wipe-cards && run 2 "$anchorite" rehearse a.yaml --wipe-cards --dir r &&
	run 5 "$anchorite" rehearse --wipe-cards --dir nowhere && [ ! -e nowhere ]
ok "of a scratch folder that is there"
at 130 'op-ann: all that is on it will be destroyed. Type its label to go on: ' op-ben -- \
	"$anchorite" rehearse --wipe-cards --dir r && list 'map(.holds) | index("blank") == null'
ok "each label is typed back"
# a card of another rehearsal with the same label, and one that is not here
control 1 "fault swap * 0 $dir/other-ann"
control 2 'fault pull-before * 0'
at 0 'root-1: all that is on it will be destroyed. Type its label to go on: ' root-1 -- \
	"$anchorite" rehearse --wipe-cards --dir r &&
	sees 'op-ann: the card in Virtual Reader 00 has serial' && sees ': left as it is' && sees 'op-ben: in no reader that could be asked' &&
	sees 'root-1: blank again' && sees '1 cards were made blank'
ok "another card of the label is left alone, and one that is not here"
control 1
control 2
at 0 'op-ann: all that' op-ann 'op-ben: all that' op-ben -- \
	"$anchorite" rehearse --wipe-cards --dir r && sees '2 cards were made blank' &&
	sees 'root-1: in no reader' && list 'map(.holds) == ["blank", "blank", "blank"]'
ok "the others, later: all are blank"
run 0 "$anchorite" rehearse a.yaml --dir r2 --cards
ok "another rehearsal takes them"
cp -r r2 r3 && cp r/REHEARSAL-WORDS-OF-S r3/ &&
	at 1 'op-ann: all that' op-ann -- "$anchorite" rehearse --wipe-cards --dir r3 &&
	sees 'they are of another secret' && list 'map(.holds) | index("blank") == null'
ok "words of another rehearsal are of no use, and cost no try"
# a log that is none of a rehearsal
cp -r r2 r4 && sed -i 's|rehearsal/wipe|rehearsed/wipe|g' r4/state/transcript.jsonl
at 5 -- "$anchorite" rehearse --wipe-cards --dir r4 && list 'map(.holds) | index("blank") == null'
ok "a transcript that was changed is none"
# ---- a rehearsal holds to the serials of its plan ------------------------------------
serial() { # NUMBER: of the card in that reader
	"$anchorite" card list opensc --json | jq -r ".[$(($1 - 1))].serial"
}
rm -rf r5 && standin_readers 4 && make_card one
sed "s/label: root-1, module: opensc/&, serial: $(serial 1)/" a.yaml >named.yaml
grep -q 'serial: [A-Z0-9]' named.yaml && run 4 "$anchorite" rehearse named.yaml --dir r5 --cards &&
	says err "root-1: " && list 'map(.label) | index("root-1") == null'
ok "no other card is taken for one that the plan names and that is in use"
standin_readers 3
sed "s/label: root-1, module: opensc/&, serial: $(serial 1)/" a.yaml >named.yaml
run 0 "$anchorite" rehearse named.yaml --dir r6 --cards &&
	list 'map(.label) == ["root-1", "op-ann", "op-ben"]' && run 3 "$audit" verify r6/state
ok "the card that it names is taken for it, and for no other token"
run 0 "$anchorite" rehearse named.yaml --dir r7 && run 3 "$audit" verify r7/state
ok "on soft tokens there are no such serials"
echo "1..$n"
