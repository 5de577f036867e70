#!/bin/sh
# A CA's keys on more than one token: made, copied, used from any of them.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
T=r/state/transcript.jsonl

audited() {
	run 0 "$audit" verify r/state --anchor "$(cat anchor)"
}

# copied [SED...]: the genesis with a root on two tokens, a product CA on three
copied() {
	genesis -e '/label: product-1/a\
  - {label: root-2, module: softhsm}\
  - {label: product-2, module: softhsm}\
  - {label: product-3, module: softhsm}' \
		-e '/custodians:/a\
      backup:\
        threshold: 2\
        custodians: [Rita Sand, Sven Tal, Uwe Hall]' \
		-e 's/tokens: \[root-1\]/tokens: [root-1, root-2]/' \
		-e 's/tokens: \[product-1\]/tokens: [product-1, product-2, product-3]/' \
		-e '/single-copy:/d' -e '/reason: demonstration/d' "$@"
}

# keys LABEL: the SPKIs its keys' act says
keys() {
	jq -c "select(.type == \"act.result\") | .body |
		select(.label == \"$1\" and .keys != null) | .keys | map(.spki)" $T
}

copied && sed -n '/^anchor of this log/{n;p;}' out >anchor &&
	[ "$(jq -r 'select(.type == "backup.split").body.kept' $T)" = rehearsal ]
ok "a root on two tokens, a product CA on three"
audited
ok "the auditor agrees"
[ -n "$(keys product-1)" ] && [ "$(keys product-1)" = "$(keys product-2)" ] &&
	[ "$(keys product-1)" = "$(keys product-3)" ] &&
	[ "$(keys root-1)" = "$(keys root-2)" ]
ok "each holds the same keys"
[ "$(jq -r 'select(.type == "act.result") | .body | select(.certificates != null)
	| "\(.label) \(.certificates | length)"' $T | tr '\n' ' ')" = \
	"null 1 root-2 1 null 2 product-2 2 product-3 2 " ]
ok "certificates are written to every copy"
jq -e '[.tokens[] | select(.epoch != 2)] | length == 0' \
	<"$("$anchorite" status --state r/state --json >st; echo st)" >jq.out
ok "each PIN that was used is another one"

# ---- any copy does what the first holder does ----------------------------------
# ceremony NAME DAY STEPS
ceremony() {
	{
		sed -n '1,/^steps:/p' genesis.yaml |
			sed "s/^ceremony: .*/ceremony: $1/; s/^date: .*/date: $(day "$2")/"
		printf '%s\n' "$3"
	} >"$1.yaml"
}
# held NAME PLAN: it runs to its end, and the auditor has nothing to say
held() {
	rehearse 0 "$2" && cp out held && audited
	ok "$1"
}

"$devices" make units 5 && request one.request units
ok "a factory asks for five certificates"
ceremony one -10 "  - batch: {token: product-2, request: one.request, out: one.response, years: 5, crl-days: 60}"
held "a copy signs the batch of an order that the first holder sealed" one.yaml
ceremony two -9 "  - crl: {token: product-3, out: two.crl, crl-days: 60}
  - crl: {token: root-2, out: root.crl, crl-days: 400}"
held "other copies sign the CRLs that follow" two.yaml
[ "$(jq -r 'select(.type == "act.result") | .body | select(.crl != null).number' $T |
	tr '\n' ' ')" = "1 1 2 3 2 " ]
ok "their numbers go on, whichever token signs"
[ "$(jq -r '.tokens | map(select(.role == "product-ca").crl_next) | unique | length' <st)" = 1 ]
ok "what is known of the CRL is known of each copy"
echo "1..$n"
