#!/bin/sh
# A CA that others run, certified among helper processes that lie: what stops
# it, and what only the audit can find.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

audited() {
	run "$1" "$audit" verify row/state --anchor "$(cat anchor)"
}

# tell_lie STATUS WHO PLAN KIND N LIE...: in a copy of the log, ./row
tell_lie() {
	status=$1 who=$2 plan=$3
	shift 3
	rm -rf row && cp -a base row
	echo "$*" >"$who/libexec/anchorite/anchorite-$who.lie"
	run "$status" "$who/bin/anchorite" rehearse "$plan.yaml" \
		--dir row --in in
}

# lies WHO NAME STATUS TEXT PLAN KIND N LIE...: nothing leaves, the log is in
# order as far as it goes, and in honesty it goes on
lies() {
	who=$1 name="$1: $2" want_status=$3 text=$4
	shift 4
	tell_lie "$want_status" "$who" "$@" && says err "$text" &&
		[ "$(wc -l <err)" = 1 ] && [ ! -e row/out/partner-chain.pem ]
	ok "$name"
	run 0 "$anchorite" rehearse "$1.yaml" --dir row --in in &&
		[ -s row/out/partner-chain.pem ] && audited 0
	ok "$name; and then in honesty"
}

# found NAME TEXT PLAN KIND N LIE...: a reader's lie that the audit finds
found() {
	name=$1 text=$2
	shift 2
	tell_lie 0 reader "$@" && audited 1 && says out "$text"
	ok "found by the audit: $name"
}

# key NAME: NAME.pem, and its SubjectPublicKeyInfo in NAME.spki
key() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$1.pem" &&
		openssl pkey -in "$1.pem" -pubout -outform DER -out "$1.spki"
}

genesis -e 's/threshold: 3/threshold: 2/'
ok "genesis"
sed -n '/^anchor of this log/{n;p;}' out >anchor
key partner && key other && openssl req -new -key partner.pem \
	-subj '/CN=Partner wants this' -out in/partner.csr \
	-addext 'basicConstraints=critical,CA:TRUE' 2>err
ok "a CSR, and another key"
plan demo-6-intermediate -10 -e 's/key: p384/key: p256/' >partner.yaml
sha=$(sha256 partner.spki)
sed "s/key: p256/&\\n      key-sha256: \"$sha\"/" partner.yaml >told.yaml
install_liar reader && install_liar signer && mv r base
other=0000005b$(od -An -v -tx1 other.spki | tr -d ' \n')
[ -n "$other" ]
ok "two liars"
openssl x509 -new -key other.pem -subj /CN=x -force_pubkey other.pem 2>/dev/null |
	openssl x509 -outform DER -out other.cert 2>/dev/null || : >other.cert

# ---- a reader that lies about the CSR -----------------------------------------
lies reader "dies" 6 'has ended' partner csr 1 end
lies reader "a key that is none" 6 'makes no sense' partner csr 1 flip 40
lies reader "a key of another length" 6 'wrong size' partner csr 1 flip 3
lies reader "more asked for than can be" 6 'makes no sense' \
	partner csr 1 flip -2
lies reader "one thing asked for less" 6 'wrong kind' partner ask 1 skip
lies reader "one thing asked for more" 6 'wrong kind' partner ask 1 twice
lies reader "a name that is not printable" 6 'wrong size' partner ask 1 flip 4 7
lies reader "a message for a signer" 6 'wrong kind' partner csr 1 kind execute
lies reader "another key, where the plan says which" 1 'the plan says' \
	told csr 1 splice 0 95 "$other"

# What a reader that was taken over can do: docs/threats.md.
found "another key" 'the key is not the one in the CSR' \
	partner csr 1 splice 0 95 "$other"
found "a name that the plan does not permit" \
	'the certificate has "permitted dns partner.exanple", the plan has not' \
	partner plan-field 53 splice 55 1 6e
found "a policy that the plan does not state" \
	'the plan has "policy 1.3.6.1.4.1.55555.1", the certificate has not' \
	partner plan-field 63 flip -17
found "no names excluded" \
	'the plan has "excluded ip ::/0", the certificate has not' \
	partner plan-field 58 skip
found "another pathlen" 'the certificate has "pathlen 1", the plan has not' \
	partner plan-field 51 flip -17
found "another subject" "the certificate's subject is CN=Qartner" \
	partner plan-field 48 splice 39 1 51

# ---- a signer that lies ----------------------------------------------------------
lies signer "another digest than the TBS's" 6 'something else' \
	partner prepared 1 flip 60
lies signer "a TBS with a flipped bit" 6 'something else' partner part 1 flip 60
lies signer "a certificate with a flipped bit" 1 'certificate' \
	partner cert 1 flip 60
lies signer "a certificate signed by nobody" 1 'not signed by its issuer' \
	partner cert 1 flip -1
lies signer "dies before the certificate" 6 'has ended' partner cert 1 end
lies signer "a seal with a flipped bit" 1 'seal' partner part 2 flip 500

# ---- given up behind act.begin: it may have been signed ---------------------------
tell_lie 6 signer partner cert 1 end &&
	run 0 "$anchorite" rehearse partner.yaml --dir row --in in \
		--abandon 'a test'
ok "a ceremony that may have signed is given up"
plan demo-6-intermediate -9 -e 's/key: p384/key: p256/' \
	-e 's/partner-ca/later/' >later.yaml
run 1 "$anchorite" rehearse later.yaml --dir row --in in &&
	says err 'its key may have been certified in act' &&
	[ "$(wc -l <err)" = 1 ]
ok "its key gets no other certificate, in a later ceremony either"
tbs=$(jq -r 'select(.type == "act.propose" and .body.uses[0].use == "intermediate")
	.body.input_sha256' row/state/transcript.jsonl)
serial=$(openssl asn1parse -inform DER -in "row/state/objects/$tbs" |
	sed -n '/d=1 .*INTEGER/{s/.*://p;q;}')
plan demo-3-crl -8 -e 's/product-1/root-1/' \
	-e "s/{id: 340A91FF/{serial: $serial/" >crl.yaml
run 0 "$anchorite" rehearse crl.yaml --dir row --in in &&
	openssl crl -in row/out/root-1.crl -noout -text >out &&
	says out "$serial" && audited 0
ok "the serial that may be out is revoked, and the auditor agrees"
echo "1..$n"
