#!/bin/sh
# An operator's card is retired, on cards; see faults.sh.  Carol left the quorum:
# in the base "kept" product-1 is still keyed for the one that had her, in "free"
# no token is.  The cards are those of alice, bert, carol, the root, the product
# CA and dora; the last is blank.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)
CARDS=7
# shellcheck source-path=SCRIPTDIR source=faults.sh
. "$repo/tests/card/faults.sh"

# "done" has had the plan in full, and it is not begun again
rows() {
	grep -v '^#' <<'END'
# refused, with nothing written and no card used
free|alice|op-alice|do note|1|op-alice: it stays: its owner is an operator|same|
kept|carol|op-carol|do note|1|op-carol: it stays: token product-1 is keyed for a quorum that has it|same|
free|owner|op-carol|do note|3|op-carol: is the card of carol in this log, the plan says dora|same|
free|nobody|op-carol|do note|3|op-emil: no card of this label was enrolled in this log|same|
free|product|op-carol|do note|3|token product-1 has no owner|same|
# done, at once; and once
free|carol|op-carol||0|op-carol is empty: carol can keep it or throw it away|once|
# the card is not here, or another is
free|carol|op-carol|fault pull-before * 0|4|op-carol: it is retired with the PIN of carol|done|
free|carol|op-carol|fault atr * 0 3B00|4|op-carol: it is retired with the PIN of carol|done|
free|carol|op-carol|fault swap * 0 CARDS/other.op-carol|4|op-carol: it is retired with the PIN of carol|done|
# its PIN
free|carol|op-carol|fault pull-before 20 2|4|op-carol: it is retired with the PIN of carol|done|
free|carol|op-carol|fault status 20 8 63C2|0|op-carol: the PIN is wrong; tries are left|once|
free|carol|op-carol|fault lock 20 2|4|op-carol: it is retired with the PIN of carol|locked|
# its last answer
free|carol|op-carol|fault pull-before 68 1|4|op-carol: @|done|
free|carol|op-carol|fault pull-during 68 1|4|op-carol: @|done|op-carol 01 1
free|carol|op-carol|fault pull-after 68 1|4|op-carol: @|done|
free|carol|op-carol|fault status 68 1 6F00|4|op-carol: the PKCS#11 module reports an error|done|
free|carol|op-carol|fault short 68 1 10|4|op-carol: the PKCS#11 module reports an error|done|op-carol 01 1
# its objects go
free|carol|op-carol|fault pull-before E4 1|4|op-carol: @|done|
free|carol|op-carol|fault pull-during E4 1|4|op-carol: @|done|
free|carol|op-carol|fault pull-during E4 2|4|op-carol: @|done|
free|carol|op-carol|fault pull-during E4 4|4|op-carol: @|done|
free|carol|op-carol|fault status E4 1 6982|0|op-carol is empty|once|
free|carol|op-carol|fault status E4 3 6F00|0|op-carol is empty|once|
free|carol|op-carol|do stuck|4|op-carol: the PKCS#11 module reports an error|done|
END
}

# ---- bases -------------------------------------------------------------------
plan_of() { # PLAN
	file=$dir/$1.yaml
}

# ceremony NAME DAY STEPS: NAME.yaml, with everybody's card
ceremony() {
	{
		sed -n '/^date:/q; p' "$repo/tests/crash/genesis.yaml" |
			sed "s/^ceremony: .*/ceremony: $1/"
		cat <<-END
			date: 2026-12-${2}T09:00:00Z
			roles:
			  - {role: witness, name: Tom Reed}
			tokens:
			  - {label: op-alice, module: softhsm, owner: alice}
			  - {label: op-bert, module: softhsm, owner: bert}
			  - {label: op-dora, module: softhsm, owner: dora}
			  - {label: op-carol, module: softhsm, owner: carol}
			  - {label: root-1, module: softhsm}
			  - {label: product-1, module: softhsm}
			steps:
			$3
		END
	} >"$1.yaml"
}
retire() { # NAME DAY LABEL
	ceremony "$1" "$2" "  - retire: {token: $3, reason: a test}"
}

plans() {
	cp "$repo/tests/crash/genesis.yaml" genesis.yaml
	ceremony change 10 '  - quorum-change:
      threshold: 2
      operators:
        - {id: alice, name: Alice Moor, token: op-alice}
        - {id: bert, name: Bert Lang, token: op-bert}
        - {id: dora, name: Dora Beck, token: op-dora, card: new}
      reason: carol left
      tokens: [root-1]'
	ceremony crl 11 '  - crl: {token: product-1, out: a.crl, crl-days: 60}'
	retire alice 12 op-alice
	retire carol 12 op-carol
	retire again 13 op-carol
	retire product 12 product-1
	retire owner 12 op-carol
	sed -i 's/owner: carol/owner: eve/; s/owner: dora/owner: carol/
		s/owner: eve/owner: dora/' owner.yaml
	retire nobody 12 op-emil
	sed -i 's/op-carol, module/op-emil, module/' nobody.yaml
}

bases() {
	mkdir in r && "$factory" station-key --factory Works --line 3 --key line3.key \
		--out in/line3.station && plans && keep blank &&
		on_cards genesis && on_cards change && keep kept &&
		on_cards crl && keep free && other op-carol
}

note() { # what there is before the plan
	wc -l <$S/transcript.jsonl >lines && uses_made >before
}
undo_note() { :; }
# nothing can be deleted
stuck() {
	for at in $(seq 16); do echo "fault status E4 $at 6982"; done >>faults
}
undo_stuck() { :; }
# nothing was written, no key was used, and nothing is written by another try
again_same() { # PLAN
	on_cards "$1"
	[ "$(wc -l <$S/transcript.jsonl)" = "$(cat lines)" ] && uses_made >made &&
		diff -u before made >out 2>err
}
again_done() { # PLAN
	on_cards "$1" && says out 'op-carol is empty: carol can keep it or throw it away'
}
# it is not retired twice, and nothing else is
again_once() {
	on_cards again
	ended 1 'op-carol: was retired before' $? && "$anchorite" card list opensc >out 2>err &&
		grep -q '^op-carol .* empty ' out && grep -q '^op-dora .* sign,derive ' out
}
# it stays as it is, and its plan is given up
again_locked() { # PLAN
	on_cards "$1"
	ended 4 'op-carol: it is retired with the PIN of carol' $? &&
		on_cards "$1" --abandon 'its PIN is locked'
}

# the card is empty where the log says that it was retired
settled() { # PLAN
	left=$(grep -c '^key ' "$(card_of op-carol)")
	if jq -e -s 'any(.type == "retire")' $S/transcript.jsonl; then
		[ "$left" = 0 ] && "$audit" verify $S >said
		grep -q '1 cards of operators retired' said
	else
		[ "$left" = 2 ]
	fi
}

faults "$@"
