#!/bin/sh
# A PIN that nobody knows any more, and cards that are locked or will be with
# the next wrong one: that card is out for the round, and the others go on.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
people=$repo/tests/ceremony/custodian/people.exp

audited() {
	run 0 "$audit" verify "$1" --anchor "$(cat anchor)"
}

# began CEREMONY STATE: who approved its acts, a line an act
began() {
	jq -r --arg c "$1" 'select(.type == "act.begin" and .cer == $c).body |
		.operators | join(" ")' "$2/transcript.jsonl"
}

# refused CEREMONY STATE: act, operator and reason of each refusal
refused() {
	jq -r --arg c "$1" 'select(.type == "approve.refused" and .cer == $c) |
		"\(.body.act) \(.body.operator) \(.body.reason)"' \
		"$2/transcript.jsonl"
}

# crl NAME: the plan of a CRL ceremony of this name, NAME.yaml
crl() {
	plan demo-3-crl -5 -e "s/^ceremony: .*/ceremony: $1/" \
		-e "s/product-1.crl/$1.crl/" -e '/revoke:/d' -e '/- {id:/d' \
		>"$1.yaml"
}

# ---- nobody at a terminal ----------------------------------------------------
genesis_now
ok "genesis"
sed -n '/^anchor of this log/{n;p;}' out >anchor
cp r/REHEARSAL-PINS right
sed -i '/^op-alice/s/ .*/ 0123456789/' r/REHEARSAL-PINS
crl one && rehearse 0 one.yaml && [ -s r/out/one.crl ] &&
	says out 'alice: card op-alice is out of this round: PIN not known; other operators can go on'
ok "one PIN is not known: the ceremony goes to its end"
[ "$(grep -c 'op-alice: the PIN is wrong' out)" = 6 ] && [ ! -s err ]
ok "three tries in each of two rounds"
began one r/state | grep -qx 'bert carol dora' &&
	[ "$(refused one r/state | cut -d' ' -f2- | uniq -c | tr -s ' ')" = \
		' 2 alice PIN not known' ]
ok "three others approved; refusals of both acts are recorded, none in the close"
audited r/state && says out '2 refusals'
ok "the auditor counts it"
plan demo-1-genesis -4 -e '/^  - quorum:/,/^  - pro/{/^  - pro/!d;}' \
	-e 's/line3.order/product.order/' -e 's/quota: .*/quota: 5/' -e 's/^ceremony: .*/ceremony: product/' \
	-e 's/CA 1/CA 2/' -e 's/product-1/product-2/' >product.yaml
rehearse 0 product.yaml && refused product r/state >refusals &&
	[ "$(cut -d' ' -f1 refusals | sort -u | wc -l)" = 7 ] &&
	[ "$(wc -l <refusals)" = 7 ] && audited r/state
ok "in a group of several acts, all are refused"
sed -i -e '/^op-bert/s/ .*/ 0123456789/' -e '/^op-carol/s/ .*/ 0123456789/' \
	r/REHEARSAL-PINS
plan demo-3-crl -3 -e 's/^ceremony: .*/ceremony: three/' -e '/revoke:/d' \
	-e '/- {id:/d' -e 's/product-1.crl/three.crl/' >three.yaml
rehearse 1 three.yaml && says err '2 of 3 approvals: nothing was signed' &&
	[ "$(wc -l <err)" = 1 ] && [ ! -e r/out/three.crl ] &&
	[ "$(refused three r/state | wc -l)" = 6 ]
ok "three of five are not known: too few are left"
cp right r/REHEARSAL-PINS
rehearse 0 three.yaml && [ -s r/out/three.crl ] && audited r/state
ok "and with the right ones it goes on"

# ---- people ------------------------------------------------------------------
mkdir tokens outbox
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"

# held STATUS PLAN PROGRAM WORD=VALUE...: ./shown is the terminal
held() {
	want=$1 plan=$2 program=$3
	shift 3
	words=$("$anchorite" plan check "$plan" | sed -n 's/^words: //p')
	rm -f shown
	run "$want" expect "$people" log=shown paper=paper words="$words" "$@" \
		-- "$program" run "$plan" --state state --in in --out outbox
	good=$?
	cp shown err
	return $good
}
held 1 genesis.yaml "$anchorite" forgets=bert && says shown '4 of 5 approvals' &&
	says shown 'bert: card op-bert is out of this round: PIN not known'
ok "genesis needs every one of them"
[ "$(grep -c 'dora approved quorum' shown)" = 1 ] &&
	[ "$(refused 2026-12-genesis state | cut -d' ' -f2-)" = 'bert PIN not known' ]
ok "those after him were asked, and the refusal is recorded"
held 0 genesis.yaml "$anchorite"
ok "he knows it again: on to the end"
"$anchorite" status --state state --json | jq -r .anchor >anchor
crl forgets && held 0 forgets.yaml "$anchorite" forgets=alice &&
	[ "$(grep -c 'op-alice: the PIN is wrong; ' shown)" = 6 ] &&
	began forgets state | grep -qx 'bert carol dora'
ok "a PIN forgotten: three tries a round, and the others go on"
crl short && held 0 short.yaml "$anchorite" short=carol &&
	[ "$(grep -c 'A PIN has 4 to 32 characters' shown)" = 6 ] &&
	says shown 'carol: card op-carol is out of this round: PIN not known' &&
	began short state | grep -qx 'alice bert dora'
ok "no PIN is given at all"
crl stop && held 130 stop.yaml "$anchorite" stop=pin &&
	says shown 'op-alice: stopped at the PIN' &&
	[ -z "$(refused stop state)" ]
ok "Ctrl-C at a PIN stops, as before"
held 0 stop.yaml "$anchorite"
ok "and goes on"

# ---- what only cards with a counter say --------------------------------------
# ./counting/bin/anchorite: its signers' module does as ./fake says
ln -s /usr/lib/softhsm/libsofthsm2.so real.so &&
	wrap_signer "$dir/counting" <<END
PRELOAD=$BUILD/tests/ceremony/custodian/module_divert.so
DIVERT=$BUILD/tests/smartcard/module_fake.so
FAKE_MODULE=$dir/real.so
WIDEN=$dir:$BUILD/tests
export DIVERT FAKE_MODULE
. $dir/fake
END
counting=counting/bin/anchorite
last='one try is left on card op-alice, a wrong PIN locks it for good'

echo 'export FAKE_LABEL=op-alice FAKE_FLAGS=0x20000' >fake
crl leave && held 0 leave.yaml "$counting" && says shown "alice: $last" &&
	! says shown 'PIN of card op-alice' &&
	says shown 'op-alice is out of this round: PIN not known' &&
	began leave state | grep -qx 'bert carol dora'
ok "one try is left: it is asked first, and left as it is"
crl try && held 0 try.yaml "$counting" try=y && says shown "alice: $last" &&
	began try state | grep -qx 'alice bert carol'
ok "or tried, with the right PIN"
crl wrong && held 0 wrong.yaml "$counting" try=y forgets=alice &&
	[ "$(grep -c "alice: $last" shown)" = 6 ] &&
	began wrong state | grep -qx 'bert carol dora'
ok "before each try that may be the last"
crl quit && held 130 quit.yaml "$counting" try=q &&
	says shown 'op-alice: stopped at the PIN'
ok "or the ceremony is stopped there"
held 0 quit.yaml "$anchorite"
ok "and goes on"
echo 'export FAKE_LABEL=op-alice FAKE_FLAGS=0x40000' >fake
crl locked && held 0 locked.yaml "$counting" &&
	! says shown 'PIN of card op-alice' &&
	says shown 'alice: card op-alice is out of this round: PIN locked' &&
	refused locked state | grep -q ' alice PIN locked$' &&
	began locked state | grep -qx 'bert carol dora'
ok "a locked card is out without a try"
echo 'export FAKE_CALL=C_Login FAKE_RV=0xa4' >fake
crl none && held 1 none.yaml "$counting" && says shown '0 of 3 approvals' &&
	[ "$(refused none state | cut -d' ' -f2- | sort -u | tr '\n' ,)" = \
		'alice PIN locked,bert PIN locked,carol PIN locked,dora PIN locked,emil PIN locked,' ]
ok "every card locks at its PIN: too few are left"
echo 'export FAKE_CALL=C_Login FAKE_RV=0x30' >fake
held 4 none.yaml "$counting" && says shown 'CKR_DEVICE_ERROR' &&
	! says shown 'out of this round'
ok "another fault of a card stops, in its own words"
held 0 none.yaml "$anchorite" && audited state
ok "mended: on to the end, and the auditor agrees"
echo "1..$n"
