#!/bin/sh
# The main job on soft tokens, from an empty folder to a checked unit: two
# ceremonies, a factory between and after them, an auditor at the end.  All of
# it stays in $BUILD/demo for people to look at.  N is the size of the batch.
#
# CARDS=virtual: on virtual cards in the readers of a pcscd of its own, through
# OpenSC; it stays in $BUILD/demo-cards, the files of the cards with it.
set -eu
B=${BUILD:?}
D=$B/demo
N=${N:-1000}
HERE=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
PLANS=$HERE/../../docs/examples
kind=demo tokens=
case ${CARDS:-} in
'') ;;
virtual)
	D=$B/demo-cards kind=demo-cards tokens=--cards
	# shellcheck source-path=SCRIPTDIR source=../card/cards.sh
	. "$HERE/../card/cards.sh"
	cards_enter "$@" || {
		echo "demo: CARDS=virtual: $why" >&2
		exit 1
	}
	;;
*)
	echo "demo: CARDS=$CARDS: is not virtual" >&2
	exit 2
	;;
esac
anchorite=$B/bin/anchorite
factory=$B/bin/anchorite-factory
audit=$B/bin/anchorite-audit
devices=$B/tests/demo/tool_devices

say() {
	printf '\n== %s\n' "$1"
}
now() {
	date +%s.%N
}
since() { # seconds since $1, one decimal
	echo "$(now) $1" | awk '{ printf "%.1f", $1 - $2 }'
}
# rehearse PLAN [FOLDER]: with that folder of inputs
rehearse() {
	"$anchorite" rehearse "$PLANS/$kind-$1.yaml" $tokens \
		--dir "$D/rehearsal" --in "${2:-$D/in}"
}
# label and serial of each card, and how often its keys were used
uses() {
	for label in $(card_labels); do
		printf '  %-10s %s  %5d\n' "$label" "$(serial_of "$label")" \
			"$(uses_of "$label")"
	done
}
# run a command that must end with status $1, keeping what it prints
expect() {
	want=$1
	shift
	got=0
	"$@" >"$D/last" 2>&1 || got=$?
	cat "$D/last"
	[ "$got" = "$want" ] || {
		echo "demo: $1 ended with status $got, expected $want" >&2
		exit 1
	}
}

rm -rf "$D"
mkdir -p "$D/station" "$D/units" "$D/in" "$D/hooks"
start=$(now)
[ "$kind" = demo ] || {
	say "eight blank cards in as many readers"
	trap stop_cards EXIT
	trap 'exit 1' HUP INT TERM
	start_cards 8
	opensc-tool -l
}

say "factory: the station makes its key"
"$factory" station-key --factory "Example Works" --line 3 \
	--key "$D/station/line3.key" --out "$D/in/line3.station"

say "ceremony 1: quorum of five, root CA, product CA, work order"
t=$(now)
rehearse 1-genesis | tee "$D/ceremony-1.log"
ceremony1=$(since "$t")
anchor=$(awk '/^anchor of this log/ { getline; print }' "$D/ceremony-1.log")
state=$D/rehearsal/state
root=$(awk '/^  root key, for stations/ { getline; print }' "$D/ceremony-1.log")

say "devices: $N CSRs; a few dozen by openssl and certtool; eleven are bad"
"$devices" make "$D/units" $((N - 12 - 60)) --first 340A91F0
"$devices" bad "$D/units/bad"
mkdir "$D/units/openssl" "$D/units/certtool"
i=0
while [ $i -lt 30 ]; do
	id=$(printf '340AE%03X' $i)
	openssl ecparam -name prime256v1 -genkey -noout \
		-out "$D/units/openssl/$id.key" 2>/dev/null
	openssl req -new -key "$D/units/openssl/$id.key" -subj "/CN=$id" \
		-out "$D/units/openssl/$id.csr" 2>/dev/null
	id=$(printf '340AD%03X' $i)
	echo "cn = $id" >"$D/units/certtool/template"
	certtool --generate-privkey --ecc --curve secp256r1 --no-text \
		--outfile "$D/units/certtool/$id.key" 2>/dev/null
	certtool --generate-request --template "$D/units/certtool/template" \
		--load-privkey "$D/units/certtool/$id.key" --no-text \
		--outfile "$D/units/certtool/$id.csr" 2>/dev/null
	i=$((i + 1))
done

say "factory: bundle them into a sealed request"
"$factory" request --order "$D/rehearsal/out/line3.order" \
	--key "$D/station/line3.key" --out "$D/in/line3.request" \
	"$D/units" "$D/units/bad" "$D/units/openssl" "$D/units/certtool"

say "ceremony 2: a request with a private key in it is refused whole"
mkdir "$D/in-private"
"$devices" private-key-request --order "$D/rehearsal/out/line3.order" \
	--key "$D/station/line3.key" --out "$D/in-private/line3.request"
expect 3 rehearse 2-batch "$D/in-private"

say "ceremony 2: the batch"
t=$(now)
rehearse 2-batch
ceremony2=$(since "$t")

say "factory: accept the response"
"$factory" accept --request "$D/in/line3.request" \
	--response "$D/rehearsal/out/line3.response" \
	--order "$D/rehearsal/out/line3.order" --root "$root" \
	--date 2026-12-09T00:00:00Z --out "$D/accepted"
issued=$(find "$D/accepted/certs" -name '*.crt' | wc -l)
refused=$(($(wc -l <"$D/accepted/refused.csv") - 1))

# check ID CERT KEY STATUS: one unit at the end of the line
check() {
	cp "$HERE/device-hook.sh" "$D/hooks/$1"
	chmod +x "$D/hooks/$1"
	printf '%s\n' "$3" >"$D/hooks/$1.key"
	expect "$4" "$factory" check --device "$1" --cert "$2" \
		--device-hook "$D/hooks/$1" --ca "$D/accepted/product_ca.crt" \
		--date "$today"
}
unit() {
	echo "$D/accepted/certs/$1.crt"
}
key() {
	echo "$D/units/keys/$1.pem"
}

today=2026-12-09T00:00:00Z
say "factory: units at the end of the line"
check 340A91F2 "$(unit 340A91F2)" "$(key 340A91F2)" 0
grep -qx 'device 340A91F2: unique key OK, cert chains to product CA OK, not a duplicate PASS' "$D/last"
# made by another CA: one with a key of its own, one with another unit's key
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-keyout "$D/other-ca.key" -out "$D/other-ca.crt" -days 3650 \
	-subj "/CN=Another CA" 2>/dev/null
for pair in 340A91F7:340A91F7 340A91F8:340A91F2; do
	openssl req -new -key "$(key "${pair#*:}")" \
		-subj "/CN=device-${pair%:*}/O=Example Devices" 2>/dev/null |
		openssl x509 -req -CA "$D/other-ca.crt" -CAkey "$D/other-ca.key" \
			-days 3650 -out "$D/${pair%:*}.crt" 2>/dev/null
done
check 340A91F7 "$D/340A91F7.crt" "$(key 340A91F7)" 1
check 340A91F8 "$D/340A91F8.crt" "$(key 340A91F2)" 1
check 340A91F3 "$(unit 340A91F2)" "$(key 340A91F2)" 1
check 340A91F4 "$(unit 340A91F4)" "$(key 340A91F5)" 1
check 340A91F6 "$D/accepted/certs/none.crt" "$(key 340A91F6)" 1

say "ceremony 3: unit 340A91FF was stolen: a CRL that lists it"
rehearse 3-crl
today=2026-12-20T00:00:00Z
cp "$D/rehearsal/out/product-1.crl" "$D/accepted/crl.pem"
check 340A91FF "$(unit 340A91FF)" "$(key 340A91FF)" 1

say "auditor: replay everything"
t=$(now)
expect 0 "$audit" verify "$state" --anchor "$anchor"
audited=$(since "$t")

rm -f "$D/last"
if [ "$kind" = demo-cards ]; then
	say "signatures, and secrets agreed on, that each card made"
	uses
	mkdir "$D/cards"
	for file in "$cards"/card*; do
		case ${file##*/} in card*.*) ;; *) cp "$file" "$D/cards" ;; esac
	done
fi
printf '\n'
cat <<END | tee "$D/summary"
A rehearsed product PKI stands in ${D#"$PWD"/}: quorum of 3 of 5, root and product CA.
Of $N device requests $issued were certified and $refused refused, each by its own rule.
Ceremony 1 took $ceremony1 s, the batch $ceremony2 s, the audit $audited s, all of it $(since "$start") s.
The record is rehearsal/state; read it with: anchorite-audit show ${state#"$PWD"/}
Certificates and refusals, as the factory has them: accepted/certs, accepted/refused.csv
Next: anchorite plan new genesis >my.yaml; anchorite plan check my.yaml
      anchorite rehearse --by-hand my.yaml    (you answer, on soft tokens)
END
