#!/bin/sh
# anchorite run, as people do: on a terminal, with soft tokens of their own and
# cards, PINs and words of S in their hands.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
people=$repo/tests/ceremony/custodian/people.exp
mkdir tokens in outbox
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"

# held STATUS PLAN WORD=VALUE...: the ceremony ends so; ./shown is the terminal
program=$anchorite
held() {
	want=$1 plan=$2
	shift 2
	words=$("$anchorite" plan check "$plan" | sed -n 's/^words: //p')
	run "$want" expect "$people" log=shown paper=paper words="$words" "$@" \
		-- "$program" run "$plan" --state state --in in --out outbox
	good=$?
	cp shown err
	cat shown >>all-shown
	return $good
}

# stopped NAME PROMPT: by Ctrl-C, with a message, and nothing is half done
stopped() {
	held 130 genesis.yaml stop="$2" && says shown "anchorite: " &&
		{ says shown "run the same plan again" ||
			says shown "nothing was done"; } &&
		{ [ ! -e state ] || run 0 "$anchorite" status --state state; }
	ok "$1"
}

run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 >genesis.yaml
ok "a station and a plan"

run 5 setsid "$anchorite" run genesis.yaml --state state --in in --out outbox &&
	says err "no terminal" && [ ! -e state ]
ok "no terminal: nothing happens"
sed 's/line3.station/line4.station/' genesis.yaml >missing.yaml
held 3 missing.yaml && says shown "in/line4.station: " && [ ! -e state ]
ok "missing input"

stopped "Ctrl-C at the plan's words" plan
[ ! -e state ]
ok "nothing was made by then"
stopped "Ctrl-C at the words of S" words
stopped "Ctrl-C at the choice of a PIN" choose
stopped "Ctrl-C at the same PIN once more" again
held 130 genesis.yaml wrong=words stop=choose &&
	says shown "Share 1 of 3 of S, for the eyes of Nora Lind alone" &&
	says shown "Word 8 is not the one that was shown" &&
	says shown "Share 3 of 3 of S, for the eyes of Pia Stern alone"
ok "a wrong word of S is told by its place; then each custodian's share"
[ "$(find tokens -mindepth 1 -maxdepth 1 | wc -l)" = 0 ]
ok "no token was touched so far"
held 130 genesis.yaml wrong=again stop=card && says shown "The two differ."
ok "PINs that differ; then Ctrl-C at a card"
held 130 genesis.yaml wrong=plan stop=pin && says shown "Word 3 is not one of"
ok "a wrong word, then the right ones; then Ctrl-C at a card's PIN"
held 0 genesis.yaml wrong=typed && says shown "Word 8 is not on the list"
ok "a word of S that is none, the share again; and on to the end"
run 0 "$anchorite" status --state state --json && mv out whole &&
	[ -s outbox/line3.order ] &&
	holds '.log == "demo.anchorite.example/fleet" and .open == false and
		(.operators | length) == 5 and (.tokens | length) == 2' whole
ok "genesis is whole"
[ "$(jq -r 'select(.type == "ceremony.resume").seq' state/transcript.jsonl |
	wc -l)" -ge 4 ]
ok "and went on after each stop"
held 0 genesis.yaml && says shown "is there already, the same"
ok "again: nothing to do"
echo other >outbox/line3.order
held 5 genesis.yaml && says shown "outbox/line3.order: is there already" &&
	[ "$(cat outbox/line3.order)" = other ]
ok "another file of the output's name is not overwritten"
rm outbox/line3.order
held 0 genesis.yaml && says shown "nothing is signed" && [ -s outbox/line3.order ]
ok "and delivered anew where it is missing"

"$devices" make units 3 && run 0 "$factory" request --order outbox/line3.order \
	--key line3.key --out in/line3.request units &&
	plan demo-2-batch -10 >batch.yaml
ok "a request"
held 130 batch.yaml stop=worklist && says shown "worklist not confirmed" &&
	[ ! -s state/issuance.jsonl ]
ok "Ctrl-C at the worklist"
held 0 batch.yaml wrong=pin absent=alice && says shown "alice: card op-alice is not here" &&
	says shown "op-bert" && says shown "3 certificates signed" &&
	[ -s outbox/line3.response ]
ok "a card that is not here, a wrong PIN and the right one; on to the end"
jq -r 'select(.type == "act.begin" and .cer == "2026-12-batch-1").body |
	.operators | join(" ")' state/transcript.jsonl >operators &&
	[ "$(sort -u operators)" = 'bert carol dora' ]
ok "three others approved"
[ "$(grep -c 'bert: put in card' shown)" = 2 ] &&
	[ "$(grep -c 'carol: put in card' shown)" = 2 ] &&
	"$anchorite" plan check batch.yaml >checked &&
	says checked 'at most 2 by one'
ok "an operator comes twice to a batch, as plan check says"

# later NAME DAY CARDS STEPS: a plan of its own; CARDS are owner=label
later() {
	{
		printf 'plan: 1\nlog: demo.anchorite.example/fleet\n'
		printf 'ceremony: %s\ntitle: %s\ndate: %s\n' "$1" "$1" "$(day "$2")"
		printf 'roles:\n  - {role: witness, name: Tom Reed}\ntokens:\n'
		for card in $3; do
			printf '  - {label: %s, module: softhsm, owner: %s}\n' \
				"${card#*=}" "${card%=*}"
		done
		printf '  - {label: product-1, module: softhsm}\nsteps:\n%s\n' "$4"
	} >"$1.yaml"
}
# token LABEL: its folder
token() {
	serial=$("$anchorite" status --state state --json |
		jq -r ".tokens[] | select(.label == \"$1\").serial")
	find tokens -maxdepth 1 -name "*${serial#????}"
}
crl='  - crl: {token: product-1, out: OUT, crl-days: 90}'
five="alice=op-alice bert=op-bert carol=op-carol dora=op-dora emil=op-emil"

# ---- a token that is broken when its PIN is to be changed ---------------------
install_liar signer && later broken -9 "$five" "$(echo "$crl" | sed s/OUT/one.crl/)"
echo 'made-share 1 end' >signer/libexec/anchorite/anchorite-signer.lie
program=signer/bin/anchorite
held 6 broken.yaml && says shown 'has ended'
ok "a signer dies while the PIN is changed"
program=$anchorite
p=$(token product-1) && mv "$p" away
held 4 broken.yaml && says shown 'product-1 is not here, and its PIN is to be changed'
ok "its token is missing: people are asked"
held 0 broken.yaml reason='its connector is broken' && [ -s outbox/one.crl ]
ok "with a reason the ceremony ends"
holds '.type == "exception" and
	.body.what == "rotation put off: product-1" and
	.body.reason == "its connector is broken"' state/transcript.jsonl &&
	run 0 "$anchorite" status --state state &&
	says out 'the change of its PIN is owed'
ok "that is on record, and owed"
mv away "$p"
later owed -8 "$five" "$(echo "$crl" | sed s/OUT/two.crl/)"
held 0 owed.yaml && says shown 'its PIN is changed first' &&
	[ "$(grep -c 'PIN of product-1 changed' shown)" = 2 ]
ok "in the next ceremony it is changed first"

# ---- a card more, a token that comes back from paper --------------------------
later joins -7 "$five frank=op-frank" '  - quorum-change:
      threshold: 3
      operators:
        - {id: alice, name: Alice Moor, token: op-alice}
        - {id: bert, name: Bert Lang, token: op-bert}
        - {id: carol, name: Carol Finn, token: op-carol}
        - {id: dora, name: Dora Beck, token: op-dora}
        - {id: emil, name: Emil Hart, token: op-emil}
        - {id: frank, name: Frank Otis, token: op-frank, card: new}
      reason: frank joins'
held 130 joins.yaml stop=choose && held 0 joins.yaml absent=alice &&
	says shown 'frank enrolled on card op-frank' &&
	says shown 'product-1: stale: it is keyed for an earlier quorum'
ok "frank joins, without alice"
later paper -6 "$five frank=op-frank" '  - recovery:
      token: product-1
      reason: a test'
held 130 paper.yaml stop=pin wrong=typed && says shown 'Word 8 is not on the list'
ok "recovery: the words of S are typed in, one wrong; then Ctrl-C"
held 0 paper.yaml && says shown 'PIN of product-1 changed' &&
	says shown 'carol approved recovery'
ok "again, and on to the end"
run 0 "$audit" verify state --anchor "$(jq -r .anchor whole)" &&
	says out '1 recovered' && says out 'rotation put off: product-1'
ok "the auditor agrees"
! grep -aF -e 'pin-of-' -e nonsense all-shown >err
ok "no PIN was ever shown"
grep -raF -f paper state outbox tokens >err
[ $? = 1 ]
ok "S stands on paper only"
grep -raF pin-of- state outbox tokens >err
[ $? = 1 ]
ok "no PIN stands in a file"
echo "1..$n"
