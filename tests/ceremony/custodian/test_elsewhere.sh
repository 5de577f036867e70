#!/bin/sh
# Operators whose tokens were personalised elsewhere, RSA keys on most of them:
# enrolled as they are, they approve, open shares, sign checkpoints, and leave.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
people=$repo/tests/ceremony/custodian/people.exp
softhsm=/usr/lib/softhsm/libsofthsm2.so
mkdir tokens in outbox
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"
for tool in pkcs11-tool softhsm2-util; do
	command -v "$tool" >tools || {
		echo "1..0 # SKIP no $tool"
		exit 0
	}
done

program=$anchorite
# held STATUS PLAN WORD=VALUE...: the ceremony ends so; ./shown is the terminal
held() {
	want=$1 plan=$2
	shift 2
	words=$("$anchorite" plan check "$plan" | sed -n 's/^words: //p')
	run "$want" expect "$people" log=shown paper=paper words="$words" "$@" \
		-- "$program" run "$plan" --state state --in in --out outbox
	good=$?
	cp shown err
	return $good
}

# blank NAME LABEL: a token, by other people's tools
blank() {
	softhsm2-util --init-token --free --label "$2" --so-pin 12345678 \
		--pin "pin-of-$1" >tools 2>&1
}

# key NAME LABEL KEY ID TYPE OPTION...: a key pair on it
key() {
	name=$1 label=$2 key=$3 id=$4 type=$5
	shift 5
	pkcs11-tool --module "$softhsm" --token-label "$label" --login \
		--pin "pin-of-$name" --keypairgen --key-type "$type" \
		--label "$key" --id "$id" "$@" >tools 2>&1
}

# serial LABEL
serial() {
	softhsm2-util --show-slots | awk -v label="$1" '
		/Serial number:/ { serial = $3 }
		/Label:/ && $2 == label { print serial }'
}

# scrapped LABEL: the token goes away
scrapped() {
	softhsm2-util --delete-token --token "$1" >tools 2>&1
}

# agrees NAME: the auditor does
agrees() {
	run 0 "$audit" verify state --anchor "$(cat anchor)"
	ok "$1"
}

# ---- what is taken -----------------------------------------------------------
blank alice op-alice && key alice op-alice 'SIGN key' 02 rsa:2048 --usage-sign --always-auth &&
	key alice op-alice 'KEY MAN key' 03 rsa:3072 --usage-decrypt &&
	blank bert PIV_II && key bert PIV_II sign 01 rsa:2048 --usage-sign &&
	key bert PIV_II derive 02 rsa:2048 --usage-decrypt
ok "two tokens with RSA keys, one wants its PIN with each signature"
run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station
alice='token: op-alice, personalised: elsewhere'
plan demo-1-genesis -20 \
	-e "s/\(id: alice.*\)token: op-alice}/\1$alice, sign-key: SIGN key, derive-key: id=03}/" \
	-e "s/token: op-bert}/token: op-bert, personalised: elsewhere}/" \
	-e "s/label: op-bert, /&serial: $(serial PIV_II), /" >genesis.yaml
run 0 "$anchorite" plan check genesis.yaml
ok "a plan that says so"

# refused NAME STATUS TEXT SIGN DERIVE: alice's keys are not taken, in these words
refused() {
	sed "s/sign-key: SIGN key, derive-key: id=03/sign-key: $4, derive-key: $5/" \
		genesis.yaml >other.yaml
	held "$2" other.yaml && says shown "$3" &&
		! grep -q '"type":"enrol"' state/transcript.jsonl
	ok "$1"
	rm -rf state
	for label in op-bert op-carol op-dora op-emil; do scrapped $label; done
}
key alice op-alice small 11 rsa:1024 --usage-sign
key alice op-alice loose 12 rsa:2048 --usage-sign --extractable
key alice op-alice deaf 13 rsa:2048 &&
	"$BUILD"/tests/ceremony/custodian/tool_deafen op-alice pin-of-alice deaf
key alice op-alice long 14 EC:secp384r1 --usage-sign
refused "a key that is not there" 4 'derive key id=99: no such key' 'SIGN key' id=99
refused "an extractable key" 1 'CKA_EXTRACTABLE is true' loose id=03
refused "1024 bits" 1 'sign key small: neither on P-256' small id=03
refused "P-384 for signatures" 1 'sign key long: on P-384' long id=03
refused "one key under two names" 1 'is the sign key under another name' deaf id=13
refused "a derive key that cannot decrypt" 1 'derive key deaf: does not open' 'SIGN key' deaf
key alice op-alice timid 15 rsa:2048 --usage-decrypt --always-auth
refused "a derive key that wants its PIN with each use" 1 \
	'derive key timid: wants its PIN with each use' 'SIGN key' timid
refused "a key of another token" 4 'no such key' sign id=03
sed 's/derive-key: id=03/derive-key: SIGN key/' genesis.yaml >other.yaml
run 3 "$anchorite" plan check other.yaml && says err 'one key'
ok "one key for both, in the plan"
sed 's/derive-key: id=03/derive-key: id=3/' genesis.yaml >other.yaml
run 3 "$anchorite" plan check other.yaml && says err 'pairs of digits'
ok "half an octet of an id"
sed 's/personalised: elsewhere, sign-key/sign-key/' genesis.yaml >other.yaml
run 3 "$anchorite" plan check other.yaml && says err 'which is missing'
ok "keys named on a card that is made"
held 4 genesis.yaml forgets=alice && says shown 'op-alice: the PIN is wrong' &&
	says shown 'run the same plan again when it is here and its PIN known'
ok "a wrong PIN, three times"
held 130 genesis.yaml stop=pin
ok "Ctrl-C at the PIN of a token"

# ---- a life ------------------------------------------------------------------
held 0 genesis.yaml wrong=pin && [ -s outbox/line3.order ] &&
	says shown 'alice enrolled on card op-alice, personalised elsewhere' &&
	says shown 'carol enrolled on card op-carol' &&
	says shown 'alice approved'
ok "genesis, after all that, with one wrong PIN on the way"
run 0 "$anchorite" status --state state --json && mv out whole &&
	jq -r .anchor whole >anchor &&
	holds '[.operators[] | select(.elsewhere) | .id] == ["alice", "bert"]' whole &&
	run 0 "$anchorite" status --state state &&
	says out "card op-bert ($(serial PIV_II)), personalised elsewhere"
ok "status knows them"
holds '.type == "enrol" and .body.operator == "alice" and
	(.body | has("so_n") | not) and .body.elsewhere ==
	{"sign_key": "SIGN key", "derive_key": "id=03", "heads": true}' \
	state/transcript.jsonl &&
	! holds '.type == "so.use" and (.body.label == "op-alice" or
		.body.label == "op-bert")' state/transcript.jsonl
ok "the record: names of its keys, and no SO PIN was used"
pkcs11-tool --module "$softhsm" --token-label op-alice --login \
	--pin pin-of-alice --list-objects >objects 2>tools &&
	! grep -q 'Certificate Object' objects
ok "no certificate was written to it"
agrees "the auditor agrees"

# By hand: alice's line of the checkpoint, and bert's share.
sign=$(jq -r 'select(.type == "enrol" and .body.operator == "alice").body.sign' \
	state/transcript.jsonl)
note=state/checkpoints/2026-12-genesis.note
openssl x509 -inform DER -in "state/objects/$sign" -pubkey -noout >key.pem &&
	sed '/^$/,$d' "$note" >text &&
	grep '/alice ' "$note" | cut -d ' ' -f 3 | base64 -d | tail -c +5 >sig &&
	run 0 openssl dgst -sha256 -verify key.pem -signature sig text
ok "openssl verifies the checkpoint's RSA signature"
{
	printf 'demo.anchorite.example/fleet/alice\n\377anchorite/rsa-pkcs1-v1_5-sha256'
	openssl pkey -pubin -in key.pem -outform DER
} | sha256sum | cut -c 1-8 >want
grep '/alice ' "$note" | cut -d ' ' -f 3 | base64 -d | head -c 4 |
	od -An -tx1 | tr -d ' ' >got
cmp want got
ok "its key id is that of the manual"
blob=$(jq -r 'select(.type == "act.result" and .body.shares).body.shares[] |
	select(.operator == "bert").blob' state/transcript.jsonl | head -n 1)
openssl cms -cmsout -print -inform DER -in "state/objects/$blob" >out 2>err &&
	says out 'rsaesOaep' && says out 'aes-256-gcm'
ok "bert's share is by RSAES-OAEP"

"$devices" make units 3 && run 0 "$factory" request --order outbox/line3.order \
	--key line3.key --out in/line3.request units &&
	plan demo-2-batch -10 \
		-e "s/label: op-bert, /&serial: $(serial PIV_II), /" >batch.yaml &&
	held 0 batch.yaml && says shown '3 certificates signed' &&
	says shown 'PIN of product-1 changed' && says shown 'bert approved'
ok "a batch, and a rotation"
agrees "the auditor agrees with that"

blank frank op-frank && key frank op-frank sign 01 EC:prime256v1 --usage-sign &&
	key frank op-frank derive 02 EC:secp384r1 --usage-derive
ok "a token with keys on curves"
{
	printf 'plan: 1\nlog: demo.anchorite.example/fleet\nceremony: change\n'
	printf 'title: change\ndate: %s\n' "$(day -7)"
	printf 'roles:\n  - {role: witness, name: Tom Reed}\ntokens:\n'
	for id in alice bert carol dora emil frank; do
		printf '  - {label: op-%s, module: softhsm, owner: %s}\n' $id $id
	done
	printf '  - {label: product-1, module: softhsm}\nsteps:\n'
	printf '  - quorum-change:\n      threshold: 3\n      operators:\n'
	for id in alice carol dora emil; do
		printf '        - {id: %s, name: X, token: op-%s}\n' $id $id
	done
	printf '        - {id: frank, name: Frank Otis, token: op-frank, '
	printf 'card: new, personalised: elsewhere}\n'
	printf '      reason: bert leaves, frank joins\n      tokens: [product-1]\n'
} >change.yaml
sed 's/card: new, //' change.yaml >other.yaml
run 3 "$anchorite" plan check other.yaml && says err 'is said of a card that is new'
ok "a card that stays is as it is"
# From here on op-frank takes no objects: ./bare/bin/anchorite, whose signers'
# module says so
ln -s "$softhsm" real.so &&
	wrap_signer "$dir/bare" <<END
PRELOAD=$BUILD/tests/ceremony/custodian/module_divert.so
DIVERT=$BUILD/tests/smartcard/module_fake.so
FAKE_MODULE=$dir/real.so FAKE_BARE=op-frank
WIDEN=$dir:$BUILD/tests
export DIVERT FAKE_MODULE FAKE_BARE
END
program=bare/bin/anchorite
held 0 change.yaml && says shown 'frank enrolled on card op-frank' &&
	says shown 'bert: leaves' && ! says shown 'empty line ends them'
ok "bert leaves, frank joins, and nobody types the words of S"
agrees "the auditor agrees with the change"
holds '.type == "enrol" and .body.operator == "frank" and
	.body.elsewhere.heads == false' state/transcript.jsonl &&
	run 0 "$anchorite" status --state state &&
	says out 'personalised elsewhere, remembers no head'
ok "frank's token takes no objects: it remembers no head, and that is recorded"
sed -e '/quorum-change/,$d' -e '/bert/d' -e 's/ceremony: change/ceremony: crl/' \
	-e "s/^date: .*/date: $(day -5)/" change.yaml >crl.yaml
echo '  - crl: {token: product-1, out: new.crl, crl-days: 90}' >>crl.yaml
held 0 crl.yaml absent=carol && says shown 'alice approved' &&
	[ -s outbox/new.crl ]
ok "a CRL by who is there"
sed -e 's/ceremony: crl/ceremony: crl-2/' -e "s/^date: .*/date: $(day -4)/" \
	-e 's/new.crl/newer.crl/' crl.yaml >crl2.yaml
sed -i '/op-carol/d; /op-dora/d' crl2.yaml
held 0 crl2.yaml && says shown 'frank approved' && [ -s outbox/newer.crl ]
ok "frank, whose derive key is on P-384, opens his share"
agrees "the auditor agrees with all of it"

sed -e 's/ceremony: crl/ceremony: end/' -e '/- crl/d' \
	-e "s/^date: .*/date: $(day -3)/" crl.yaml >end.yaml
sed -i 's/^tokens:/&\n  - {label: op-bert, module: softhsm, owner: bert}/' end.yaml
echo '  - retire: {token: op-bert, reason: bert left}' >>end.yaml
held 1 end.yaml && says shown 'op-bert: was personalised elsewhere' &&
	run 0 pkcs11-tool --module "$softhsm" --token-label PIV_II --login \
		--pin pin-of-bert --list-objects && says out 'Private Key Object'
ok "bert's token is not ours to wipe"

# ---- another card behind the name --------------------------------------------
scrapped op-alice
blank alice op-alice && key alice op-alice 'SIGN key' 02 rsa:2048 --usage-sign &&
	key alice op-alice 'KEY MAN key' 03 rsa:2048 --usage-decrypt
sed -e 's/ceremony: crl/ceremony: crl-3/' -e "s/^date: .*/date: $(day -3)/" \
	-e 's/new.crl/newest.crl/' crl.yaml >crl3.yaml
held 0 crl3.yaml && says shown 'alice: card op-alice is not here' &&
	! says shown 'alice approved'
ok "another token of that label is not alice's"
run 0 "$anchorite" rehearse genesis.yaml --dir r --in in && says out 'op-alice'
ok "a rehearsal makes cards for all of them"
echo "1..$n"
