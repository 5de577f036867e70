#!/bin/sh
# anchorite card: cards looked at, made ready, tried and ended at a terminal,
# outside any ceremony.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
so=0123456789ABCDEF other_so=FEDCBA9876543210
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\n' "$dir" \
	>softhsm2.conf
SOFTHSM2_CONF=$dir/softhsm2.conf
export SOFTHSM2_CONF

# at STATUS VERB LABEL [OPTION...] [-- PROMPT ANSWER...]: at a terminal
at() {
	want=$1 verb=$2 label=$3
	shift 3
	options=
	while [ $# -gt 0 ] && [ "$1" != "--" ]; do
		options="$options $1"
		shift
	done
	[ $# -gt 0 ] && shift
	rm -f out err
	# shellcheck disable=SC2086 # options are words
	expect "$repo/tests/ceremony/custodian/card.exp" out "$@" -- \
		"$anchorite" card "$verb" "$label" $options >err 2>&1
	got=$?
	[ $got = "$want" ] || {
		echo "status $got, not $want" >>out
		return 1
	}
}
list() { # EXPRESSION
	"$anchorite" card list --json | jq -e "$1" >jq.out
}

list 'length == 1 and .[0].holds == "blank" and .[0].initialised == false'
ok "at first there is a blank one"
run 2 "$anchorite" card && run 2 "$anchorite" card init &&
	run 2 "$anchorite" card frob x && run 2 "$anchorite" card pin x --ca &&
	run 2 "$anchorite" card personalise x
ok "usage"
run 4 setsid -w "$anchorite" card list /nonexistent.so && says err 'cannot be loaded'
ok "a module that is none"

# ---- init --------------------------------------------------------------------
at 0 init one -- 'New SO PIN of card one' $so 'once more: ' $so \
	'New PIN of card one' 648219 'once more: ' 648219 && says out 'one: ready and empty'
ok "init: PINs typed twice"
list '.[] | select(.label == "one") | .holds == "empty" and .user_pin_set'
ok "it is listed as empty"
at 130 init two -- '16 hexadecimal digits: ' $so 'once more: ' $other_so \
	'16 hexadecimal digits: ' short '16 hexadecimal digits: ' ^C &&
	says out 'The two differ' && says out 'A PIN has 16 to 16' && list 'length == 2'
ok "two that differ are none"
at 3 init two -- 'New SO PIN of card two' 0123456789abcdeg \
	'once more: ' 0123456789abcdeg && says out 'an SO PIN is 16 hexadecimal digits'
ok "an SO PIN has a form"
at 130 init one -- 'Type its label to go on: ' two && says out 'nothing was changed'
ok "one that is there is emptied only when its label is typed"
at 4 init one -- 'Type its label to go on: ' one 'Present SO PIN of card one' \
	$other_so 'New PIN of card one' 112233 'once more: ' 112233 && says out 'the PIN is wrong'
ok "and with its present SO PIN"
at 0 init one -- 'Type its label to go on: ' one 'Present SO PIN of card one' \
	$so 'New PIN of card one' 112233 'once more: ' 112233
ok "then it is"

# ---- personalise, verify, pin ------------------------------------------------
at 0 personalise op-eva --operator eva --log pki.example.org/fleet -- \
	'New SO PIN of card op-eva' $so 'once more: ' $so \
	'New PIN of card op-eva' 648219 'once more: ' 648219 &&
	says out 'card of eva' && list '.[] | select(.label == "op-eva") |
		.holds == "operator'"'"'s card" and (.keys | test("sign") and test("derive"))'
ok "personalise makes an operator's card"
at 4 personalise op-eva --operator eva --log pki.example.org/fleet -- \
	'New SO PIN of card op-eva' $so 'once more: ' $so \
	'New PIN of card op-eva' 648219 'once more: ' 648219 &&
	says out 'already initialised'
ok "not in place of one that is there"
at 0 verify op-eva -- 'PIN of card op-eva: ' 648219 &&
	says out 'sign has signed, derive has opened a test blob'
ok "verify tries both keys"
at 4 verify op-eva -- 'PIN of card op-eva: ' 648218 && says out 'the PIN is wrong; '
ok "a wrong PIN is said to be wrong"
at 4 verify one -- 'PIN of card one: ' 112233 && says out 'one: key sign: no such key'
ok "a card without keys is none"
at 4 verify nobody && says out 'no such token is present'
ok "a card that is not there"
at 0 pin op-eva -- 'PIN of card op-eva: ' 648219 'New PIN of card op-eva' 771133 \
	'once more: ' 771133 && says out 'its PIN is changed' &&
	at 4 verify op-eva -- 'PIN of card op-eva: ' 648219 &&
	at 0 verify op-eva -- 'PIN of card op-eva: ' 771133
ok "pin changes the PIN"
at 4 pin op-eva -- 'PIN of card op-eva: ' 648219 && at 130 pin op-eva -- \
	'PIN of card op-eva: ' 771133 '15 characters: ' 12 '15 characters: ' ^C &&
	at 0 verify op-eva -- 'PIN of card op-eva: ' 771133
ok "not with another, nor to a short one"
says out 771133
[ $? = 1 ]
ok "no PIN is shown"

# ---- wipe --------------------------------------------------------------------
at 130 wipe op-eva -- 'Type its label to go on: ' op-emil && says out 'nothing was changed'
ok "wipe: the label is typed"
at 4 wipe op-eva -- 'Type its label to go on: ' op-eva 'PIN of card op-eva: ' 648219 &&
	at 0 verify op-eva -- 'PIN of card op-eva: ' 771133
ok "and the PIN"
at 0 wipe op-eva -- 'Type its label to go on: ' op-eva 'PIN of card op-eva: ' 771133 &&
	says out '6 objects were destroyed, nothing is left on it' &&
	list '.[] | select(.label == "op-eva").holds == "empty"'
ok "then everything on it is gone"
at 4 wipe nobody && says out 'nobody: no card of this label is in a reader'
ok "a card that is not there is not wiped"

# ---- more on it than is looked at --------------------------------------------
# A token with its label and too many public keys to be listed.
for i in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17; do
	pkcs11-tool --module /usr/lib/softhsm/libsofthsm2.so --token-label one \
		--login --pin 112233 --keypairgen --key-type EC:prime256v1 \
		--label $i || break
done >/dev/null 2>&1
list '.[] | select(.label == "one") | .keys | endswith(",?")'
ok "a list says when it is not all"
at 1 init one && says out 'not all that is on it could be read' &&
	at 1 wipe one && says out 'may hold a CA'
ok "what may be a CA's is neither emptied nor wiped"
at 0 wipe one --ca -- 'Type its label to go on: ' one 'PIN of card one: ' 112233 &&
	list '.[] | select(.label == "one") | .holds == "empty"'
ok "but with --ca"

# ---- a CA's token ------------------------------------------------------------
genesis_now
ok "genesis"
SOFTHSM2_CONF=$dir/r/softhsm2.conf
list '(map(select(.holds == "CA token") | .label) | sort) == ["product-1", "root-1"]' &&
	list '(map(select(.holds == "operator'"'"'s card")) | length) == 5'
ok "list tells CA tokens from operators' cards"
run 0 "$anchorite" card list && says out 'CA token' && says out 'product-ca'
ok "and shows it to people"
at 1 wipe product-1 && says out "holds a CA's keys" && says out 'a destroy step'
ok "wipe: a CA's keys are not destroyed so easily"
at 130 wipe product-1 --ca -- "A CA'S KEYS will be destroyed" nothing &&
	at 4 wipe product-1 --ca -- 'Type its label to go on: ' product-1 \
		'PIN of card product-1: ' 123456 && says out 'the PIN is wrong'
ok "with --ca the label is typed, and the PIN, which nobody knows"
at 1 init product-1 && says out "holds a CA's keys"
ok "nor emptied"
echo "1..$n"
