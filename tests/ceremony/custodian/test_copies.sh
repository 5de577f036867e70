#!/bin/sh
# A CA's keys on more than one token: made, copied, used from any of them.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
T=r/state/transcript.jsonl

audited() {
	run 0 "$audit" verify r/state --anchor "$(cat anchor)"
}

# copied: the genesis with a root on two tokens, a product CA on three
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
		-e '/single-copy:/d' -e '/reason: demonstration/d'
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
"$anchorite" status --state r/state --json >st &&
	jq -e '[.tokens[] | select(.epoch != 2)] | length == 0' \
	<st >jq.out
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
run 0 "$anchorite" status --state r/state && says out 'a copy of product-1; last proved at' &&
	says out "$(day -9 | cut -c1-10)T12:00:00Z, in two"
ok "status says which are copies, and when each was last proved"

# ---- a backup, and a token from it ---------------------------------------------
ceremony kept -8 "  - backup: {token: product-2, out: product.backup}
  - backup: {token: root-1, out: root.backup}"
held "the wrapped keys of a copy and of the root go to files" kept.yaml
head -n 1 r/out/product.backup | grep -qx anchorite-backup/v1 &&
	[ "$(sed -n 's/^key \([^ ]*\) .*/\1/p' r/out/product.backup | tr '\n' ' ')" = \
		"product-ca sealer " ] &&
	[ "$(sha256 r/out/product.backup)" = \
		"$(jq -r 'select(.type == "act.result") | .body | select(.label == "product-2").file | values' $T)" ]
ok "the record has its digest"
cp r/out/product.backup r/out/root.backup in
sed -i 's/label: product-3, module: softhsm}/&\n  - {label: product-4, module: softhsm}/' genesis.yaml
restore() { # NAME FILE DAY
	ceremony "$1" "$3" "  - restore: {token: product-4, from: $2}"
}
restore bad bad.backup -7
for row in '1s/v1/v2/|line 1: is not' '2s/fleet/other/|wrapped keys of log' \
	'4s/product-1/product-2/|no first holder' \
	'4s/product-1/root-1/|not those of this log' \
	'8s/sealer/root/|line 8: no key of this role' \
	'8d|line 8: is missing' '8s/.*/&\nmore/|line 9: nothing follows' \
	'7s/ [^ ]*$/ AAA/|a key is not in base64' '3s/.*/x/|should be "ceremony'; do
	sed "${row%%|*}" in/product.backup >in/bad.backup
	refuses "a file that is not what it was: ${row#*|}" 3 "${row#*|}" bad.yaml
done
words=$(find r -name REHEARSAL-WORDS-OF-B)
cp "$words" words && cp "${words%B}S" "$words" && cp in/product.backup in/bad.backup
refuses "words of another secret than B" 1 'of another secret' bad.yaml
cp words "$words"
cp "${words%B}S" words && cp "$words" "${words%B}S"
refuses "nor words of B where those of S are asked for" 1 'words of S: they are of another secret' bad.yaml
cp words "${words%B}S"
awk '$1 == "key" && $2 == "sealer" {
	c = substr($4, 40, 1) == "A" ? "B" : "A"
	$4 = substr($4, 1, 39) c substr($4, 41)
} 1' in/product.backup >in/bad.backup
rehearse 4 bad.yaml && says err 'the wrapped key is damaged'
ok "a wrapped key that was changed does not open"
cp in/product.backup in/bad.backup
held "with the right file the same plan goes on" bad.yaml
[ "$(keys product-4)" = "$(keys product-1)" ] &&
	[ "$("$anchorite" status --state r/state --json |
		jq -r '.tokens[] | select(.label == "product-4").copy_of')" = product-1 ]
ok "the restored token is a copy like the others"
restore twice product.backup -6
refuses "a token that holds keys is not written over" 1 'holds a CA of this log' twice.yaml
ceremony last -5 "  - crl: {token: product-4, out: last.crl, crl-days: 60}"
held "it signs like the others" last.yaml

# ---- cut off between two holders -----------------------------------------------
# A signer counts its answers: the copy, which is told one thing more than the
# first holder, is the first of the two that says "ok" so often.
install_liar signer
cut=0
for at in 17 18 19; do
	rm -rf r
	echo "ok $at end" >signer/libexec/anchorite/anchorite-signer.lie
	run 6 signer/bin/anchorite rehearse genesis.yaml --dir r --in in || continue
	jq -e -s 'map(select(.type == "act.result").body | select(.keys != null).label)
		| length == 1' $T >jq.out && cut=$at && break
done
[ $cut != 0 ]
ok "the copy's signer dies while the first holder has its keys"
rehearse 0 genesis.yaml && sed -n '/^anchor of this log/{n;p;}' out >anchor && audited
ok "the same plan goes on, and the auditor agrees"
jq -e -s 'any(.type == "act.result" and .body.uses[0].use == "export")' $T >jq.out &&
	[ "$(keys root-1)" = "$(keys root-2)" ] && [ -n "$(keys root-2)" ] &&
	[ "$(keys product-1)" = "$(keys product-3)" ]
ok "the keys that were there went on, in an act of their own"

# ---- B comes later, and once ------------------------------------------------------
rm -rf r in line3.key && genesis_now && sed -n '/^anchor of this log/{n;p;}' out >anchor
ok "a log without a backup secret"
sed -i 's/label: product-1, module: softhsm}/&\n  - {label: product-2, module: softhsm}\n  - {label: product-3, module: softhsm}/' genesis.yaml
second="  - product-ca: {issuer: root-1, subject: CN=Second CA, sealer: CN=Second Sealer, key: p256, years: 5, crl-days: 90, tokens: [product-2, product-3]}"
ceremony early -19 "$second"
refuses "nothing is copied without one" 1 'this log has none' early.yaml
ceremony stays -19 "  - backup: {token: product-1, out: a.backup}"
refuses "keys that were made to stay do not leave" 1 'made to stay on it' stays.yaml
change() {
	ceremony "$1" "$2" "  - quorum-change: {threshold: 3, operators: [{id: alice, name: A, token: op-alice}, {id: bert, name: B, token: op-bert}, {id: carol, name: C, token: op-carol}, {id: dora, name: D, token: op-dora}, {id: emil, name: E, token: op-emil}], reason: copies, tokens: [root-1], backup: {threshold: 2, custodians: [Rita Sand, Sven Tal]}}${3:+
$3}"
}
change later -18 "$second"
held "with a quorum-change that makes it a product CA gets two tokens" later.yaml
change again -17
refuses "once" 1 'has a backup secret already' again.yaml

# ---- a quorum changes, and many tokens with it ----------------------------------
eight=$(seq -s ', ' 4 11 | sed 's/[0-9][0-9]*/product-&/g')
for token in $(seq 4 11); do
	sed -i "s/label: product-3, module: softhsm}/&\n  - {label: product-$token, module: softhsm}/" genesis.yaml
done
ceremony third -17 "  - product-ca: {issuer: root-1, subject: CN=Third CA, sealer: CN=Third Sealer, key: p256, years: 5, crl-days: 90, tokens: [$eight]}"
held "a CA on eight tokens" third.yaml
ceremony all -17 "  - quorum-change: {threshold: 3, operators: [{id: alice, name: A, token: op-alice}, {id: bert, name: B, token: op-bert}, {id: carol, name: C, token: op-carol}, {id: dora, name: D, token: op-dora}, {id: emil, name: E, token: op-emil}], reason: all at once, tokens: [root-1, product-1, product-2, product-3, $eight]}"
held "a change for all twelve tokens of the log" all.yaml
"$anchorite" status --state r/state --json >st &&
	jq -e '[.tokens[] | select(.stale)] == [] and (.tokens | length) == 12' \
		<st >jq.out
ok "none is keyed for the quorum before"

# ---- more tokens than a log takes ---------------------------------------------
many=
for ca in $(seq 4); do
	list=
	for copy in $(seq 8); do
		label=many-$ca-$copy
		sed -i "s/label: product-3, module: softhsm}/&\n  - {label: $label, module: softhsm}/" genesis.yaml
		list="$list${list:+, }$label"
	done
	many="$many${many:+
}  - product-ca: {issuer: root-1, subject: CN=CA $ca, sealer: CN=Sealer $ca, key: p256, years: 5, crl-days: 90, tokens: [$list]}"
done
ceremony many -16 "$many"
refuses "a thirty-third CA token is refused before anything is done" 1 \
	'this log would have 44 CA tokens, and a log takes 32' many.yaml
echo "1..$n"
