#!/bin/sh
# What goes wrong with a card in a ceremony; see faults.sh.  The plans are those
# of the crash tests, from blank cards or after their genesis.  After a batch a
# serial has one TBS and a device one certificate.  "recover" is a card whose PIN
# is locked, so the plan is given up, its PIN made anew, and another plan has the
# batch.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)
CARDS=6
UNITS=5
# shellcheck source-path=SCRIPTDIR source=faults.sh
. "$repo/tests/card/faults.sh"

rows() {
	grep -v '^#' <<'END'
# genesis: the first card is op-alice, the fourth root-1, the fifth product-1
# enrolment
blank|genesis|1|fault pull-before 50 1|4|op-alice: @|0|
blank|genesis|1|fault pull-before 2C 1|4|op-alice: @|0|
blank|genesis|1|fault pull-during 2C 1|4|op-alice: @|0|
blank|genesis|1|fault pull-before 46 1|4|op-alice: @|0|
blank|genesis|1|fault pull-during 46 1|4|op-alice: @|0|
blank|genesis|1|fault pull-during 46 2|4|op-alice: @|0|
blank|genesis|1|fault status 46 1 6F00|4|op-alice: the PKCS#11 module reports an error|0|
blank|genesis|1|fault short 46 1 20|4|op-alice: the PKCS#11 module reports an error|0|
blank|genesis|1|fault status D7 3 6A84|4|op-alice: the token is full|0|
blank|genesis|1|fault pull-during 68 1|4|op-alice: @|0|
blank|genesis|1|fault pull-during 62 1|4|op-alice: @|0|
blank|genesis|1|fault short 62 1 8|4|op-alice: the key on the token is not the expected one|0|
# keys of CAs
blank|genesis|4|fault pull-before 46 1|4|@|0|
blank|genesis|4|fault pull-during 46 1|4|@|0|
blank|genesis|4|fault status 46 1 6F00|4|the PKCS#11 module reports an error|0|
blank|genesis|5|fault pull-during 46 2|4|@|0|
blank|genesis|5|fault pull-during 68 1|4|@|0|
# what a root signs first, certificates written beside a key, its head
blank|genesis|4|fault pull-during 68 3|4|@|0|root-1 01 1
blank|genesis|4|fault pull-during 68 4|4|@|0|root-1 01 1
blank|genesis|4|fault pull-during D7 9|4|@|0|
blank|genesis|4|fault pull-during D7 11|4|@|0|
blank|genesis|5|fault pull-during E4 1|4|@|0|
blank|genesis|5|fault pull-before E4 2|4|@|0|
blank|genesis|5|fault status D7 12 6A84|4|the token is full|0|
blank|genesis|5|fault pull-during D7 14|4|@|0|
blank|genesis|5|fault pull-during 24 1|4|product-1: @|0|
# the CA's card: gone, login, challenge
genesis|batch|product-1|fault pull-before * 0|4|product-1: no such token is present|0|
genesis|batch|product-1|fault pull-before 20 1|4|product-1: no such token is present|0|
genesis|batch|product-1|fault pull-during 20 2|4|product-1: no such token is present|0|
genesis|batch|product-1|fault lock 20 2|4|product-1: the PIN is locked|recover|product-1 01 -2
genesis|batch|product-1|fault pull-before 68 1|4|product-1: @|0|product-1 01 -1
genesis|batch|product-1|fault pull-during 68 1|4|product-1: @|0|
genesis|batch|product-1|fault pull-after 68 1|4|product-1: @|0|
genesis|batch|product-1|fault status 68 1 6F00|1|product-1: PIN accepted, but the key product-ca does not answer (the PKCS#11 module reports an error)|0|product-1 01 -1
genesis|batch|product-1|fault short 68 1 10|1|product-1: PIN accepted, but the key product-ca does not answer|0|
# signatures of a batch: five devices, CRL, response
genesis|batch|product-1|fault pull-before 68 3|4|product-1: entry 2 (340A9001): @|0|
genesis|batch|product-1|fault pull-during 68 3|4|product-1: entry 2 (340A9001): @|0|product-1 01 1
genesis|batch|product-1|fault pull-after 68 3|4|product-1: entry 3 (340A9002): @|0|
genesis|batch|product-1|fault status 68 3 6982|4|product-1: entry 2 (340A9001): the key did not sign|0|
genesis|batch|product-1|fault status 68 3 6F00|4|product-1: entry 2 (340A9001): the key did not sign|0|
genesis|batch|product-1|fault short 68 3 10|4|product-1: entry 2 (340A9001): the key did not sign|0|product-1 01 1
genesis|batch|product-1|fault short 68 3 0|4|product-1: entry 2 (340A9001): the key did not sign|0|product-1 01 1
genesis|batch|product-1|fault lock 68 3|4|product-1: entry 2 (340A9001): the key did not sign|recover|product-1 01 -1
genesis|batch|product-1|fault pull-during 68 6|4|product-1: entry 5 (340A9004): @|0|product-1 01 1
genesis|batch|product-1|fault pull-during 68 7|4|product-1: CRL: @|0|product-1 01 1
genesis|batch|product-1|fault pull-during 68 8|4|product-1: response: @|0|product-1 01 1,product-1 02 1
# the change of its PIN
genesis|batch|product-1|fault pull-before 24 1|4|product-1: as it was or keyed for epoch 3: its next act tries both: @|0|
genesis|batch|product-1|fault pull-during 24 1|4|product-1: as it was or keyed for epoch 3: its next act tries both: @|0|
genesis|batch|product-1|fault pull-after 24 1|4|product-1: as it was or keyed for epoch 3: its next act tries both: @|0|
genesis|batch|product-1|fault status 24 1 6F00|4|product-1: as it was or keyed for epoch 3: its next act tries both: the PKCS#11 module|0|
genesis|batch|product-1|fault status 24 1 63C1|4|product-1: as it was or keyed for epoch 3: its next act tries both: the PIN is wrong|0|
genesis|batch|product-1|fault pull-during 68 9|4|product-1: @|0|product-1 01 1
# its head
genesis|batch|product-1|fault pull-before D7 1|4|product-1: @|0|
genesis|batch|product-1|fault pull-during D7 1|4|product-1: @|0|
genesis|batch|product-1|fault pull-during D7 2|4|product-1: @|0|
genesis|batch|product-1|fault pull-during E4 1|4|product-1: @|0|
genesis|batch|product-1|fault status D7 1 6A84|4|product-1: the token is full|0|
# an operator's card: gone, login, share
genesis|batch|op-alice|fault pull-before * 0|0|alice: card op-alice is not here|0|
genesis|batch|op-alice|fault pull-before 20 2|0|alice: card op-alice is not here|0|
genesis|batch|op-alice|fault lock 20 2|0|alice: card op-alice is out of this round: PIN locked|0|
genesis|batch|op-alice|fault pull-before 62 1|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|
genesis|batch|op-alice|fault pull-during 62 1|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 02 1
genesis|batch|op-alice|fault status 62 1 6F00|0|blob does not open with this key|0|
genesis|batch|op-alice|fault short 62 1 10|0|alice: card op-alice is out of this round: its share does not open|0|op-alice 02 1
# its approvals, checkpoint, head
genesis|batch|op-alice|fault pull-before 68 1|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 02 1
genesis|batch|op-alice|fault pull-during 68 1|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 01 1,op-alice 02 1
genesis|batch|op-alice|fault pull-during 68 2|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 01 1
genesis|batch|op-alice|fault status 68 1 6F00; fault status 68 2 6F00|4|op-alice: the PKCS#11 module reports an error|0|op-alice 02 1
genesis|batch|op-alice|fault short 68 1 10|4|op-alice: the PKCS#11 module reports an error|0|op-alice 01 1,op-alice 02 1
genesis|batch|op-alice|fault pull-during 68 3|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 01 1
genesis|batch|op-alice|fault pull-during D7 1|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 01 1
genesis|batch|op-alice|fault status D7 1 6A84|4|op-alice: the token is full|0|op-alice 01 1
# another ATR, another card with that label
genesis|batch|product-1|fault atr * 0 3B00|4|out of form is what is answered by the card|0|
genesis|batch|op-alice|fault atr * 0 3B00|0|alice: card op-alice is not here|0|
genesis|batch|product-1|fault swap * 0 CARDS/other.product-1|4|product-1: |0|
genesis|batch|op-alice|fault swap * 0 CARDS/other.op-alice|0|alice: card op-alice is not here|0|
END
}

# ---- bases -------------------------------------------------------------------
plan_of() { # PLAN
	file=$repo/tests/crash/$1.yaml
}

bases() {
	mkdir in r && "$factory" station-key --factory Works --line 3 --key line3.key \
		--out in/line3.station && "$devices" make units $UNITS &&
		keep blank && on_cards genesis &&
		"$factory" request --order r/out/line3.order --key line3.key \
			--date 2026-12-05T00:00:00Z --out in/line3.request units &&
		keep genesis && other product-1 && other op-alice
}

# again_recover: the locked card; then the batch under another name
again_recover() {
	crash=$repo/tests/crash
	sed 's/^ceremony: .*/ceremony: recovery/; /op-berta/d; /op-dora/d
		/op-alice/a\  - {label: op-bert, module: opensc, owner: bert}
		s/-later//' "$crash/recovery.yaml" >recovery.yaml
	sed 's/^ceremony: .*/ceremony: again/; s/^date: .*/date: 2027-01-05T09:00:00Z/
		s/line3.response/again.response/' "$crash/batch.yaml" >again.yaml
	on_cards batch --abandon 'its PIN is locked' &&
		on_cards recovery.yaml && on_cards again.yaml
}

# one TBS a serial, one certificate a device
settled() {
	[ "$1" = batch ] || return 0
	jq -e -n --argjson units $UNITS '
		[inputs] | map(select(.type == "intent")) as $i
		| ($i | map(.serial) | unique | length)
			== ($i | map(.serial + .tbs_sha256) | unique | length)
		and ($i | map(.id) | unique | length) == $units
		and (map(select(.type == "result")) | length) == $units' \
		$S/issuance.jsonl
}

faults "$@"
