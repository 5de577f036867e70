#!/bin/sh
# The main job, and then tools that are not ours find the same: openssl,
# certtool, sha256sum and jq.  Genesis, a batch of 40, the same batch again, an
# altered one, a CRL.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
state=r/state
T=$state/transcript.jsonl

# hex_octets: hexadecimal on standard input, octets on standard output
hex_octets() {
	tr a-f A-F | basenc -d --base16
}
node() { # LEFT RIGHT: RFC 9162 2.1.1
	printf '01%s%s' "$1" "$2" | hex_octets | sha256sum | cut -d' ' -f1
}
# tree_root: leaf hashes on standard input, one a line, the root as hex; a
# stack of "size:hash", the newest first, where equal sizes are joined
tree_root() {
	stack=
	while read -r hash; do
		size=1
		while [ "${stack%%:*}" = $size ]; do
			top=${stack%% *}
			stack=${stack#* }
			hash=$(node "${top#*:}" "$hash")
			size=$((size * 2))
		done
		stack="$size:$hash $stack"
	done
	hash=${stack%% *}
	hash=${hash#*:}
	for top in ${stack#* }; do
		hash=$(node "${top#*:}" "$hash")
	done
	echo "$hash"
}

# each COMMAND ITEM...: it succeeds with every item
each() {
	command=$1
	shift
	for item; do
		"$command" "$item" || return 1
	done
}

# certificate USE: PEM of the certificate that the act of this use made
certificate() {
	act=$(records act.propose |
		jq -r "select(.uses[0].use == \"$1\" and .kind != \"batch\").act")
	object=$(records act.result |
		jq -r "select(.act == $act).certificate")
	openssl x509 -inform DER -in "$state/objects/$object"
}

# ---- the job -----------------------------------------------------------------
genesis_now
ok "genesis"
sed -n '/^anchor of this log/{n;p;}' out >anchor
"$devices" make units 28 --first 340A91F0 && "$devices" bad bad &&
	request line3.request units bad
ok "a request of 28 units, one more and eleven bad ones"
plan demo-2-batch -10 >batch.yaml && rehearse 0 batch.yaml
ok "batch"
certificate root >root.pem && certificate product-ca >product.pem &&
	certificate sealer >sealer.pem
ok "the CA certificates are in the record"

# ---- the response, by hand ---------------------------------------------------
by_openssl() { # OPTION... CERTIFICATE...
	openssl verify -x509_strict -CAfile root.pem -untrusted product.pem \
		"$@" >out 2>err
}
openssl x509 -in sealer.pem -outform DER >sealer.der &&
	records act.result >results &&
	holds ".certificate == \"$(sha256 sealer.der)\"" results
ok "the transcript holds the digest of the sealer's certificate"
openssl verify -x509_strict -attime "$(date -u -d "$(day -10)" +%s)" \
	-CAfile root.pem sealer.pem >out 2>err &&
	openssl x509 -in sealer.pem -noout -ext extendedKeyUsage |
	grep -qx ' *1\.3\.6\.1\.5\.5\.7\.3\.36\|Document Signing'
ok "first step: sealer certified by the root, for documents"
openssl cms -verify -binary -inform DER -noverify -nointern \
	-certfile sealer.pem -in r/out/line3.response >response 2>err
ok "second step: openssl opens the response"
! openssl cms -verify -binary -inform DER -noverify -nointern \
	-certfile product.pem -in r/out/line3.response >out 2>err
ok "and not with another certificate"
jq -s -e '.[0] as $h | ($h.issued == 29 and $h.rejected == 11 and
	$h.entries == 40 and ([.[] | select(.status == "issued")] | length) ==
	29 and ([.[] | select(.status == "rejected")] | length) == 11 and
	([.[] | select(.entry)] | length) == 40)' response >out
ok "counts: 29 issued and 11 rejected of 40"
records act.result >results &&
	holds ".payload == \"$(sha256 response)\" and .issued == 29 and
		.rejected == 11" results
ok "the transcript says the same of this payload"
cat >rules <<END
csr.pop
entry.key-twice
entry.id-twice
entry.key-twin
entry.id
csr.extension
csr.curve
csr.rsa
csr.trailing
csr.der
csr.nul
END
# 40 entries: 28 units, the good one among the bad, then the bad in order
i=0
while read -r rule; do
	i=$((i + 1))
	holds ".entry == $((29 + i)) and .status == \"rejected\" and
		.rule == \"$rule\" and (.reason | length) > 10" response
	ok "bad CSR $i is refused by $rule"
done <rules

# ---- certificates and CRLs ---------------------------------------------------
mkdir certs
i=0
jq -r 'select(.status == "issued") | .id + " " + .certificate' response |
	while read -r id der; do
		echo "$der" | base64 -d >"certs/$id.der"
		openssl x509 -inform DER -in "certs/$id.der" -out "certs/$id.pem"
		cat "certs/$id.pem" product.pem >"certs/$id.chain"
	done
[ "$(find certs -name '*.pem' | wc -l)" = 29 ]
ok "29 certificates"
by_openssl -purpose sslclient certs/*.pem &&
	[ "$(grep -c ': OK$' out)" = 29 ]
ok "openssl verify -x509_strict"
by_certtool() { # CHAIN
	certtool --verify --load-ca-certificate root.pem --infile "$1" \
		>out 2>err && says out "Chain verification output: Verified"
}
each by_certtool certs/*.chain
ok "certtool --verify"
of_its_device() { # CERTIFICATE
	id=${1#certs/}
	id=${id%.pem}
	if [ "$id" = 340AF000 ]; then
		openssl req -in bad/00-good.csr -noout -pubkey >want
	else
		openssl pkey -in "units/keys/$id.pem" -pubout >want
	fi
	openssl x509 -in "$1" -noout -pubkey | cmp want - &&
		openssl x509 -in "$1" -noout -subject -nameopt RFC2253 |
		grep -q "[=,]CN=device-$id\$"
}
each of_its_device certs/*.pem
ok "each for its device's key and id"
# chunk NAME INDEX: octets of a chunked thing of the response
chunk() {
	jq -r --arg n "$1" --argjson i "$2" \
		'select(.chunk == $n and .index == $i).data' response | base64 -d
}
chunk chain 1 | openssl x509 -inform DER | cmp - product.pem &&
	chunk chain 2 | openssl x509 -inform DER | cmp - root.pem
ok "the response carries the chain"
chunk crl 1 | openssl crl -inform DER -out product.crl &&
	chunk crl 2 | openssl crl -inform DER -out root.crl &&
	openssl crl -in product.crl -verify -CAfile product.pem -noout \
		>out 2>err && says err "verify OK" &&
	openssl crl -in root.crl -verify -CAfile root.pem -noout >out 2>err &&
	says err "verify OK"
ok "and both CRLs, which openssl verifies"
by_openssl -crl_check_all -CRLfile product.crl -CRLfile root.crl \
	certs/*.pem
ok "no certificate is revoked yet"

# ---- again, and altered ------------------------------------------------------
lines=$(wc -l <$state/issuance.jsonl)
plan demo-2-batch -9 -e s/2026-12-batch-1/again/ \
	-e s/line3.response/again.response/ >again.yaml &&
	rehearse 0 again.yaml && cmp r/out/line3.response r/out/again.response
ok "the same request again: the same response, byte for byte"
jq -e -s '[.[] | select(.cer == "again").type] as $t |
	($t | index("request.repeat")) != null and
	($t | index("act.propose")) == null' $T >out &&
	[ "$(wc -l <$state/issuance.jsonl)" = "$lines" ]
ok "and nothing was proposed or signed"
digests r/state >before
"$bundle" line3.key in/line3.request in/altered.request entries=39 &&
	plan demo-2-batch -8 -e s/2026-12-batch-1/altered/ \
		-e s/line3.request/altered.request/ \
		-e s/line3.response/altered.response/ >altered.yaml
refuses "the same bundle with another payload is an alarm" 1 \
	"answered before with another payload" altered.yaml
digests r/state | cmp before - && [ ! -e r/out/altered.response ]
ok "which changes nothing"

# ---- revocation --------------------------------------------------------------
plan demo-3-crl -5 >crl.yaml && rehearse 0 crl.yaml &&
	openssl crl -in r/out/product-1.crl -verify -CAfile product.pem \
		-noout >out 2>err && says err "verify OK"
ok "a CRL that openssl verifies"
serial=$(openssl x509 -in certs/340A91FF.pem -noout -serial | cut -d= -f2)
openssl crl -in r/out/product-1.crl -noout -text >out &&
	[ "$(grep -c 'Serial Number:' out)" = 1 ] && says out "$serial" &&
	says out "Key Compromise"
ok "it lists the unit's serial alone"
certtool --verify-crl --load-ca-certificate product.pem \
	--infile r/out/product-1.crl >out 2>err && says out "Verified"
ok "certtool verifies it"
by_openssl -crl_check_all -CRLfile r/out/product-1.crl -CRLfile root.crl \
	certs/340A91FF.pem
[ $? = 2 ] && says err "certificate revoked"
ok "openssl refuses the revoked certificate"
by_openssl -crl_check_all -CRLfile r/out/product-1.crl -CRLfile root.crl \
	certs/340A91FE.pem
ok "and no other"

# ---- the record --------------------------------------------------------------
seq 0 $(($(wc -l <$T) - 1)) >counted
mkdir lines && split -l 1 -a 4 $T lines/ &&
	sha256sum lines/* | cut -d' ' -f1 >hashes &&
	{ printf '%064d\n' 0 && head -n -1 hashes; } >want &&
	jq -r .prev $T | cmp - want &&
	jq -r .seq $T | cmp - counted
ok "sha256sum and jq make the transcript's chain"
genesis_line=$(jq -r 'select(.type == "act.result" and
	.body.act == 1).seq + 1' $T)
run 0 "$anchorite" status --state $state --json && mv out status &&
	holds ".head == \"$(tail -n 1 hashes)\" and
		.anchor == \"$(sed -n "${genesis_line}p" hashes)\" and
		.ceremonies == 4 and .certificates == 29" status
ok "status shows its head and anchor"
run 0 "$anchorite" status --state $state && says out "29 certificates"
ok "status for people"
(cd $state/objects && for o in *; do echo "$o  $o"; done) >want
(cd $state/objects && sha256sum --check --quiet --strict "$dir/want") >out 2>err
ok "objects are named by their digest"
jq -r 'select(.type == "result").certificate' $state/issuance.jsonl |
	while read -r der; do
		{ printf '\000' && echo "$der" | base64 -d; } | sha256sum
	done | cut -d' ' -f1 >leaves
[ "$(wc -l <leaves)" = 29 ] && root=$(tree_root <leaves)
ok "29 leaves"
policy=$(records act.result | jq -r '.policy // empty')
# by_operator KEY-NAME SIGNATURE: over ./text, by the key in the policy
by_operator() {
	awk -v id="${1##*/}" '$1 == "operator" && $2 == id { print $3 }' \
		"$state/objects/$policy" | base64 -d >spki
	echo "$2" | base64 -d >sig
	tail -c +5 sig >der
	openssl pkey -pubin -inform DER -in spki -out key.pem &&
		openssl dgst -sha256 -binary spki | cmp -n 4 - sig &&
		openssl dgst -sha256 -verify key.pem -signature der text
}
signed_by_three() { # NOTE
	sed '/^$/,$d' "$1" >text
	sed '1,/^$/d' "$1" >sigs
	[ "$(cut -d' ' -f2 sigs | sort -u | wc -l)" = 3 ] || return 1
	while read -r _ key sig; do
		by_operator "$key" "$sig" >out 2>err || return 1
	done <sigs
}
each signed_by_three "$state"/checkpoints/*.note
ok "openssl verifies three operators on each of the checkpoints"
[ "$(find $state/checkpoints -name '*.note' | wc -l)" = 4 ]
ok "a checkpoint for each ceremony"
note=$state/checkpoints/2026-12-crl-1.note
{
	jq -r .log $T | head -n 1
	echo 29
	echo "$root" | hex_octets | base64
	echo "transcript $(($(wc -l <$T) - 1)) $(tail -n 1 hashes)"
} >want
sed '/^$/,$d' $note | diff want - >out 2>err
ok "the last one is of these leaves and this head"
# leaf I of N with its proof, RFC 9162 2.1.3.2
jq -r 'select(.leaf == 13) | .proof[]' response >proof
hash=$(sed -n 14p leaves) fn=13 sn=28
while read -r p; do
	if [ $((fn % 2)) = 1 ] || [ $fn = $sn ]; then
		hash=$(node "$p" "$hash")
		while [ $fn != 0 ] && [ $((fn % 2)) = 0 ]; do
			fn=$((fn / 2)) sn=$((sn / 2))
		done
	else
		hash=$(node "$hash" "$p")
	fi
	fn=$((fn / 2)) sn=$((sn / 2))
done <proof
[ $sn = 0 ] && [ "$hash" = "$root" ]
ok "the proof of a leaf in the response leads to the root"

# ---- the auditor -------------------------------------------------------------
if [ -x "$audit" ]; then
	run 0 "$audit" verify $state --anchor "$(cat anchor)"
	ok "audit with the anchor"
	run 3 "$audit" verify $state
	ok "audit without: self-consistent only"
	# flipped NAME FILE OCTET TEXT: a copy with one bit changed
	flipped() {
		rm -rf copy && cp -r $state copy && rm -f copy/ledger.db*
		flip "copy/$2" "$3"
		run 1 "$audit" verify copy --anchor "$(cat anchor)" &&
			cat out err >both && says both "$4"
		ok "audit finds a flipped bit in $1"
	}
	flipped "the transcript" transcript.jsonl 9000 "line"
	flipped "the issuance log" issuance.jsonl 9000 issuance.jsonl
	flipped "an object" "objects/$policy" 100 "$policy"
	flipped "a checkpoint" checkpoints/2026-12-batch-1.note 200 \
		2026-12-batch-1
else
	skip "audit" "anchorite-audit is not built"
fi
echo "1..$n"
