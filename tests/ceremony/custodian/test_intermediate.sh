#!/bin/sh
# A CA that others run: its CSR by openssl, its certificate as the plan states
# it, what it then issues judged by others; every refusal; a lying reader.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

genesis_now
anchor=$(awk '/^anchor of this log/ { getline; print }' out)
[ -n "$anchor" ]
ok "a log with a root and a product CA"

# key FILE [CURVE]: a private key in PEM
key() {
	openssl ecparam -name "${2:-secp384r1}" -genkey -noout -out "$1" \
	    2>/dev/null
}
# csr NAME KEY [OPTION...]: in/NAME, by openssl req
csr() {
	name=$1 key=$2
	shift 2
	openssl req -new -key "$key" -subj '/C=DE/CN=Partner wants this' "$@" \
	    -out "in/$name" 2>err
}
# inter DAY [SED-EXPRESSION...]: a plan of its own ceremony
count=0
inter() {
	count=$((count + 1)) when=$1
	shift
	plan demo-6-intermediate "$when" -e "s/2026-12-partner-ca/partner-$count/" \
	    "$@"
}
# change NAME STATUS TEXT SED-EXPRESSION...: the plan so changed is refused
change() {
	what=$1 want=$2 text=$3
	shift 3
	plan demo-6-intermediate -10 "$@" >changed.yaml
	refuses "$what" "$want" "$text" changed.yaml
}

# ---- refusals, before anything is written -------------------------------------
key partner.key && key p256.key prime256v1 && key secp521.key secp521r1
openssl genrsa -out rsa2048.key 2048 2>/dev/null
openssl genrsa -out rsa3072.key 3072 2>/dev/null
lines=$(wc -l <r/state/transcript.jsonl)

csr partner.csr partner.key -addext 'basicConstraints=critical,CA:TRUE' \
    -addext 'keyUsage=critical,keyCertSign,digitalSignature' \
    -addext 'subjectAltName=DNS:evil.example' \
    -addext 'nameConstraints=permitted;DNS:everything.example'
cp in/partner.csr good.csr

change "no such token in the log" 3 "no CA was made" \
    -e 's/label: root-1/label: root-9/; s/token: root-1/token: root-9/'
change "a product CA has pathLen 0" 3 "RFC 5280 4.2.1.9: the issuer's pathLen is 0" \
    -e 's/token: root-1/token: product-1/'
change "a sealer that is none" 3 "sealer root-1: no product CA" \
    -e 's/sealer: product-1/sealer: root-1/'
change "a key of another kind" 3 "its key is p384, the plan's is p256" \
    -e 's/key: p384/key: p256/'
change "a key that was told otherwise" 1 "the plan says 00000000" \
    -e "s/key: p384/&\n      key-sha256: \"$(printf '%064d' 0)\"/"
change "longer than the root" 3 "would outlive the CA" -e 's/years: 10/years: 30/'
change "names twice" 3 "is item 1 of the list already" \
    -e 's/- email partner.example/- dns partner.example/'
change "permitted and excluded" 3 "excluded too, so that nothing is left" \
    -e 's|- ip ::/0|- dns example|'
change "a name that is none" 3 'should be names as' -e 's/- dns partner.example/- dns *.example/'
change "a use that is none" 3 'should be a use as' -e 's/eku: .*/eku: [server]/'
change "a policy that is none" 3 'should be the OID' -e 's/policies: .*/policies: [gold]/'
change "a pathlen out of range" 3 'should be a number from 0 to 8' -e 's/pathlen: 0/pathlen: 9/'
change "one file for both" 3 'is written by step 1 already' \
    -e 's/sealed: .*/sealed: Partner-chain.pem/'

# bad NAME STATUS TEXT FILE: this CSR is refused
bad() {
	cp "$4" in/partner.csr
	change "$1" "$2" "$3" -e ''
	cp good.csr in/partner.csr
}
openssl req -in good.csr -outform DER -out good.der
sed '$d' good.csr >torn.csr
cat good.csr good.csr >two.csr
openssl req -in good.csr -text >text.csr 2>/dev/null
cat good.csr partner.key >with-key.csr
openssl pkey -in partner.key -outform DER -out key.der
cp good.der tail.der && printf x >>tail.der
# the last octet of the signature
cp good.der pop.der && printf '\377' | dd of=pop.der bs=1 conv=notrunc \
    seek=$(($(wc -c <pop.der) - 1)) 2>/dev/null
: >empty.csr
head -c 20000 /dev/zero >huge.csr
csr big.csr rsa2048.key && csr curve.csr secp521.key && csr sha1.csr partner.key -sha1
bad "PEM that is torn" 3 csr.der torn.csr
bad "two CSRs" 3 csr.der two.csr
bad "text before the CSR" 3 csr.der text.csr
bad "a private key beside the CSR" 3 "it holds a private key" with-key.csr
bad "a private key in place of the CSR" 3 "it holds a private key" key.der
bad "octets behind the CSR" 3 csr.trailing tail.der
bad "no proof of possession" 3 csr.pop pop.der
bad "nothing" 3 csr.size empty.csr
bad "20,000 zeros" 3 csr.size huge.csr
bad "RSA of 2048 bits" 3 csr.rsa-size in/big.csr
bad "a key on P-521" 3 csr.curve in/curve.csr
bad "a signature with SHA-1" 3 csr.algorithm in/sha1.csr
bad "a certificate" 3 csr.der "$(find r/state/objects -size -2 | head -n 1)"
[ "$(wc -l <r/state/transcript.jsonl)" = "$lines" ] &&
    [ ! -e r/out/partner-chain.pem ]
ok "nothing of all this was written down"

# ---- the certificate -----------------------------------------------------------
run 0 "$anchorite" plan check changed.yaml &&
    run 0 "$anchorite" plan print changed.yaml &&
    says out '[ ] permitted dns partner.example' && says out '[ ] pathlen 0' &&
    says out '[ ] policies 1.3.6.1.4.1.55555.1'
ok "the run sheet has every field"
plan demo-6-intermediate -10 >partner.yaml
rehearse 0 partner.yaml && cp out said &&
    says said 'subject    CN=Partner Issuing CA,O=Example Partner,C=CH,OU=REHEARSAL' &&
    says said 'asked for: subject: C=DE,CN=Partner wants this' &&
    says said 'asked for: X509v3 Subject Alternative Name: DNS:evil.example' &&
    says said 'permitted  dns partner.example' &&
    says said 'given as the plan states it, by its permitted and excluded'
ok "the root certifies it, read out field by field"
awk '/asked for: X509v3 Subject Alternative/ { getline; exit !/not given/ }' said
ok "what is not given is said not to be"

chain=r/out/partner-chain.pem
openssl x509 -in $chain -noout -text >text
says text 'CN = Partner Issuing CA' && says text 'CA:TRUE, pathlen:0' &&
    says text 'DNS:partner.example' && says text 'email:partner.example' &&
    says text 'IP:0.0.0.0/0.0.0.0' && says text '1.3.6.1.4.1.55555.1' &&
    says text 'X509v3 Name Constraints: critical' && ! grep -q evil text &&
    ! grep -q everything text && [ "$(grep -c 'BEGIN CERT' $chain)" = 2 ]
ok "openssl sees what the plan states, and nothing of the CSR"
[ "$(openssl x509 -in $chain -noout -pubkey)" = "$(openssl req -in good.csr -noout -pubkey)" ]
ok "it is of the CSR's key"

csplit -sz -f part $chain '/BEGIN CERT/' '{*}'
openssl verify -x509_strict -CAfile part01 part00 >out 2>err
ok "openssl verifies it to the root, strictly"
certtool --verify --load-ca-certificate part01 --infile part00 >out 2>err
ok "certtool too"

sealer() { # the certificate for document signing among the objects
	for f in r/state/objects/*; do
		openssl x509 -inform DER -in "$f" -noout -ext extendedKeyUsage 2>&1 |
		    grep -q 1.3.6.1.5.5.7.3.36 || continue
		openssl x509 -inform DER -in "$f"
		break
	done
}
sealer >sealer.pem &&
    openssl cms -verify -binary -inform DER -noverify -nointern \
	-in r/out/partner.intermediate -out payload -certfile sealer.pem \
	2>err && [ "$(wc -l <payload)" = 3 ] &&
    jq -e -s '.[0].kind == "intermediate" and .[0].certificates == 2' \
	payload >out &&
    jq -r 'select(.certificate).certificate' payload | head -n 1 |
    base64 -d >one.der &&
    openssl x509 -in part00 -outform DER | cmp - one.der
ok "the sealed file opens by hand and has the same certificate"
[ "$(jq -r 'select(.csr).csr' payload)" = "$(sha256 good.csr)" ]
ok "it names the CSR"

run 0 "$audit" verify r/state --anchor "$anchor" && says out '1 CAs that others run'
ok "the auditor agrees"
run 0 "$audit" show r/state && says out 'csr ' && says out 'seal-intermediate:1'
ok "the auditor shows it"
run 0 "$anchorite" status --state r/state && says out 'certified by root-1'
ok "status lists it"

# ---- what it issues, judged by others -----------------------------------------
mkdir ca && : >ca/index.txt && echo 01 >ca/serial
cat >ca.cnf <<END
[ca]
default_ca = partner
[partner]
database = ca/index.txt
serial = ca/serial
new_certs_dir = ca
certificate = part00
private_key = partner.key
default_md = sha256
default_days = 30
policy = any
email_in_dn = no
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
organizationName = optional
countryName = optional
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:\${ENV::HOST}
certificatePolicies = 1.3.6.1.4.1.55555.1
END
# leaf HOST SUBJECT: HOST.crt by openssl ca
leaf() {
	key leaf.key prime256v1 &&
	    openssl req -new -key leaf.key -subj "$2" -out leaf.csr &&
	    HOST=$1 openssl ca -batch -config ca.cnf -preserveDN -notext \
		-in leaf.csr -out "$1.crt" >out 2>err
}
# judged HOST: by openssl and by certtool, each to its own file
judged() {
	openssl verify -x509_strict -CAfile part01 -untrusted part00 "$1.crt" >out 2>err
	by_openssl=$?
	certtool --verify --load-ca-certificate part01 --infile "$1.chain" >>out 2>&1
	by_certtool=$?
	echo "$by_openssl $by_certtool"
}
leaf www.partner.example '/C=CH/O=Example Partner/CN=www' &&
    cat www.partner.example.crt part00 >www.partner.example.chain &&
    [ "$(judged www.partner.example)" = "0 0" ]
ok "a leaf of it by openssl ca verifies to our root: openssl and certtool"
leaf www.evil.example '/C=CH/O=Example Partner/CN=www' &&
    cat www.evil.example.crt part00 >www.evil.example.chain &&
    case $(judged www.evil.example) in [1-9]*\ [1-9]*) ;; *) false ;; esac
ok "a leaf outside its names verifies with neither"
leaf b.partner.example '/C=DE/O=Another/CN=b' &&
    ! openssl verify -x509_strict -CAfile part01 -untrusted part00 \
	b.partner.example.crt >out 2>err && says err 'permitted subtree'
ok "nor does one with another subject, with openssl"

# ---- one certificate a key, for ever -------------------------------------------
inter -9 -e 's/partner-chain/again/; s/partner.intermediate/again.sealed/' >again.yaml
refuses "the same key again, in another ceremony" 1 'one certificate a key' again.yaml
openssl req -new -key partner.key -subj /CN=other -outform DER -out in/partner.csr 2>/dev/null
refuses "the same key in another CSR, in DER" 1 'one certificate a key' again.yaml
rm in/partner.csr
inter -9 -e 's/partner-chain/other/; s/partner.intermediate/other.sealed/' \
    -e 's/key: p384/key: rsa/; /permitted:/,/policies:/d' \
    -e 's/CN=Partner Issuing/CN=Other/' >other.yaml
rehearse 0 other.yaml && says out 'made up: partner.csr' &&
    says out 'permitted  none: any name' && openssl x509 -in r/out/other.pem \
    -noout -text >text && says text 'Public-Key: (3072 bit)'
ok "a CSR that is missing is made up, with an RSA key; nothing more is stated"

# ---- revoked by its issuer -----------------------------------------------------
serial=$(openssl x509 -in part00 -noout -serial | sed 's/serial=//')
plan demo-3-crl -8 -e 's/product-1/root-1/' -e "s/{id: 340A91FF/{serial: $serial/" \
    >crl.yaml
rehearse 0 crl.yaml && cat part01 r/out/root-1.crl >with-crl &&
    ! openssl verify -crl_check -CAfile with-crl part00 >out 2>err &&
    says err 'certificate revoked'
ok "the root's CRL revokes it by serial"
run 0 "$audit" verify r/state --anchor "$anchor"
ok "the auditor agrees with all of it"

# ---- by a product CA whose pathlen lets it ---------------------------------------
mv r r.first && rm -f in/partner.csr in/line3.station line3.key
genesis -e 's/^      sealer: .*/&\n      pathlen: 2/'
anchor=$(awk '/^anchor of this log/ { getline; print }' out)
[ -n "$anchor" ]
ok "a log whose product CA may certify CAs"
change "as many below it as below the product CA" 3 \
    "RFC 5280 4.2.1.9: the issuer's pathLen is 2: at most 1 below it" \
    -e 's/token: root-1/token: product-1/; s/pathlen: 0/pathlen: 2/'
change "longer than the product CA" 3 'would outlive the CA on token product-1' \
    -e 's/token: root-1/token: product-1/; s/years: 10/years: 21/'
change "a policy that the product CA does not assert" 3 \
    "RFC 5280 4.2.1.4: not among the issuer's policies" \
    -e 's/token: root-1/token: product-1/; s/pathlen: 0/pathlen: 1/'
plan demo-6-intermediate -10 -e 's/token: root-1/token: product-1/' \
    -e 's/pathlen: 0/pathlen: 1/; /policies:/d' >partner.yaml
rehearse 0 partner.yaml && rm -f part0* &&
    csplit -sz -f part r/out/partner-chain.pem '/BEGIN CERT/' '{*}' &&
    [ -e part02 ] && openssl verify -x509_strict -CAfile part02 \
	-untrusted part01 part00 >out 2>err &&
    openssl x509 -in part01 -noout -text >text && says text 'pathlen:2' &&
    openssl x509 -in part00 -noout -text >text && says text 'pathlen:1'
ok "it certifies one, and openssl verifies the chain of three"
run 0 "$audit" verify r/state --anchor "$anchor"
ok "the auditor agrees, of that log too"
echo "1..$n"
