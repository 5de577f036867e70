#!/bin/sh
# A CA's card is destroyed, and what goes wrong with it; see faults.sh.  The cards
# are those of alice, bert, carol, the root, the product CA and dora; the last is
# blank.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)
CARDS=7
# shellcheck source-path=SCRIPTDIR source=faults.sh
. "$repo/tests/card/faults.sh"

# "done" has had the plan in full; "later" gave it up, and after the quorum has
# changed another plan ends what was begun.  INS: 20 PIN, 68 sign, D7 write, E4
# delete; of E4 the first takes the card's memory of the record.
rows() {
	grep -v '^#' <<'END'
# refused, with nothing written and no card used
ready|bare|product-1|do note|1|product-1: no other token of this log holds the key of its CA|same|
# done, at once; and once
ready|destroy|product-1||0|product-1 is empty: its keys are gone|once|
# the card is not here, or another is
ready|destroy|product-1|fault pull-before * 0|4|product-1: no such token is present|done|
ready|destroy|product-1|fault atr * 0 3B00|4|product-1: |done|
ready|destroy|product-1|fault swap * 0 CARDS/other.product-1|4|product-1: |done|
# before its last answer: PIN, challenge, head
ready|destroy|product-1|fault pull-before 20 1|4|product-1: no such token is present|done|
ready|destroy|product-1|fault pull-before 68 1|4|product-1: @|done|product-1 01 -1
ready|destroy|product-1|fault pull-during 68 1|4|product-1: @|done|
ready|destroy|product-1|fault pull-during D7 1|4|product-1: @|done|
# its last answer: what is not on the disk was not said
ready|destroy|product-1|fault pull-before 68 2|4|product-1: @|done|
ready|destroy|product-1|fault pull-during 68 2|4|product-1: @|done|product-1 01 1
ready|destroy|product-1|fault status 68 2 6F00|1|product-1: PIN accepted, but the key product-ca does not answer|done|
ready|destroy|product-1|fault short 68 2 10|1|product-1: PIN accepted, but the key product-ca does not answer|done|product-1 01 1
# half of what it remembered: a description without its value
ready|destroy|product-1|fault pull-during E4 1|4|product-1: @|done|
# it is on the disk, and all is there
ready|destroy|product-1|fault pull-after 68 2|4|product-1: @|done|
ready|destroy|product-1|fault pull-before E4 3|4|product-1: @|done|
ready|destroy|product-1|fault pull-before E4 3|4|product-1: @|swapped|
ready|destroy|product-1|fault pull-before E4 3|4|product-1: @|later|
ready|destroy|product-1|do stuck|4|product-1: |done|
# its objects go: keys, certificates, what it remembered
ready|destroy|product-1|fault pull-during E4 3|4|product-1: @|done|
ready|destroy|product-1|fault pull-during E4 4|4|product-1: @|done|
ready|destroy|product-1|fault pull-during E4 4|4|product-1: @|swapped|
ready|destroy|product-1|fault pull-during E4 4|4|product-1: @|later|
ready|destroy|product-1|fault pull-during E4 5|4|product-1: @|done|
ready|destroy|product-1|fault pull-during E4 6|4|product-1: @|done|
ready|destroy|product-1|fault pull-during E4 7|4|product-1: @|done|
ready|destroy|product-1|fault pull-during E4 8|4|product-1: @|done|
ready|destroy|product-1|fault pull-during E4 9|4|product-1: @|done|
ready|destroy|product-1|fault pull-during E4 9|4|product-1: @|later|
ready|destroy|product-1|fault pull-during E4 9|4|product-1: @|cut|product-1 01 -1
ready|destroy|product-1|fault pull-during E4 10|4|product-1: @|done|
ready|destroy|product-1|fault pull-during E4 11|4|product-1: @|done|
ready|destroy|product-1|fault pull-during E4 12|4|product-1: @|done|
ready|destroy|product-1|fault status E4 3 6982|0|product-1 is empty: its keys are gone|once|
ready|destroy|product-1|fault status E4 8 6F00|0|product-1 is empty: its keys are gone|once|
# all are gone; that is looked for with the module loaded afresh
ready|destroy|product-1|fault pull-after E4 12|4|product-1: |done|
ready|destroy|product-1|fault pull-after E4 12|4|product-1: |swapped|
ready|destroy|product-1|fault pull-after E4 12|4|product-1: |later|
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
			  - {label: op-carol, module: softhsm, owner: carol}
			  - {label: op-dora, module: softhsm, owner: dora}
			  - {label: root-1, module: softhsm}
			  - {label: product-1, module: softhsm}
			steps:
			$3
		END
	} >"$1.yaml"
}
destroy() { # NAME DAY
	ceremony "$1" "$2" '  - destroy: {token: product-1, reason: a test, last-copy: accepted}'
}

plans() {
	cp "$repo/tests/crash/genesis.yaml" genesis.yaml
	destroy destroy 10
	ceremony change 11 '  - quorum-change:
      threshold: 2
      operators:
        - {id: alice, name: Alice Moor, token: op-alice}
        - {id: bert, name: Bert Lang, token: op-bert}
        - {id: dora, name: Dora Beck, token: op-dora, card: new}
      reason: carol left
      tokens: [root-1]'
	destroy over 12
	destroy again 13
	ceremony bare 10 '  - destroy: {token: product-1, reason: a test}'
	ceremony crl 12 '  - crl: {token: product-1, out: a.crl, crl-days: 60}'
}

bases() {
	mkdir in r && "$factory" station-key --factory Works --line 3 --key line3.key \
		--out in/line3.station && plans && keep blank &&
		on_cards genesis && keep ready && other product-1
}

note() { # what there is before the plan
	wc -l <$S/transcript.jsonl >lines && uses_made >before
}
undo_note() { :; }
# nothing can be deleted
stuck() {
	for at in $(seq 3 18); do echo "fault status E4 $at 6982"; done >>faults
}
undo_stuck() { :; }
# nothing was written, no key was used, and nothing is written by another try
again_same() { # PLAN
	on_cards "$1"
	[ "$(wc -l <$S/transcript.jsonl)" = "$(cat lines)" ] && uses_made >made &&
		diff -u before made >out 2>err
}
again_done() { # PLAN
	on_cards "$1" && says out 'product-1 is empty: its keys are gone'
}
# nothing is destroyed twice, and nothing else is
again_once() {
	on_cards again
	ended 1 'product-1: its keys were destroyed before' $?
}
# another card of that label is not taken for it; then comes the right one
again_swapped() { # PLAN
	it=$(card_of product-1) && reader=${it##*/card} &&
		faulty product-1 'fault swap * 0 CARDS/other.product-1' || return
	on_cards "$1"
	ended 4 'product-1: ' $? && well "$reader" && again_done "$1"
}
# and is cut off once more, while halves are deleted
again_cut() { # PLAN
	faulty product-1 'fault pull-during E4 3' || return
	on_cards "$1"
	ended 4 'product-1: @' $? && well "$number" && again_done "$1"
}
# it is given up, and the quorum changes; the cards it is keyed for end it
again_later() { # PLAN
	on_cards "$1" --abandon 'a test' && on_cards change && on_cards crl
	ended 1 'product-1: its destruction has begun' $? &&
		on_cards crl --abandon 'a test' && on_cards over &&
		says out 'product-1 is empty: its keys are gone'
}

# the card is empty where the log says that its keys were destroyed, and only it
settled() { # PLAN
	[ "$1" != bare ] || return 0
	! grep '^key ' "$(card_of product-1)" &&
		[ "$(grep -c '^key ' "$(card_of root-1)")" = 1 ] &&
		jq -e -s '[.[] | select(.type == "act.result").body
			| select(.objects != null)]
			| length == 1 and .[0].left == 0' $S/transcript.jsonl
}

faults "$@"
