#!/bin/sh
# The PIN pad of a reader, through the whole program and OpenSC, on virtual
# cards in process: the PIN of an operator's card is typed there, that of a CA's
# token is not, and what is chosen is typed at the keyboard.
# shellcheck disable=SC1091,SC2154 # what lib.sh says
set -u
BUILD=${BUILD:?}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
repo=$here/../..
. "$repo/tests/ceremony/custodian/lib.sh"
# shellcheck source-path=SCRIPTDIR source=standin.sh
. "$here/standin.sh"
standin_readers 5
so=0123456789ABCDEF

# card STATUS VERB LABEL [OPTION] [-- PROMPT ANSWER...]
card() {
	want=$1 verb=$2 label=$3 option=
	shift 3
	[ "${1:---}" = -- ] || { option=$1 && shift; }
	[ $# = 0 ] || shift
	rm -f out
	# shellcheck disable=SC2086 # none is none
	expect "$repo/tests/ceremony/custodian/card.exp" out "$@" -- \
		"$anchorite" card "$verb" "$label" --module opensc $option >err 2>&1
	got=$?
	[ $got = "$want" ] || {
		echo "status $got, not $want" >>err
		return 1
	}
}
sees() { # TEXT
	tr -d '\r' <out | grep -qF -e "$1"
}

# ---- cards outside a ceremony --------------------------------------------------
control 1 'reader-pad 111111'
expect "$repo/tests/ceremony/custodian/card.exp" made 'SO PIN of card pad-1' $so \
	'once more: ' $so 'characters: ' 648219 'once more: ' 648219 -- \
	"$anchorite" card personalise pad-1 --module opensc --operator ann \
	--log pad.example/cards >out 2>&1 &&
	grep -q 'A new PIN is typed here, also where the reader has a PIN pad' made &&
	grep -q 'pad-1: card of ann' made
ok "a card is made in a reader with a PIN pad: its PIN is chosen at the keyboard"
"$anchorite" card list opensc --json | jq -e '.[0].pin_pad' >out &&
	run 0 "$anchorite" card list opensc && grep -q '^pad-1 .*PIN pad' out
ok "card list tells of the pad"
control 1 'reader-pad 648219'
card 0 verify pad-1 && sees 'Type the PIN of card pad-1 at the reader.' &&
	sees 'sign has signed' && ! sees 'PIN of card pad-1: '
ok "the PIN is typed at the reader"
control 1 'reader-pad cancel'
card 4 verify pad-1 && sees 'pad-1: no PIN was typed at the reader' && sees 'no try was used'
ok "cancelled at the reader"
control 1 'reader-pad late'
card 4 verify pad-1 && sees 'pad-1: no PIN was typed at the reader'
ok "nobody types in time"
control 1 'reader-pad 111111'
card 4 verify pad-1 &&
	sees 'pad-1: the PIN typed at the reader is wrong; few tries are left'
ok "a wrong PIN at the reader, and how many tries are left"
control 1 'reader-pad none'
card 4 verify pad-1 && sees 'pad-1: the PIN pad of its reader failed' &&
	sees 'with --no-pinpad PINs are typed at the keyboard'
ok "a reader announces a pad that it does not have: what to do"
card 0 verify pad-1 --no-pinpad -- 'PIN of card pad-1: ' 648219 &&
	sees 'sign has signed'
ok "--no-pinpad: the PIN is typed at the keyboard"
control 1 'reader-pad 111111'
card 0 pin pad-1 -- 'PIN of card pad-1: ' 648219 'characters: ' 771133 \
	'once more: ' 771133 && sees 'its PIN is changed' &&
	sees 'A new PIN is typed here' && control 1 'reader-pad 771133' && card 0 verify pad-1
ok "a PIN is changed at the keyboard"
card 0 wipe pad-1 -- 'Type its label to go on: ' pad-1 && sees 'nothing is left'
ok "a card is wiped with the PIN typed at the reader"
run 2 "$anchorite" card verify pad-1 --no-pinpad=yes
ok "the option takes no value"

# ---- in a ceremony -------------------------------------------------------------
plan() { # NAME STEPS
	cat >"$1.yaml" <<-END
		plan: 1
		log: pad.example/cards
		ceremony: $1
		date: 2026-12-1${#1}T09:00:00Z
		roles:
		  - {role: witness, name: Tom Reed}
		tokens:
		  - {label: op-ann, module: opensc, owner: ann}
		  - {label: op-ben, module: opensc, owner: ben}
		  - {label: op-eva, module: opensc, owner: eva}
		  - {label: root-1, module: opensc}
		steps:
	END
	printf '%s\n' "$2" >>"$1.yaml"
}
# people STATUS PLAN [OPTION...]: see people.exp; OPTIONS of the command
options=
people() {
	want=$1 plan=$2
	shift 2
	words=$("$anchorite" plan check "$plan.yaml" | sed -n "s/^words: //p")
	rm -f out
	# shellcheck disable=SC2086 # options are words
	expect "$repo/tests/ceremony/custodian/people.exp" log=out paper=paper \
		cards=yes "words=$words" "$@" -- "$anchorite" rehearse "$plan.yaml" \
		--dir r --by-hand --cards $options >err 2>&1
	got=$?
	[ $got = "$want" ] || {
		echo "status $got, not $want" >>err
		return 1
	}
}
audited() {
	run 0 "$audit" verify r/state || [ "$got" = 3 ]
}
standin_readers 4
# the CA's reader has a pad at which nobody could type its PIN
control 4 'reader-pad 111111'
plan a "  - quorum:
      threshold: 2
      operators:
        - {id: ann, name: Ann Moor, token: op-ann}
        - {id: ben, name: Ben Lang, token: op-ben}
        - {id: eva, name: Eva Marr, token: op-eva}
      so: {threshold: 2, custodians: [Nora, Otto]}
  - root:
      subject: CN=Pad Root
      key: p256
      years: 5
      crl-days: 90
      tokens: [root-1]
      single-copy: accepted
      reason: a test"
people 0 a && sees 'a new PIN is typed here, also where the reader has a PIN pad' && audited
ok "a genesis; the reader of the CA's token has a pad"
for i in 1 2 3; do control $i; done
crl() { # NAME
	plan "$1" "  - crl: {token: root-1, out: $1.crl, crl-days: 90}"
}
crl bb
control 1 'reader-pad pin-of-ann' && control 2 'reader-pad pin-of-ben' && people 0 bb &&
	sees 'ann: type the PIN of card op-ann at the reader' &&
	sees 'ben: type the PIN of card op-ben at the reader' && ! sees 'PIN of card op-ann: ' &&
	! sees 'PIN of card root-1' && sees 'ann approved crl' && audited
ok "operators type at their readers, and the CA's token takes its PIN"
grep -l 'enable_pinpad = true' r/state/objects/* >on
grep -l 'enable_pinpad = false' r/state/objects/* >off
[ "$(wc -l <on)" -ge 3 ] && [ -s off ] &&
	jq -r 'select(.type == "module").body.conf' r/state/transcript.jsonl | sort -u >confs &&
	sed 's|.*/||' on off | sort -u | cmp - confs
ok "the record has OpenSC's configuration, with a pad and without"
crl ccc
control 1 'reader-pad cancel'
people 0 ccc && sees 'op-ann: no PIN was typed at the reader: it was cancelled there' &&
	sees 'ann: card op-ann is out of this round: PIN not known' &&
	sees 'eva approved crl' && audited
ok "cancelled at the pad each time: others go on"
crl dddd
control 1 'reader-pad 000000'
people 0 dddd && sees 'op-ann: the PIN typed at the reader is wrong; few tries are left' &&
	sees 'op-ann: the PIN typed at the reader is wrong; one try is left' &&
	sees 'ann: one try is left on card op-ann, a wrong PIN locks it for good.' &&
	sees 'eva approved crl' && audited
ok "wrong PINs at the pad are counted; before the last try it is asked"
crl eeeee
control 1 'reader-pad none'
people 4 eeeee try=y && sees 'op-ann: the PIN pad of its reader failed' &&
	sees 'with --no-pinpad'
ok "a pad that is none stops"
options=--no-pinpad
people 0 eeeee try=y && sees 'ann approved crl' && audited
ok "--no-pinpad goes on with the same plan"
crl ffffff
people 130 ffffff stop=pin && grep -q 'resume.*--no-pinpad' out
ok "the command that goes on says it again"
echo "1..$n"
