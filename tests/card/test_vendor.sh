#!/bin/sh
# Cards of another vendor, and cards that only look like the vendor's, where a
# CA's keys are to be copied to: each is found before anything secret is on it,
# as the card's own log has it, and the ceremony goes on with the right card.
# On virtual cards in process, through OpenSC and libp11.
# shellcheck disable=SC1091,SC2154 # what lib.sh says
set -u
BUILD=${BUILD:?}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
repo=$here/../..
. "$repo/tests/ceremony/custodian/lib.sh"

# shellcheck source-path=SCRIPTDIR source=standin.sh
. "$here/standin.sh"
standin_readers 9
T=r/state/transcript.jsonl

# Blank cards are taken in the order of their readers: five operators, the
# root's two, the product CA's two.
new_card() { # NUMBER [LINE...]: a blank one, with these lines of its control
	rm -f "$cards/card$1" "$cards/card$1".*
	file=$cards/card$1
	shift
	printf '%s\n' log "$@" >"$file.control"
}
new_cards() {
	for i in 1 2 3 4 5 6 7 8 9; do new_card $i; done
	rm -rf r
}
# given FILE: what of ours a card got by its log: an SO PIN that is not the one
# cards are sold with, a user PIN by the SO, a DKEK, a wrapped key
given() {
	grep -E -e '^00240088' -e '^002C0081' -e '^80520000(20|000020)' \
		-e '^8074' "$1" >got
	grep '^8050' "$1" | grep -v '82083537363231383830' >>got
	[ -s got ]
}
genesis_run() { # STATUS
	run "$1" "$anchorite" rehearse --cards --module opensc plan.yaml \
		--dir r --in in
}
audited() {
	run 0 "$audit" verify r/state --anchor \
		"$(sed -n '/^anchor of this log/{n;p;}' said)"
}
# refused NAME TEXT CARD: the ceremony says so and stops, and the card was made
# to show what it is, and got nothing
refused() {
	genesis_run 4 && says err "$2" && grep -q '^00467F00' "$cards/card$3.log" &&
		! given "$cards/card$3.log"
	ok "$1"
}
# goes_on NAME CARD: with another card in its place it does, and the log of that
# one shows what the first one was spared
goes_on() {
	new_card "$2" && genesis_run 0 && cp out said && given "$cards/card$2.log" &&
		grep -q '^80520000' got && audited
	ok "$1"
}

mkdir in
run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station
plan demo-1-genesis -20 -e '/label: root-1/a\
  - {label: root-2, module: softhsm}' -e '/label: product-1/a\
  - {label: product-2, module: softhsm}' -e '/custodians:/a\
      backup:\
        threshold: 2\
        custodians: [Rita Sand, Sven Tal, Uwe Hall]' \
	-e 's/tokens: \[root-1\]/tokens: [root-1, root-2]/' \
	-e 's/tokens: \[product-1\]/tokens: [product-1, product-2]/' \
	-e '/single-copy:/d' -e '/reason: demonstration/d' >plan.yaml
new_cards
genesis_run 0 && cp out said && audited
ok "without a vendor in the plan every card will do"
jq -e -s 'map(select(.type == "act.result").body | select(.keys != null)) |
	length == 4 and all(.proof.device and .proof.attestation)' $T >out
ok "yet each that gets a DKEK has shown what it is"
[ "$(jq -r 'select(.type == "act.result").body | select(.proof).proof.attestation' $T |
	sort -u | wc -l)" = 4 ]
ok "by a key made for that"
jq -r 'select(.type == "act.result").body | select(.copy_of == "root-1") |
	"\(.act) \(.proof.attestation)"' $T >shown
read -r act attestation <shown
line=$(jq "select(.type == \"act.begin\" and .body.act == $act) | input_line_number" $T)
[ "$(grep -a -o 'UT[A-Z2-7]\{14\}' "r/state/objects/$attestation")" = \
	"UT$(sed -n "${line}p" $T | openssl dgst -sha256 -binary | base32 | cut -c 1-14)" ]
ok "for the name that the manual page gives it"
! grep -E '^key 7F |^file CE7F' "$cards"/card[6-9]
ok "of which nothing is left"

device=r/state/objects/$(jq -r 'select(.type == "enrol").body.device' $T | head -n 1)
own=$((0x$(od -An -tx1 -j 3 -N 2 "$device" | tr -d ' \n') + 5))
vendor=$(tail -c +$((own + 1)) "$device" | sha256sum | cut -d' ' -f1)
sed -i "/^date:/a vendor: \"$vendor\"" plan.yaml
cp plan.yaml genesis.yaml

# ---- another vendor's card ------------------------------------------------------
new_cards && new_card 7 'serial ANCFA15E001' 'vendor another'
refused "a copy on another vendor's card" \
	'root-2: card ANCFA15E001: the card is not of the plan' 7
goes_on "goes to the vendor's" 7
new_cards && new_card 8 'serial ANCFA15E002' 'vendor another'
refused "first holders of keys that are copied are asked, too" \
	'product-1: card ANCFA15E002: the card is not of the plan' 8
goes_on "and the right one is taken" 8

# ---- a card with the certificate of a genuine one, and not its key ----------------
forge() { # the serial and certificate of one card, another's key
	sed -n '/^virtual-card/p; /^serial/p' "$cards/card9"
	sed -n '/^device/p' "$cards/card1"
	sed -n '/^file 2F02/p' "$cards/card9"
}
forge >forged
new_cards && cp forged "$cards/card9"
refused "a card with a certificate that it has copied" \
	'product-2: the card does not have the key of its certificate' 9
goes_on "gets no keys either" 9

# ---- from a file ----------------------------------------------------------------
later() { # NAME DAY STEP: a plan of a ceremony that follows
	sed '1,/^steps:/!d' plan.yaml | sed "s/^ceremony: .*/ceremony: $1/
		s/^date: .*/date: $(day "$2")/" >next.yaml
	echo "  - $3" >>next.yaml
	mv next.yaml plan.yaml
}
later kept -8 'backup: {token: product-2, out: product.backup}' &&
	genesis_run 0 && cp r/out/product.backup in
ok "wrapped keys in a file"
sed -i 's/label: product-2, module: softhsm}/&\n  - {label: product-3, module: softhsm}/' plan.yaml
later back -7 'restore: {token: product-3, from: product.backup}'
echo "$cards/card10" >>module_pcsc.so.cards
new_card 10 'serial ANCFA15E003' 'vendor another'
refused "nothing is restored to another vendor's card" \
	'product-3: card ANCFA15E003: the card is not of the plan' 10
new_card 10 && genesis_run 0 && given "$cards/card10.log" && grep -q '^8074' got &&
	audited
ok "and all of it to the vendor's"
# ---- and gone -------------------------------------------------------------------
later gone -6 'destroy: {token: product-3, reason: a test}'
genesis_run 0 && says out 'product-3 is empty' &&
	says out 'its card has the DKEK of these keys still: cut it up' &&
	grep -q '^dkek 1 0' "$cards/card10" && ! grep '^key' "$cards/card10"
ok "of a card that is emptied the DKEK stays, and people are told"

# ---- the vendor's root --------------------------------------------------------
"$BUILD/tests/card/tool_card" root '' >in/vendor.cvc
"$BUILD/tests/card/tool_card" root another >in/other.cvc
sed -e "s/^vendor: .*/vendor: \"$(sha256 in/vendor.cvc)\"/" \
	-e '/^vendor:/a vendor-certificate: vendor.cvc' genesis.yaml >plan.yaml
sed -i '$d' module_pcsc.so.cards
rm in/product.backup
new_cards && new_card 9 'serial ANCFA15E004' 'vendor another'
mv in/vendor.cvc kept.cvc
genesis_run 3 && says err 'in/vendor.cvc: ' && [ ! -e r/state/transcript.jsonl ]
ok "the root's certificate is an input"
cp in/other.cvc in/vendor.cvc
genesis_run 3 && says err "is another one than the plan's" &&
	[ ! -e r/state/transcript.jsonl ]
ok "of which the plan has the digest"
cp kept.cvc in/vendor.cvc
refused "cards whose issuer another root has signed" \
	'product-2: card ANCFA15E004: the card is not of the plan' 9
goes_on "and those of the vendor's" 9
object=r/state/objects/$(sha256 kept.cvc)
cmp "$object" kept.cvc
ok "the certificate is in the record"
chmod u+w r/state/objects "$object" && rm "$object"
! "$audit" verify r/state >out 2>err &&
	says out "the vendor's certificate is not among the objects"
ok "and an auditor asks for it"
echo "1..$n"
