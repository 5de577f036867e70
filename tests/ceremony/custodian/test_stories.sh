#!/bin/sh
# Years of a PKI in small: ceremonies that are cut off anywhere and go on,
# plans with two of everything, and what the auditor says after each.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
power=$BUILD/tests/ceremony/custodian/tool_kill
T=r/state/transcript.jsonl
I=r/state/issuance.jsonl

audited() {
	[ ! -x "$audit" ] || run 0 "$audit" verify r/state --anchor "$(cat anchor)"
}

# held NAME PLAN: it runs to its end, and the auditor has nothing to say
held() {
	rehearse 0 "$2" && audited
	ok "$1"
}

# dark FILE LINES PLAN: the power fails once the file has so many lines more;
# when that is a little late, the plan may be done before
dark() {
	have=0
	[ ! -e "$1" ] || have=$(wc -l <"$1")
	"$power" "$1" $((have + $2)) "$anchorite" rehearse "$3" --dir r --in in \
		>out 2>err </dev/null
	case $? in
	0 | 137) ;;
	*) false ;;
	esac
}

# later NAME DAY STEPS: a ceremony of the tokens known, NAME.yaml
later() {
	{
		printf 'plan: 1\nlog: demo.anchorite.example/fleet\n'
		printf 'ceremony: %s\ntitle: %s\ndate: %s\n' "$1" "$1" "$(day "$2")"
		printf 'roles:\n  - {role: witness, name: Tom Reed}\ntokens:\n'
		for o in alice bert carol dora emil; do
			printf '  - {label: op-%s, module: softhsm, owner: %s}\n' \
				$o $o
		done
		for t in root-1 product-1 product-2 product-3; do
			printf '  - {label: %s, module: softhsm}\n' $t
		done
		printf 'steps:\n%s\n' "$3"
	} >"$1.yaml"
}
batch() { # TOKEN NAME [LINE...]: NAME.request gives NAME.response
	printf '  - batch:\n      token: %s\n      request: %s.request\n' "$1" "$2"
	printf '      out: %s.response\n      years: 2\n' "$2"
	shift 2
	for line; do printf '      %s\n' "$line"; done
}
crl() { # TOKEN OUT [LINE...]
	printf '  - crl:\n      token: %s\n      out: %s\n      crl-days: 90\n' \
		"$1" "$2"
	shift 2
	for line; do printf '      %s\n' "$line"; done
}
order() { # TOKEN OUT QUOTA
	printf '  - work-order:\n      token: %s\n      station: line3.station\n' "$1"
	printf '      out: %s\n      pattern: "[0-9A-F]{8}"\n' "$2"
	printf '      subject: CN=device-{id}\n      profile: device-tls\n'
	printf '      quota: %s\n      expiry: %s\n      receipts: %s\n' \
		"$3" "$(day +400)" "$(day +430)"
}
product() { # TOKEN NAME YEARS
	printf '  - product-ca:\n      issuer: root-1\n      subject: CN=%s\n' "$2"
	printf '      sealer: CN=%s Sealer\n      key: p256\n' "$2"
	printf '      years: %s\n      crl-days: 90\n      tokens: [%s]\n' "$3" "$1"
	printf '      single-copy: accepted\n      reason: a test\n'
}
ask() { # NAME ORDER [OPTION...] FOLDER: in/NAME.request
	name=$1 sealed=$2
	shift 2
	run 0 "$factory" request --order "r/out/$sealed" --key line3.key \
		--out "in/$name.request" "$@"
}

# ---- the beginning, cut off again and again -----------------------------------
mkdir in
run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 -e 's/quota: .*/quota: 5/' >genesis.yaml
ok "a station and a plan"
mkdir -p r/state && : >$T
dark $T 4 genesis.yaml
ok "genesis in a state that holds no line yet; cut off at the first card"
dark $T 6 genesis.yaml
ok "again, after that card was enrolled"
dark $T 36 genesis.yaml
ok "again, while the root is made"
sed 's/^ceremony: .*/ceremony: other/' genesis.yaml >other.yaml
refuses "meanwhile no other ceremony" 1 'is not closed' other.yaml
[ "$(tail -c 1 $T | od -An -tx1)" = " 0a" ] && printf '{"v":1,"log' >>$T
ok "a line is torn"
rehearse 0 genesis.yaml &&
	sed -n '/^anchor of this log/{n;p;}' out >anchor && audited
ok "and on to the end"
records ceremony.resume >resumes && holds '.torn == true' resumes
ok "the torn line is told of"
records act.result | jq -r '.certificate // empty' >made
[ "$(wc -l <made)" = 3 ]
ok "each CA was certified once"

# ---- a batch, cut off again and again ----------------------------------------
"$devices" make units 5 --first 340A91F0 && ask line3 line3.order units &&
	plan demo-2-batch -18 >batch.yaml
ok "a request that takes the whole quota"
dark $I 1 batch.yaml
ok "cut off at the intents"
cp $I intents
dark $I 1 batch.yaml
ok "cut off at the same intents"
dark $I 6 batch.yaml
ok "cut off at the results"
cmp -n "$(wc -c <intents)" intents $I
ok "the intents stand"
jq -r 'select(.type == "intent") | .serial + " " + .tbs_sha256' $I |
	sort -u >said
[ "$(cut -d' ' -f1 said | sort -u | wc -l)" = "$(wc -l <said)" ] &&
	[ "$(wc -l <said)" = 5 ]
ok "one TBS under a serial"
dark $T 4 batch.yaml
ok "cut off before the approvals"
printf garbage >r/state/ledger.db
held "with a ledger of garbage, on to the end" batch.yaml
[ "$(grep -c '"type":"result"' $I)" = 5 ]
ok "five certificates"
rm -f r/state/ledger.db* && run 0 "$anchorite" status --state r/state &&
	says out "5 certificates"
ok "status needs no ledger"

# ---- closed, and no head signed ----------------------------------------------
later renew -17 "$(crl product-1 renew.crl)
$(crl root-1 root.crl)"
dark $T 38 renew.yaml && tail -n 1 $T | grep -q ceremony.close &&
	rm -f r/state/checkpoints/renew.note r/out/*.crl
ok "two CRLs, the root's too; cut off after the close"
later next -17 "$(crl product-1 next.crl)"
refuses "without its head there is no next ceremony" 1 'head is not signed' \
	next.yaml
lines=$(wc -l <$T)
held "the same plan signs the head, and the CRLs leave" renew.yaml
[ "$(wc -l <$T)" = "$lines" ] && [ -s r/out/root.crl ] && [ -s r/out/renew.crl ]
ok "nothing else is done"
rm r/out/renew.crl && rehearse 0 renew.yaml && [ -s r/out/renew.crl ] &&
	says out 'root.crl: is there already, the same'
ok "a delivery that was cut short is made whole"
rm r/out/renew.crl && echo other >r/out/root.crl
refuses "another file in the way stays" 5 'root.crl: is there already' renew.yaml
[ -s r/out/renew.crl ] && [ "$(cat r/out/root.crl)" = other ]
ok "and does not keep back the rest"

# ---- state that was tampered with --------------------------------------------
tampered() { # NAME TEXT
	refuses "$1" 5 "$2" next.yaml
	rm -rf r/state && cp -r kept r/state
}
cp -r r/state kept
rm $I
tampered "no issuance log" 'issuance.jsonl: is not the one'
head -n -1 kept/issuance.jsonl >$I
tampered "a shorter issuance log" 'issuance.jsonl: is not the one'
rm $T
tampered "no transcript" 'no transcript.jsonl'
printf '{"type":"int' >>$I
held "a torn line of the issuance log is cut off" next.yaml

# ---- two of everything -------------------------------------------------------
later two-cas -16 "$(product product-2 'Example Product CA 2' 15)
$(product product-3 'Example Product CA 3' 15)
$(order product-2 two.order 100)
$(order product-3 three.order 101)"
sed 's/quota: 101/quota: 100/' two-cas.yaml >same.yaml
refuses "the very same order twice" 3 'very same work order' same.yaml
held "two product CAs more, and an order of each" two-cas.yaml
later long -16 "$(product product-3 'Example Product CA 4' 15)"
refuses "a token has one CA" 1 'holds a CA of this log already' long.yaml
"$devices" make second 3 --first 340A9200 && "$devices" make third 3 \
	--first 340A9300 && "$devices" make fourth 2 --first 340A9400 &&
	ask second two.order second && ask third three.order third &&
	ask fourth two.order --previous in/second.request fourth
ok "three requests, one of them after another"
later mixed -15 "$(batch product-1 second)"
refuses "an order is one CA's" 3 'one of token product-2' mixed.yaml
later years -15 "$(batch product-2 second | sed 's/years: .*/years: 20/')"
refuses "no certificate outlives its CA" 3 'would outlive the CA' years.yaml
later gap -15 "$(batch product-2 fourth)"
refuses "a gap" 1 'sequence 2, expected 1' gap.yaml
later three -15 "$(batch product-2 second)
$(batch product-3 third)
$(batch product-2 fourth)"
held "three batches in one ceremony" three.yaml
later wrong-ca -14 "$(crl product-1 wrong.crl \
	revoke: '  - {id: 340A9200, reason: superseded}')"
refuses "a unit is revoked by its own CA" 3 'gave out no such' wrong-ca.yaml
later slip -14 "$(crl product-2 wrong.crl \
	revoke: '  - {serial: 0102030405060708090a0b0c0d0e0f1011, reason: superseded}')"
refuses "a serial that nobody has" 3 'gave out no such' slip.yaml
"$devices" make fifth 1 --first 340A9500 &&
	ask fifth two.order --previous in/fourth.request fifth
later revoking -14 "$(batch product-2 fifth 'crl-days: 30' revoke: \
	'  - {id: 340A9200, reason: superseded}')"
held "a batch that revokes" revoking.yaml
records act.result >results
holds '.number == 2 and .issued == 1' results
ok "its CRL went with the response"
later again -13 "$(batch product-2 fifth 'crl-days: 30' | sed 's/out: .*/out: again.response/')
$(batch product-3 third | sed 's/out: .*/out: more.response/')"
held "two requests again" again.yaml
cmp r/out/fifth.response r/out/again.response &&
	cmp r/out/third.response r/out/more.response
ok "the same two responses"

# ---- CRLs that have run out --------------------------------------------------
"$devices" make sixth 1 --first 340A9600 &&
	ask sixth two.order --previous in/fifth.request sixth
later stale 100 "$(batch product-2 sixth)"
refuses "no batch after a CRL's end" 1 'nextUpdate' stale.yaml
later fresh 100 "$(crl product-2 fresh.crl)
$(crl root-1 root-2.crl)
$(batch product-2 sixth)"
held "but after new ones, the root's too, in one ceremony" fresh.yaml

# ---- made up -----------------------------------------------------------------
later made-up 101 "$(order product-2 own.order 100 | sed 's/line3/own/')"
held "an order for a station that is made up" made-up.yaml
later makes-up 101 "$(batch product-2 one 'crl-days: 90')
$(batch product-2 two)"
held "two requests made up, one after the other" makes-up.yaml
jq -s 'map(select(.cer == "makes-up" and .type == "act.result").body.issued | values)' \
	$T | jq -e '. == [20, 20]' >out
ok "with twenty units each"
echo "1..$n"
