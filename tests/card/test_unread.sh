#!/bin/sh
# Cards that cannot be asked: taken by another process, mute, out of form, of a
# kind that nobody knows, hanging.  They are listed, a card that is wanted may be
# one of them, and none of them holds up the others, or Ctrl-C.
# shellcheck disable=SC1091,SC2154 # what lib.sh says
set -u
BUILD=${BUILD:?}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
repo=$here/../..
. "$repo/tests/ceremony/custodian/lib.sh"
# shellcheck source-path=SCRIPTDIR source=standin.sh
. "$here/standin.sh"
standin_readers 6
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

at 0 'SO PIN of card one' $so 'once more: ' $so 'characters: ' 648219 \
	'once more: ' 648219 -- "$anchorite" card init one --module opensc
ok "one card has a label"
list 'length == 6 and all(.[]; .state == "ready")'
ok "all six are asked"

# ---- the list ------------------------------------------------------------------
control 2 'reader-says taken'
control 3 'reader-says mute'
control 4 'fault short B1 1 3'
control 5 'fault atr * 0 3B00' 'applet none'
list '[.[].state] | sort == ["foreign", "mute", "out-of-form", "ready", "ready", "taken"]'
ok "each of them has a row"
list 'map({key: .reader, value: .state}) | from_entries ==
	{"Virtual Reader 00": "ready", "Virtual Reader 01": "taken",
	 "Virtual Reader 02": "mute", "Virtual Reader 03": "ready",
	 "Virtual Reader 04": "foreign", "Virtual Reader 05": "ready"}'
ok "with its reader; what was out of form once is in order again"
list '.[] | select(.state == "taken") | .label == "" and .serial == "" and
	.holds == "unknown" and .initialised == false'
ok "nothing is said of what is on it"
control 4 '# again' 'fault short B1 1 3'
run 0 "$anchorite" card list opensc &&
	grep -A 1 'another process has it: end that, and list again' out |
	grep -q 'in Virtual Reader 01' &&
	grep -A 1 'mute: is it the wrong way round, or dead?' out | grep -q 'Reader 02' &&
	grep -A 1 'what it answers is out of form' out | grep -q 'Reader 03' &&
	grep -A 1 'no SmartCard-HSM, and OpenSC does not know it' out | grep -q 'Reader 04' &&
	grep -q '^one ' out
ok "in words, each with what to do"
control 4
control 5

# ---- a card that is wanted -------------------------------------------------------
control 1 'reader-says taken'
control 2
control 3
at 4 -- "$anchorite" card verify one --module opensc &&
	sees 'one: not in a reader that could be asked; another process has the card in Virtual Reader 00: end the program that has it' &&
	! sees 'no such token'
ok "it may be the one that another process has"
at 4 -- "$anchorite" card wipe one --module opensc &&
	sees 'one: in no reader that could be asked; the card in Virtual Reader 00: another process has it: end that'
ok "wiping says so, too"
control 1 'reader-says mute'
at 4 -- "$anchorite" card verify one --module opensc &&
	sees 'one: not in a reader that could be asked; mute, the wrong way round or dead, is the card in Virtual Reader 00: take it out'
ok "or the one that is mute"
control 1
control 2 'reader-says taken'
at 4 -- "$anchorite" card verify two --module opensc && sees 'the card in Virtual Reader 01'
ok "a card that is nowhere may be it"
control 2
at 4 -- "$anchorite" card verify two --module opensc && sees 'two: no such token is present'
ok "when all were asked, it is not there"

# ---- one that hangs --------------------------------------------------------------
control 2 'fault hang * 0'
list 'map(.state) | sort == ["hangs", "ready", "ready", "ready", "ready", "ready"]'
ok "a card that hangs holds up no other, and is listed"
at 130 'PIN of card one: ' ^C -- "$anchorite" card verify one --module opensc
ok "another is found beside it"
at 4 -- "$anchorite" card verify two --module opensc &&
	sees 'two: not in a reader that could be asked; no answer comes from the card in Virtual Reader 01: take it out, and put it in again'
ok "it may be the one that is wanted: its reader is named"
# once the card has begun to hang, which its count of commands shows
interrupt() { # ARGUMENT...: anchorite, and Ctrl-C then
	rm -f "$cards/card2.seen"
	expect -c "
		log_file -noappend -a out
		spawn -noecho $anchorite $*
		for {set i 0} {\$i < 3000 && ![file exists $cards/card2.seen]} {incr i} { after 10 }
		send \"\\003\"
		expect eof
		lassign [wait] pid id failed status
		exit \$status" >err 2>&1
}
rm -f out
interrupt card list opensc
[ $? = 130 ] && sees 'stopped while a card or its reader was waited for' &&
	! sees 'it does not answer'
ok "Ctrl-C does not wait for it"
rm -f out
interrupt card verify two --module opensc
[ $? = 130 ] && sees 'stopped while a card' && ! sees 'no answer comes'
ok "nor when a card is looked for"
control 2

# ---- in a ceremony ---------------------------------------------------------------
cat >a.yaml <<'END'
plan: 1
log: unread.example/cards
ceremony: a
date: 2026-12-11T09:00:00Z
roles:
  - {role: witness, name: Tom Reed}
tokens:
  - {label: op-ann, module: opensc, owner: ann}
  - {label: op-ben, module: opensc, owner: ben}
  - {label: op-eva, module: opensc, owner: eva}
  - {label: root-1, module: opensc}
steps:
  - quorum:
      threshold: 2
      operators:
        - {id: ann, name: Ann Moor, token: op-ann}
        - {id: ben, name: Ben Lang, token: op-ben}
        - {id: eva, name: Eva Marr, token: op-eva}
      so: {threshold: 2, custodians: [Nora, Otto]}
  - root:
      subject: CN=Unread Root
      key: p256
      years: 5
      crl-days: 90
      tokens: [root-1]
      single-copy: accepted
      reason: a test
END
sed -e '/^steps/q' -e 's/^ceremony: a/ceremony: b/' -e 's/12-11/12-12/' a.yaml >b.yaml
echo '  - crl: {token: root-1, out: b.crl, crl-days: 90}' >>b.yaml
standin_readers 5
run 0 "$anchorite" rehearse a.yaml --dir r --cards
ok "a genesis on cards"
control 1 'fault hang * 0'
run 0 "$anchorite" rehearse b.yaml --dir r --cards &&
	says out 'op-ann: not in a reader that could be asked; no answer comes from the card in Virtual Reader 00' &&
	says out 'ann: card op-ann is not here' && says out 'eva approved crl'
ok "an operator's card that hangs: its reader is named, and others go on"
control 1
run 3 "$audit" verify r/state || [ "$got" = 0 ]
ok "the record is in order"
sed -e 's/^ceremony: b/ceremony: c/' -e 's/12-12/12-13/' -e 's/b\.crl/c.crl/' b.yaml >c.yaml
control 4 'reader-says taken'
run 4 "$anchorite" rehearse c.yaml --dir r --cards &&
	says err 'root-1: not in a reader that could be asked; another process has the card in Virtual Reader 03: end the program'
ok "a CA's token that another process has stops, and says so"
control 4
run 0 "$anchorite" rehearse c.yaml --dir r --cards
ok "and the same plan goes on"
sed -e 's/^ceremony: c/ceremony: d/' -e 's/12-13/12-14/' -e 's/c\.crl/d.crl/' c.yaml >d.yaml
words=$("$anchorite" plan check d.yaml | sed -n "s/^words: //p")
control 5 'fault hang * 0'
control 1 'fault pull-before * 0'
at 130 'hex digits):' "$words" \
	'Virtual Reader 04: the card hangs: take it out, and put it in again' s \
	'PIN of card op-ben: ' ^C -- \
	"$anchorite" rehearse d.yaml --dir r --by-hand --cards
ok "who waits for a card sees the one that hangs"
echo "1..$n"
