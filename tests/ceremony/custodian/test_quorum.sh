#!/bin/sh
# Three years of a quorum: five are enrolled, one leaves, one loses a card, four
# of seven are to meet, a token comes back from paper; batches in between.  The
# auditor has nothing to say after any of it.  Dates are the plans' alone.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
T=r/state/transcript.jsonl
units=0
previous=

audited() {
	run 0 "$audit" verify r/state --anchor "$(cat anchor)"
}

# held NAME PLAN: it runs to its end, and the auditor has nothing to say
held() {
	rehearse 0 "$2" && cp out held && audited
	ok "$1"
}

# ceremony NAME DATE OWNERS STEPS: NAME.yaml; OWNERS are owner=card
ceremony() {
	{
		printf 'plan: 1\nlog: demo.anchorite.example/fleet\n'
		printf 'ceremony: %s\ntitle: %s\ndate: %sT10:00:00Z\n' "$1" "$1" "$2"
		printf 'roles:\n  - {role: witness, name: Tom Reed}\ntokens:\n'
		for card in $3; do
			printf '  - {label: %s, module: softhsm, owner: %s}\n' \
				"${card#*=}" "${card%=*}"
		done
		for t in root-1 product-1 product-2; do
			printf '  - {label: %s, module: softhsm}\n' $t
		done
		printf 'steps:\n%s\n' "$4"
	} >"$1.yaml"
}

# batch NAME DATE OWNERS: ten units more
batch() {
	first=$(printf '%08X' $((0x20000000 + units)))
	units=$((units + 10))
	"$devices" make "$1.units" 10 --first "$first" &&
		run 0 "$factory" request --order r/out/line3.order \
			--key line3.key --date "$2T08:00:00Z" \
			${previous:+--previous "in/$previous"} \
			--out "in/$1.request" "$1.units" || return 1
	previous=$1.request
	ceremony "$1" "$2" "$3" "  - batch:
      token: product-1
      request: $1.request
      out: $1.response
      years: 5
      crl-days: 200"
}
crl() { # TOKEN OUT
	printf '  - crl: {token: %s, out: %s, crl-days: 900}' "$1" "$2"
}

# change THRESHOLD OPERATORS REASON [LINE...]: operators are "id card [more]"
change() {
	printf '  - quorum-change:\n      threshold: %s\n      operators:\n' "$1"
	echo "$2" | while read -r id card more; do
		printf '        - {id: %s, name: %s X, token: %s%s}\n' "$id" \
			"$id" "$card" "${more:+, $more}"
	done
	printf '      reason: %s\n' "$3"
	shift 3
	for line; do printf '      %s\n' "$line"; done
}

# epoch TOKEN: the one it is in
epoch() {
	"$anchorite" status --state r/state --json |
		jq ".tokens[] | select(.label == \"$1\").epoch"
}
stale() { # TOKEN
	"$anchorite" status --state r/state --json |
		jq -e ".tokens[] | select(.label == \"$1\").stale" >jq.out
}
# ---- 2026: five are enrolled ---------------------------------------------------
five="alice=op-alice bert=op-bert carol=op-carol dora=op-dora emil=op-emil"
mkdir in
run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	sed 's/expiry: .*/expiry: 2030-01-01T00:00:00Z/;
		s/receipts: .*/receipts: 2030-02-01T00:00:00Z/' \
		"$repo/docs/examples/demo-1-genesis.yaml" >genesis.yaml &&
	rehearse 0 genesis.yaml && sed -n '/^anchor of this log/{n;p;}' out >anchor
ok "five operators, three of them enough; a root, a product CA"
audited
ok "the auditor agrees"
[ "$(epoch root-1)" = 2 ] && [ "$(epoch product-1)" = 2 ]
ok "every PIN that was used is another one"
"$collude" r >after.genesis
ok "three who conspire know the PINs until the next ceremony"

batch one 2026-12-10 "$five"
held "a first batch" one.yaml
[ "$(epoch root-1)" = 2 ] && [ "$(epoch product-1)" = 3 ]
ok "the token that was used has another PIN, the other one its own"
"$collude" r >after.one &&
	[ "$(grep ^root-1 after.one)" = "$(grep ^root-1 after.genesis)" ] &&
	[ "$(grep ^product-1 after.one)" != "$(grep ^product-1 after.genesis)" ]
ok "what was known of it is worth nothing"
jq -e -s 'map(select(.cer == "one" and .type == "approve").body)
	| (map(.act) | unique | length) == 2 and length == 6' $T >jq.out
ok "three operators approved the batch and the new PIN"

# ---- 2027: a change that is cut off --------------------------------------------
# The root's token has the PIN of the old quorum or the new one.
install_liar signer
ceremony cut 2027-02-01 "$five" "$(change 3 'alice op-alice
bert op-bert
carol op-carol
dora op-dora
emil op-emil' 'to see it cut off' 'tokens: [root-1, product-1]')"
lie() { # STATUS LIE...: a signer tells it, tool_liar says what
	want=$1
	shift
	echo "$*" >signer/libexec/anchorite/anchorite-signer.lie
	run "$want" signer/bin/anchorite rehearse cut.yaml --dir r --in in
}
lie 6 rotated 1 end && tail -n 3 $T | grep -q rotate.prepare
ok "a token is cut off between two quorums"
lie 4 opened 1 flip -1 3 && says err 'root-1: one try is left and either of two PINs' &&
	! tail -n 3 $T | grep -q act.begin
ok "neither PIN is tried with the last try"
held "with more tries the new one is tried" cut.yaml
! stale root-1 && ! stale product-1 && jq -e -s 'any(.type == "rotate.found")' $T >jq.out
ok "and both tokens are the new quorum's"

# ---- 2027: one leaves ----------------------------------------------------------
four="alice=op-alice bert=op-bert carol=op-carol emil=op-emil"
ceremony leave 2027-03-01 "$four" "$(change 3 'alice op-alice
bert op-bert
carol op-carol
emil op-emil' 'dora left' 'tokens: [root-1, product-1]')"
held "dora leaves" leave.yaml
says held 'dora: leaves' && rehearse 0 leave.yaml && says out 'done and closed before'
ok "once"
run 0 "$anchorite" status --state r/state && ! says out op-dora &&
	says out 'quorum: 3 of 4' && ! stale root-1 && ! stale product-1
ok "the quorum is three of four, all tokens are keyed for it"
"$collude" r >after.leave && [ "$(wc -l <after.leave)" = 2 ] &&
	jq -e -s 'map(select(.type == "rotate.prepare").body) | .[-2:]
		| all(.shares | map(.operator) | index("dora") | not)' $T >jq.out
ok "she has no share of any PIN"

# ---- 2027: one loses a card, another one gets a new name -----------------------
lost="alice=op-alice bert=op-bert carol=op-carol-2 emilia=op-emil"
ceremony lost 2027-06-01 "$lost" "$(change 3 'alice op-alice
bert op-bert
carol op-carol-2 card: new
emilia op-emil was: emil' 'a card was lost' 'tokens: [product-1]')"
held "carol has another card, emil is called emilia; the root stays in its safe" \
	lost.yaml
stale root-1 && ! stale product-1
ok "the root's token is stale"
run 0 "$anchorite" status --state r/state &&
	says out 'keyed for an earlier quorum'
ok "status says so"
batch two 2027-06-10 "$lost"
held "a second batch" two.yaml
says held 'root-1: stale'
ok "the opening says so"
ceremony root 2027-06-20 "$lost" "$(crl root-1 root.crl)"
held "the root's token changes its PIN, signs, and changes it again" root.yaml
! stale root-1 && jq -e -s 'map(select(.cer == "root" and
	.type == "act.result").body.act) | length == 3' $T >jq.out
ok "it is not stale any more"

# ---- 2028: four of seven -------------------------------------------------------
seven="$lost frank=op-frank gina=op-gina hana=op-hana"
ceremony seven 2028-02-01 "$seven" "$(change 4 'alice op-alice
bert op-bert
carol op-carol-2
emilia op-emil
frank op-frank card: new
gina op-gina card: new
hana op-hana card: new' 'the fleet grows' 'tokens: [root-1]')"
held "three join: four of seven" seven.yaml
stale product-1 && run 0 "$anchorite" status --state r/state &&
	says out 'quorum: 4 of 7'
ok "the product CA's token is stale"

# ---- 2028: a token comes back from paper ---------------------------------------
before=$(epoch product-1)
ceremony recovery 2028-03-01 "$seven" "  - recovery:
      token: product-1
      reason: its PIN was locked by a broken reader"
held "the product CA's token is opened with S" recovery.yaml
! stale product-1 && [ "$(epoch product-1)" -gt "$before" ]
ok "it is keyed for the present quorum"
batch three 2028-03-10 "$seven"
held "a third batch" three.yaml
jq -e -s 'map(select(.cer == "three" and .type == "approve").body)
	| length == 8' $T >jq.out
ok "approved by four"

# ---- 2029: the papers burnt ----------------------------------------------------
ceremony papers 2029-01-10 "$seven" "$(change 4 'alice op-alice
bert op-bert
carol op-carol-2
emilia op-emil
frank op-frank
gina op-gina
hana op-hana' 'a fire in the safe' \
	'so: {threshold: 2, custodians: [Uma Holt, Vic Rowe, Wim Maas]}' \
	'tokens: [root-1, product-1]')"
sed 's/^ceremony: .*/ceremony: both/' papers.yaml >both.yaml
printf '  - recovery:\n      token: product-1\n      reason: as well\n' >>both.yaml
refuses "nothing is recovered behind it in one plan" 1 \
	'or will be before step 2 needs it' both.yaml
held "S is replaced while the quorum stands" papers.yaml
run 0 "$anchorite" status --state r/state && says out 'S cannot recover it'
ok "status says for which tokens it comes too late"
ceremony toolate 2029-01-20 "$seven" "  - recovery:
      token: product-1
      reason: a try"
refuses "it opens none of them" 1 'comes from an S that was replaced' \
	toolate.yaml
ceremony again 2029-02-01 "$seven" "  - product-ca:
      issuer: root-1
      subject: CN=Example Product CA 2,O=Example Devices
      sealer: CN=Example Product CA 2 Sealer,O=Example Devices
      key: p256
      years: 10
      crl-days: 90
      tokens: [product-2]
      single-copy: accepted
      reason: a test
  - recovery:
      token: product-2
      reason: a test
$(crl product-2 product-2.crl)"
held "a token made since then is recovered with the new words" again.yaml
[ "$(jq -r 'select(.type == "ceremony.close").cer' $T | wc -l)" = 12 ] ||
	jq -r 'select(.type == "ceremony.close").cer' $T
ok "three years, and all of it stands"
echo "1..$n"
