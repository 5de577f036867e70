#!/bin/sh
# The operator's process among helper processes that lie.  In each row one of
# them tells one lie: the run ends with the documented status and one line,
# nothing is delivered, the log is in order as far as it goes, and the same plan
# run again with honest helpers ends well.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

audited() {
	run "$1" "$audit" verify row/state --anchor "$(cat anchor)"
}

# in_order: the auditor finds nothing worse than a ceremony that is not closed
in_order() {
	"$audit" verify row/state --anchor "$(cat anchor)" --json >audited
	[ $? -le 1 ] && jq -e '.findings | all(endswith(" is not closed"))' \
		audited >>err
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

# lies WHO NAME STATUS TEXT PLAN KIND N LIE...
lies() {
	who=$1 name="$1: $2" want_status=$3 text=$4
	shift 4
	tell_lie "$want_status" "$who" "$@" && says err "$text" &&
		[ "$(wc -l <err)" = 1 ] && [ ! -e "row/out/$1.out" ] &&
		in_order
	ok "$name"
	run 0 "$anchorite" rehearse "$1.yaml" --dir row --in in &&
		[ -s "row/out/$1.out" ] && audited 0
	ok "$name; and then in honesty"
}
reader() {
	lies reader "$@"
}
signer() {
	lies signer "$@"
}

# found NAME TEXT PLAN KIND N LIE...: a reader's lie that only comparing with
# the file can show, which is the auditor's to find
found() {
	name=$1 text=$2
	shift 2
	tell_lie 0 reader "$@" && audited 1 && says out "$text"
	ok "reader, found by the audit: $name"
}

# hex FILE: all of it in one word
hex() {
	od -An -v -tx1 "$1" | tr -d ' \n'
}

# batch NAME DAY: NAME.yaml, NAME.request gives NAME.out
batch() {
	plan demo-2-batch "$2" -e "s/^ceremony: .*/ceremony: $1/" \
		-e "s/line3.request/$1.request/" \
		-e "s/line3.response/$1.out/" >"$1.yaml"
}

# ---- a log with one batch, and what is to be done next ----------------------
genesis -e 's/quota: .*/quota: 100/' -e 's/threshold: 3/threshold: 2/'
ok "genesis"
sed -n '/^anchor of this log/{n;p;}' out >anchor
"$devices" make a 3 --first 340A9100 && "$devices" make b 3 --first 340A9200 &&
	request first.request a &&
	request batch.request --previous in/first.request b
ok "two requests"
batch first -18
batch batch -17
plan demo-1-genesis -17 -e '/^  - quorum:/,/^  - pro/{/^  - pro/!d;}' \
	-e 's/^ceremony: .*/ceremony: product/' -e 's/CA 1/CA 2/' \
	-e 's/product-1/product-2/' -e 's/line3.order/product.out/' \
	>product.yaml
rehearse 0 first.yaml && install_liar reader && install_liar signer
ok "the first batch, and two liars"
mv r base
old=$(jq -r 'select(.type == "act.result").body.crl // empty' \
	base/state/transcript.jsonl | tail -n 1)
cp "base/state/objects/$old" old.crl
tail -n 1 base/state/issuance.jsonl | jq -r .certificate | base64 -d >other.cert
openssl ecparam -name prime256v1 -genkey -noout -out other.pem &&
	openssl pkey -in other.pem -pubout -outform DER -out other.spki
ok "another key"
other=0000005b$(hex other.spki)

# ---- a reader that lies about a plan ----------------------------------------
reader "dies before it is ready" 6 'has ended' batch ready 1 end
reader "field path garbage" 3 ':11: unknown key "cdremony"' \
	batch plan-field 3 flip 5
reader "path of another field" 3 'is there twice' \
	batch plan-field 5 splice 4 4 706c616e
reader "value that is not printable" 6 'wrong size' \
	batch plan-field 1 splice 8 1 07
reader "done in the middle" 6 'wrong size' batch plan-field 6 kind 'done'

# ---- about a station's file -------------------------------------------------
reader "station's key changed" 3 'station key: not usable' \
	product station 1 flip -1
reader "a request's answer" 6 'wrong kind' product station 1 kind request

# ---- about a request --------------------------------------------------------
reader "other order digest" 1 'not one of this log' batch request 1 flip 40
reader "other sequence" 1 'sequence 3, expected 2' batch request 1 flip 99
reader "other request before" 1 'sequence 2, expected 2' \
	batch request 1 flip 110
reader "sealed by another station" 1 'a station that its work order' \
	batch request 1 splice 144 95 "$other"
reader "count larger" 6 'wrong kind' batch request 1 flip 143
reader "count smaller" 6 'wrong kind' \
	batch request 1 splice 136 8 0000000000000002
reader "count over every limit" 3 'batch.request: ' \
	batch request 1 splice 136 8 0000000100000000
reader "entry rule out of range" 6 'makes no sense' \
	batch entry 2 splice 16 8 00000000000000ff
reader "entry rule of 64 bits" 6 'makes no sense' \
	batch entry 2 splice 16 8 8000000000000000
reader "spki changed" 6 'makes no sense' batch entry 1 flip 118
reader "spki of another length" 6 'wrong size' batch entry 1 flip 27
reader "payload cut" 6 'wrong size' batch entry 1 cut 1
reader "another length claimed" 6 'wrong size' batch entry 1 claim
reader "a descriptor nobody asked for" 6 'wrong descriptor' \
	batch entry 1 descriptor
reader "a message for a signer" 6 'wrong kind' batch entry 1 kind execute
reader "dies among the entries" 6 'has ended' batch entry 2 end

# What a reader that was taken over can do: docs/threats.md.
found "another key under an id" 'must be "cert device-tls 340A9200' \
	batch entry 1 splice 24 95 "$other"
found "an entry refused" 'is "refuse 1 ' batch entry 1 flip 23
found "other bundle id" 'the request says something else' \
	batch request 1 flip 80
found "other digest" 'the request has another payload' batch request 1 flip 4
found "no title" 'the plan has another title' batch plan-field 4 skip

# ---- a signer that lies before it is told to sign ---------------------------
signer "dies before it is ready" 6 'has ended' batch ready 1 end
signer "other token serial" 4 'another token answered' batch opened 1 flip 17
signer "a fault that is none" 6 'wrong size' batch ok 3 kind fault
signer "other nonce" 1 'not of an act prepared here' batch prepared 1 flip 4
signer "other nonce length" 6 'wrong size' \
	batch prepared 1 splice 0 20 0000000f000102030405060708090a0b0c0d0e
signer "other issuer" 1 'no such key of the token' batch prepared 1 flip 24
signer "other input digest" 6 'something else' batch prepared 1 flip 60
signer "input over every limit" 6 'wrong size' \
	batch prepared 1 splice 92 8 ffffffffffffffff
signer "approval that does not verify" 1 'does not verify' \
	batch signature 1 flip -1
signer "approval of no octets" 1 'signature' batch signature 1 put /dev/null
signer "other head" 1 'compare the heads' batch head 1 flip -1

# ---- in a batch -------------------------------------------------------------
signer "intent of another entry" 6 'an intent is not' batch intent 1 flip 7
signer "intent of another serial" 6 'an intent is not' batch intent 2 flip 20
signer "intent of another TBS" 6 'an intent is not' batch intent 2 flip -1
signer "intents out of order" 6 'an intent is not' batch intent 1 late
signer "an intent more" 6 'wrong kind' batch intent 3 twice
signer "TBS with a flipped bit" 6 'a certificate is not' batch cert 1 flip 60
signer "signature with a flipped bit" 6 'a certificate is not' \
	batch cert 2 flip -1
signer "certificate of another key" 6 'a certificate is not' \
	batch cert 1 put other.cert
signer "certificates out of order" 6 'a certificate is not' batch cert 1 late
signer "certificate of no octets" 6 'a certificate is not' \
	batch cert 2 put /dev/null
signer "dies among the certificates" 6 'has ended' batch cert 2 end
signer "CRL of before" 1 'CRL' batch file 1 file old.crl
signer "CRL with a flipped bit" 1 'the signature does not verify' \
	batch part 1 flip -1
signer "response to another request" 1 'of another log, request or order' \
	batch file 2 file base/out/first.out
signer "response with a flipped bit" 6 'the seal does not verify' \
	batch part 2 flip 500
signer "response longer than told" 6 'wrong size' \
	batch file 2 splice 0 8 0000000000000010
signer "response over every limit" 6 'wrong size' \
	batch file 2 splice 0 8 00000000ffffffff
signer "dies before the response" 6 'has ended' batch part 2 end

# ---- while the token's PIN changes ------------------------------------------
signer "a share of the new PIN fewer" 6 'wrong kind' batch made-share 5 skip
signer "a share of the new PIN more" 6 'wrong kind' batch made-share 5 twice
signer "one x of the new PIN twice" 1 'stands twice' batch made-share 1 flip 16
signer "a share for a stranger" 1 'no operator of the policy' \
	batch made-share 1 flip 4
signer "keys another token" 6 'keys another token' batch made 1 flip 5
signer "a commitment that is not the share's" 1 'not of this act' \
	batch made-share 2 flip -1
signer "does not change it" 6 'has ended' batch made 1 end
signer "changes it and says nothing" 6 'has ended' batch rotated 1 end
signer "an answer of another token" 1 'the text is not of token' \
	batch rotated 1 flip 80
signer "an answer that does not verify" 1 'does not verify' \
	batch rotated 1 flip -1
signer "opened by no PIN" 6 'wrong size' batch begun 1 cut 1

# ---- making a product CA ----------------------------------------------------
signer "another key than it proves" 1 'does not verify' \
	product made-key 1 splice 14 95 "$other"
signer "key for another role" 1 'where product-ca belongs' \
	product made-key 1 flip 5
signer "key outside the token" 1 'attribute "token" is false' \
	product made-key 1 splice 109 8 0000000000000000
signer "a share fewer" 6 'wrong kind' product made-share 5 skip
signer "a share more" 6 'wrong kind' product made-share 5 twice
signer "one x twice" 1 'stands twice' product made-share 1 flip 16
signer "CA with a flipped bit" 1 'certificate' product cert 1 flip 60
signer "CA signed by nobody" 1 'not signed by its issuer' \
	product cert 1 flip -1
signer "other certificate" 1 'another TBSCertificate' \
	product cert 1 put other.cert
echo "1..$n"
