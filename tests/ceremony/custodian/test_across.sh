#!/bin/sh
# Across the gap by light alone: every file that a factory and a ceremony
# exchange over a batch of 40, and what a CA that others run sends and gets, is
# shown as codes, photographed at 720p with losses, and read on the other side.
# Nothing else is copied.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
photo=$BUILD/tests/ceremony/qr/tool_photo

# words: the digest in words, as show and scan say it
words() {
	sed -n '/SHA-256/,$p' out | grep '^  [A-Za-z]* [A-Za-z]' |
		tr -s ' \n' '  '
}

# photograph LENS ENDING: every picture of codes/, one in three is lost
photograph() {
	mkdir photos || return 1
	i=0
	for picture in codes/*.png; do
		i=$((i + 1))
		[ $((i % 3)) = 0 ] && [ "$codes" -gt 1 ] && continue
		"$photo" "$1" $i "photos/$i$2" "$picture" || return 1
	done
}

# carry NAME FROM TO FILE OUT LENS ENDING: FROM and TO are the programs on the
# two sides; what arrives is what left, and both say the same words
carry() {
	name=$1 from=$2 to=$3 file=$4 arrived=$5
	rm -rf codes photos
	# a code holds 890 octets; twice as many codes, for the losses
	codes=$((2 * $(wc -c <"$file") / 890 + 1))
	run 0 "$from" qr show "$file" --png codes --frames $codes &&
		left=$(words) &&
		photograph "$6" "$7" 2>err &&
		run 0 "$to" qr scan photos --out "$arrived" &&
		cmp "$file" "$arrived" >>err 2>&1 && [ -n "$left" ] &&
		[ "$(words)" = "$left" ]
	ok "$name"
	rm -rf codes photos
}

mkdir in factory ceremony || exit 1

# ---- genesis, with the station's file ----------------------------------------
run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key factory/line3.key --out factory/line3.station
ok 'factory: a station'
carry 'its file comes to the ceremony' "$factory" "$anchorite" \
	factory/line3.station in/line3.station mild .png
plan demo-1-genesis -20 >genesis.yaml &&
	run 0 "$anchorite" rehearse genesis.yaml --dir r --in in
ok 'ceremony: genesis'
root=$(sed -n '/^  root key, for stations/{n;s/^ *//p;}' out)
anchor=$(sed -n '/^anchor of this log/{n;p;}' out)
carry 'its work order comes to the factory' "$anchorite" "$factory" \
	r/out/line3.order factory/line3.order moderate .jpg

# ---- a batch of 40 -----------------------------------------------------------
"$devices" make units 28 --first 340A91F0 && "$devices" bad bad &&
	run 0 "$factory" request --order factory/line3.order \
		--key factory/line3.key --out factory/line3.request units bad
ok 'factory: a request of 40'
carry 'it comes to the ceremony' "$factory" "$anchorite" \
	factory/line3.request in/line3.request moderate .jpg
plan demo-2-batch -10 >batch.yaml && rehearse 0 batch.yaml
ok 'ceremony: the batch'
carry 'its response comes to the factory' "$anchorite" "$factory" \
	r/out/line3.response factory/line3.response hard .pgm
run 0 "$factory" accept --request factory/line3.request \
	--response factory/line3.response --order factory/line3.order \
	--root "$root" --date "$(day -9)" --out accepted &&
	[ "$(find accepted/certs -name '*.crt' | wc -l)" = 29 ]
ok 'factory: 29 of them are certified'

# ---- a CA that others run ----------------------------------------------------
mkdir partner && openssl req -new -newkey ec \
	-pkeyopt ec_paramgen_curve:secp384r1 -nodes -keyout partner/ca.key \
	-subj '/CN=Partner wants this' -out partner/ca.csr 2>err
ok 'partner: a CSR by openssl req'
carry 'it comes to the ceremony' "$factory" "$anchorite" \
	partner/ca.csr in/partner.csr hard .jpg
plan demo-6-intermediate -8 >partner.yaml && rehearse 0 partner.yaml
ok 'ceremony: the root certifies that CA'
carry 'its chain comes to the partner' "$anchorite" "$factory" \
	r/out/partner-chain.pem partner/chain.pem moderate .png
cd partner || exit 1
csplit -sz -f part chain.pem '/BEGIN CERT/' '{*}' && : >index.txt &&
	echo 01 >serial && cat >ca.cnf <<END
[ca]
default_ca = partner
[partner]
database = index.txt
serial = serial
new_certs_dir = .
certificate = part00
private_key = ca.key
default_md = sha256
default_days = 30
policy = any
x509_extensions = leaf
[any]
commonName = supplied
organizationName = supplied
countryName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectAltName = DNS:unit.partner.example
END
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-keyout unit.key -subj '/C=CH/O=Example Partner/CN=unit' \
	-out unit.csr 2>../err &&
	openssl ca -batch -config ca.cnf -preserveDN -in unit.csr \
		-out unit.pem -notext >../out 2>../err &&
	openssl x509 -in part01 -noout -pubkey |
	openssl pkey -pubin -outform DER -out root.spki &&
	[ "$("$anchorite" words root.spki | tail -n 1)" = "$root" ]
ok 'partner: a leaf by openssl ca, and the root is the one of the log'
openssl verify -x509_strict -CAfile part01 -untrusted part00 unit.pem \
	>../out 2>../err
ok 'it verifies to our root'
cd .. || exit 1

# ---- the record --------------------------------------------------------------
run 0 "$audit" verify r/state --anchor "$anchor"
ok 'auditor: everything is in order'

echo "1..$n"
