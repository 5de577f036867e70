#!/bin/sh
# The end of cards: an operator's that nothing needs any more is retired, the
# keys of a CA's token are destroyed; nothing uses either again.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
T=r/state/transcript.jsonl

audited() {
	run 0 "$audit" verify r/state --anchor "$(cat anchor)"
}
lines() {
	wc -l <$T
}
# objects LABEL: how many objects a soft token holds
objects() {
	find r/tokens/*"$(serial "$1")" -name '*.object' ! -name token.object | wc -l
}
# serial LABEL: the end of the serial, as the token's folder has it
serial() {
	jq -r --arg l "$1" 'select(.type == "act.result" or .type == "enrol").body |
		select(.label == $l).serial // empty' $T | tail -n 1 | cut -c5-
}
# ceremony NAME EXAMPLE STEPS: NAME.yaml, with the cards of an example
ceremony() {
	plan "$2" -3 -e "s/^ceremony: .*/ceremony: $1/" -e '/^steps:/,9999d' \
		-e 's/, owner: berta}/, owner: bert}/' >"$1.yaml"
	printf 'steps:\n%s\n' "$3" >>"$1.yaml"
}
retire() { # NAME LABEL
	ceremony "$1" demo-4-change "  - retire: {token: $2, reason: a test}"
	[ "$2" = op-carol ] && sed -i \
		's/^  - {label: root-1/  - {label: op-carol, module: softhsm, owner: carol}\n&/' "$1.yaml"
	sed -i 's/owner: bert}/owner: berta}/' "$1.yaml"
}
destroy() { # NAME LABEL [MORE]
	ceremony "$1" demo-4-change \
		"  - destroy: {token: $2, reason: a test${3-}}"
	sed -i 's/owner: bert}/owner: berta}/' "$1.yaml"
}
# lie STATUS PLAN KIND N LIE...: a signer tells it, tool_liar says what
lie() {
	want=$1 plan=$2
	shift 2
	echo "$*" >signer/libexec/anchorite/anchorite-signer.lie
	run "$want" signer/bin/anchorite rehearse "$plan" --dir r --in in
}
# faulty NAME TEXT PLAN: the plan's check says so
faulty() {
	run 3 "$anchorite" plan check "$3" && says err "$2"
	ok "$1"
}

install_liar signer && genesis_now && sed -n '/^anchor of this log/{n;p;}' out >anchor
ok "genesis"

# ---- plans -------------------------------------------------------------------
for kind in destroy retire; do
	"$anchorite" plan new $kind >new.yaml && says new.yaml "  - $kind:"
	ok "plan new $kind"
done
destroy p1 op-emil
faulty "an operator's card is not destroyed" \
	'is the card of operator emil, not a CA' p1.yaml
retire p2 root-1
faulty "a CA's token is not retired" 'token root-1 has no owner' p2.yaml
destroy p3 product-1 && cat >>p3.yaml <<-END
	  - crl: {token: product-1, out: p3.crl, crl-days: 9}
END
faulty "nothing uses the token behind the step" \
	'token product-1 is used by step 2 behind this one' p3.yaml
destroy p4 product-1 ', last-copy: accepted'
run 0 "$anchorite" plan check p4.yaml &&
	run 0 "$anchorite" plan print p4.yaml && says out 'destroyed for good' &&
	says out 'that no other card may have the key is accepted'
ok "the run sheet says what happens"
ceremony p5 demo-4-change "  - quorum-change:
      threshold: 2
      operators:
        - {id: alice, name: Alice Moor, token: op-alice}
        - {id: dora, name: Dora Beck, token: op-dora}
      reason: a test
  - retire: {token: op-dora, reason: a test}"
faulty "an operator's card stays" \
	'token op-dora is the card of an operator since step 1' p5.yaml

# ---- an operator's card ------------------------------------------------------
retire r1 op-emil && sed -i 's/owner: berta}/owner: bert}/' r1.yaml && before=$(lines)
refuses "who is an operator keeps the card" 1 \
	'op-emil: it stays: its owner is an operator' r1.yaml
plan demo-4-change -10 -e 's/tokens: \[root-1, product-1\]/tokens: [product-1]/' \
	>change.yaml && rehearse 0 change.yaml && audited
ok "Dora leaves, Carol has another card; root-1 is keyed for the old quorum"
retire r2 op-dora && before=$(lines)
refuses "a card stays while a token is keyed for its quorum" 1 \
	'op-dora: it stays: token root-1 is keyed for a quorum that has it' r2.yaml
[ "$(lines)" = "$before" ]
ok "nothing is written of it"
ceremony root demo-4-change "  - crl: {token: root-1, out: root.crl, crl-days: 400}" &&
	sed -i 's/owner: bert}/owner: berta}/' root.yaml && rehearse 0 root.yaml && audited
ok "root-1 is keyed for the new one"
retire r3 op-dora && sed -i 's/op-dora, module: softhsm, owner: dora/op-dora, module: softhsm, owner: frank/' r3.yaml
sed -i 's/op-frank, module: softhsm, owner: frank/op-frank, module: softhsm, owner: dora/' r3.yaml
refuses "a card is retired by its owner" 3 \
	'op-dora: is the card of dora in this log, the plan says frank' r3.yaml
lie 6 r2.yaml destroyed 1 end && [ "$(objects op-dora)" = 0 ]
ok "a signer dies when it has emptied a card"
run 0 "$anchorite" status --state r/state
rehearse 0 r2.yaml && audited && says out '0 destroyed, 1 cards of operators retired'
ok "the same plan goes on, and the auditor counts it"
holds '.type == "retire" and .body.label == "op-dora" and .body.left == 0' $T &&
	holds '.type == "retire.prove" and .actor == ["dora"]' $T
ok "the card has answered, then nothing was left"
retire r4 op-dora
refuses "it is retired once" 1 'op-dora: was retired before' r4.yaml
retire r5 op-carol && rehearse 0 r5.yaml && audited && [ "$(objects op-carol)" = 0 ] &&
	[ "$(objects op-carol-2)" -gt 0 ]
ok "the card that somebody had before is retired, not the one they have"

# ---- a CA's token ------------------------------------------------------------
destroy d1 product-1 && before=$(lines)
refuses "the last copy of a key stays" 1 \
	'no other token of this log holds the key of its CA' d1.yaml
[ "$(lines)" = "$before" ]
ok "nothing is written of it"
destroy d2 product-1 ', last-copy: accepted'
lie 6 d2.yaml proved 1 end && [ "$(objects product-1)" -gt 0 ] &&
	! holds '.type == "destroy.prove"' $T
ok "a signer dies before the key's answer is on the disk: all is there"
lie 6 d2.yaml destroyed 1 end && [ "$(objects product-1)" = 0 ] &&
	run 0 "$anchorite" status --state r/state &&
	says out 'its keys are being destroyed: run the plan again'
ok "a signer dies when all is gone"
run 1 "$audit" verify r/state --anchor "$(cat anchor)" && says out 'is not closed'
ok "the auditor says that the ceremony is not closed, no more"
rehearse 0 d2.yaml && says out 'product-1 is empty' && audited &&
	says out 'found the keys of product-1 gone' && says out '1 destroyed'
ok "the same plan goes on; the auditor says what was found"
run 0 "$anchorite" status --state r/state && says out 'its keys were destroyed'
ok "status says that its keys were destroyed"
jq -s '[.[] | select(.type == "act.result" and .body.objects != null)][0].body |
	.left == 0 and .uses == [{"use":"self-test","n":0}]' $T | grep -qx true
ok "the result says that nothing is left, and no use"
ceremony d3 demo-4-change "  - crl: {token: product-1, out: d3.crl, crl-days: 9}"
sed -i 's/owner: bert}/owner: berta}/' d3.yaml
refuses "nothing uses it again" 1 \
	'token product-1: its keys were destroyed, nothing uses it' d3.yaml
ceremony d4 demo-4-change "  - recovery: {token: product-1, reason: a test}"
sed -i 's/owner: bert}/owner: berta}/' d4.yaml
refuses "nor gives it a PIN" 1 'token product-1: its keys were destroyed' d4.yaml
destroy d5 product-1 ', last-copy: accepted'
refuses "nor destroys it" 1 'product-1: its keys were destroyed before' d5.yaml
ceremony d6 demo-4-change "  - root:
      subject: CN=Another Root
      key: p384
      years: 5
      crl-days: 90
      tokens: [product-1]
      single-copy: accepted
      reason: a test"
sed -i 's/owner: bert}/owner: berta}/' d6.yaml
refuses "nor makes keys under its label" 1 \
	'token product-1: its keys were destroyed' d6.yaml
destroy d7 root-1 ', last-copy: accepted' && rehearse 0 d7.yaml && audited &&
	[ "$(objects root-1)" = 0 ] && says out '2 destroyed'
ok "the root goes as well, in one go"

# ---- copies ------------------------------------------------------------------
rm -rf r line3.key in && genesis -e '/label: product-1/a\
  - {label: product-2, module: softhsm}' -e '/custodians:/a\
      backup: {threshold: 2, custodians: [Rita Sand, Sven Tal]}' \
	-e 's/tokens: \[product-1\]/tokens: [product-1, product-2]/' \
	-e '/issuer: root-1/,$ { /single-copy:/d; /reason: demonstration/d; }' &&
	sed -n '/^anchor of this log/{n;p;}' out >anchor
ok "a product CA on two tokens"
copies() { # NAME STEPS
	{
		sed -n '1,/^steps:/p' genesis.yaml |
			sed "s/^ceremony: .*/ceremony: $1/; s/^date: .*/date: $(day -2)/"
		printf '%s\n' "$2"
	} >"$1.yaml"
}
copies both "  - destroy: {token: product-1, reason: a test}
  - destroy: {token: product-2, reason: a test}"
before=$(lines)
refuses "not both" 1 'product-2: no other token of this log holds the key' both.yaml
[ "$(lines)" = "$before" ]
ok "which is seen before the first"
copies first "  - destroy: {token: product-1, reason: a test}
  - crl: {token: product-2, out: later.crl, crl-days: 60}"
rehearse 0 first.yaml && audited && [ "$(objects product-1)" = 0 ]
ok "one may go, and the other goes on"
copies cut "  - destroy: {token: product-2, reason: a test, last-copy: accepted}"
lie 6 cut.yaml destroyed 1 end && [ "$(objects product-2)" = 0 ] &&
	run 0 "$anchorite" rehearse cut.yaml --dir r --abandon 'the power is gone' &&
	audited && says out 'token product-2: its destruction has begun'
ok "a destruction that was cut off can be given up"
cp -a r kept
copies again "  - destroy: {token: product-2, reason: a test, last-copy: accepted}"
rehearse 0 again.yaml && says out 'product-2 is empty' && audited
ok "and another ceremony ends it, though no key answers any more"

# the quorum changes in between
rm -rf r && mv kept r
sed -i 's/^  - {label: op-emil.*/&\n  - {label: op-frank, module: softhsm, owner: frank}/' genesis.yaml
copies change "  - quorum-change: {threshold: 3, operators: [{id: alice, name: A, token: op-alice}, {id: bert, name: B, token: op-bert}, {id: emil, name: E, token: op-emil}, {id: frank, name: F, token: op-frank, card: new}], reason: two left, tokens: [root-1]}"
rehearse 0 change.yaml && audited
ok "the quorum changes while the token waits"
run 0 "$anchorite" status --state r/state && says out 'its keys are being destroyed'
ok "status says what is due"
copies listed "  - retire: {token: op-carol, reason: a test}"
refuses "who left keeps the card as long as it is needed" 1 \
	'op-carol: it stays: token product-2 is keyed for a quorum that has it' listed.yaml
copies crl "  - crl: {token: product-2, out: never.crl, crl-days: 60}"
rehearse 1 crl.yaml &&
	says err 'product-2: its destruction has begun: nothing but a destroy step' &&
	run 0 "$anchorite" rehearse crl.yaml --dir r --abandon 'a test'
ok "nothing else uses it"
copies over "  - destroy: {token: product-2, reason: a test, last-copy: accepted}"
rehearse 0 over.yaml && says out 'product-2 is empty' && audited &&
	says out 'found the keys of product-2 gone'
ok "the operators it is keyed for end it"
jq -s '[.[] | select(.type == "act.propose" and .body.kind == "destroy")
	| .body.policy_sha256] | unique | length' $T | grep -qx 1
ok "under the policy of before"
copies last "  - retire: {token: op-carol, reason: a test}"
rehearse 0 last.yaml && audited
ok "and then nobody needs the cards of who left"
echo "1..$n"
