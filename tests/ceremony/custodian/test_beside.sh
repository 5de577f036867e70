#!/bin/sh
# A batch on two and three tokens with one key: who signs how much, tokens that
# break in every way, the one that seals among them, and all of them at once;
# then the auditor, and the uses of each token against the log.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
units=24

# ./slow/bin/anchorite: its signers' cards take their time, and break, as the
# file .cards beside a rehearsal's softhsm2.conf says
ln -s /usr/lib/softhsm/libsofthsm2.so real.so &&
	wrap_signer "$dir/slow" <<END
PRELOAD=$BUILD/tests/ceremony/custodian/module_divert.so
DIVERT=$BUILD/tests/ceremony/custodian/module_cards.so
CARDS_MODULE=$dir/real.so
WIDEN=$dir:$BUILD/tests
export DIVERT CARDS_MODULE
END

# beside TOKENS: a plan for a batch on these
beside() {
	plan demo-2-batch -10 -e "s/ token: product-1/ tokens: [$1]/" \
		-e '/label: product-1/p;s/label: product-1/label: product-2/p' \
		-e 's/label: product-2/label: product-3/'
}

# signed FOLDER: "act label certificates" by the log's results
signed() {
	jq -r 'select(.type == "result").act' "$1/state/issuance.jsonl" |
		sort -n | uniq -c | while read -r count act; do
		jq -r "select(.type == \"act.propose\" and .body.act == $act)
			| \"$act \(.body.label) $count\"" \
			"$1/state/transcript.jsonl"
	done
}

# told FOLDER: the same by what acts say of themselves
told() {
	jq -r 'select((.type == "act.result" or .type == "act.void") and
			.body.uses != null) | .body as $b | $b.uses[] |
			select(.use == "device-tls" and .n > 0) |
			"\($b.act) \(.n)"' "$1/state/transcript.jsonl" |
		while read -r act count; do
			jq -r "select(.type == \"act.propose\" and
				.body.act == $act) |
				\"$act \(.body.label) $count\"" \
				"$1/state/transcript.jsonl"
		done | sort -n
}

# whole FOLDER: closed, in order, one certificate a unit, and each token's uses
# are its lines in the log
whole() {
	run 0 "$audit" verify "$1/state" --anchor "$(cat anchor)" &&
		[ "$(jq -r 'select(.type == "result").certificate' \
			"$1/state/issuance.jsonl" | sort -u | wc -l)" = $units ] &&
		[ "$(signed "$1")" = "$(told "$1")" ] &&
		[ -s "$1/out/line3.response" ]
}

# job STATUS PLAN LINE...: in a copy of the log, ./row; cards as lines say
job() {
	status=$1 plan=$2
	shift 2
	rm -rf row && cp -a r row || return 1
	for line; do
		echo "$line" >>row/softhsm2.conf.cards
	done
	run "$status" slow/bin/anchorite rehearse "$plan.yaml" --dir row --in in
	did=$?
	cp out said && cp err complained
	return $did
}

# sealer FOLDER: the label of the token that sealed the response
sealer() {
	act=$(jq -r 'select(.body.response != null and .type == "act.result")
		.body.act' "$1/state/transcript.jsonl")
	jq -r "select(.type == \"act.propose\" and .body.act == $act)
		.body.label" "$1/state/transcript.jsonl"
}

# lost NAME LABEL WHY PLAN LINE...: one token is lost, and the batch is whole
lost() {
	name=$1 label=$2 why=$3
	shift 3
	job 0 "$@" && says said "$label is lost to this batch: " &&
		grep -F "$label is lost" said | grep -qF -e "$why" &&
		jq -e -s "any(.[]; .type == \"act.void\" and
			(.body.reason | contains(\"$why\")))" \
			row/state/transcript.jsonl >/dev/null &&
		whole row
	ok "$name"
}

# ---- a product CA on three tokens --------------------------------------------
genesis -e '/label: product-1/p;s/label: product-1/label: product-2/p' \
	-e 's/label: product-2/label: product-3/' \
	-e 's/tokens: \[product-1\]/tokens: [product-1, product-2, product-3]/' \
	-e '/product-1, product-2/,/reason/{/single-copy/d;/reason/d;}' \
	-e '/custodians: .Nora/a\      backup:\n        threshold: 2\n        custodians: [Rosa Winter, Sven Holm]'
ok "genesis"
sed -n '/^anchor of this log/{n;p;}' out >anchor
"$devices" make a $units --first 340A9100 && request line3.request a
ok "a request of $units units"
beside 'product-1, product-2' >two.yaml
beside 'product-1, product-2, product-3' >three.yaml
beside 'product-2' >one.yaml

# ---- all is well -------------------------------------------------------------
job 0 two 'product-1 5' 'product-2 5' && whole row &&
	[ "$(signed row | wc -l)" = 2 ] && says said "  product-2: "
ok "two tokens, and both sign"
last=$(grep -n '"result"' row/state/issuance.jsonl | tail -n 1)
acts=$(jq 'select(.type == "result").act' row/state/issuance.jsonl | sort -u)
from=$(echo "$last" | sed 's/.*"act":\([0-9]*\),.*/\1/')
to=$(echo "$acts" | grep -vx "$from")
sed -i "${last%%:*}s/\"act\":$from,/\"act\":$to,/" row/state/issuance.jsonl &&
	run 1 "$audit" verify row/state --anchor "$(cat anchor)" &&
	says out "act $from: " && says out "act $to: " &&
	says out 'certificates, the log has'
ok "a certificate of one said to be of the other: the auditor counts"
job 0 three 'product-1 5' 'product-2 5' 'product-3 5' && whole row &&
	[ "$(signed row | wc -l)" = 3 ]
ok "three tokens, and all sign"
job 0 two 'product-1 2' 'product-2 60' && whole row &&
	[ "$(signed row | awk '$2 == "product-1" { print $3 }')" -gt 15 ]
ok "the faster one signs more"
job 0 one && whole row && [ "$(sealer row)" = product-2 ]
ok "a list of one, which is the other copy"

# ---- a token that is lost ----------------------------------------------------
lost "pulled" product-2 'the token was removed' two \
	'product-1 5' 'product-2 5 pull 5'
lost "a device error" product-2 'entry' two 'product-1 5' 'product-2 5 error 4'
lost "a wrong signature" product-2 'entry' two 'product-1 5' \
	'product-2 5 flip 4'
lost "its signer dies" product-2 'has ended' two 'product-1 5' \
	'product-2 5 die 4'
lost "its signer ends behind a certificate" product-2 'has ended' two \
	'product-1 5' 'product-2 5 deaf 4'
lost "at its first certificate" product-2 'entry' two 'product-1 5' \
	'product-2 5 error 2'
lost "two of three" product-1 'entry' three 'product-1 5 error 4' \
	'product-2 5 error 6' 'product-3 5'
says said 'product-2 is lost to this batch: ' && [ "$(sealer row)" = product-3 ]
ok "and the third seals"
lost "the first, whose intents they are" product-1 'entry' two \
	'product-1 5 error 4' 'product-2 5'
[ "$(sealer row)" = product-2 ]
ok "and the other seals"
lost "it hangs, and the others do not wait for it" product-2 'no answer for' \
	two 'product-1 5' 'product-2 5 hang 4'

# ---- a token that is not there -----------------------------------------------
out_of_reader() { # FOLDER LABEL
	for folder in "$1"/tokens/*; do
		grep -qaF "$2" "$folder/token.object" && mv "$folder" "gone-$2"
	done
	[ -d "gone-$2" ]
}

cp -a r kept && out_of_reader r product-2 && job 0 two && whole row &&
	says said 'product-2 is not here: the batch goes on without it' &&
	[ "$(sealer row)" = product-1 ] && jq -e -s 'any(.[];
		.type == "exception" and
		.body.what == "left out: product-2")' \
		row/state/transcript.jsonl >/dev/null
ok "one is not in a reader: it is left out"
out_of_reader r product-1 && job 4 two &&
	says complained 'none of its tokens is in a reader'
ok "none is: the batch stops"
rm -rf r && mv kept r

# ---- all are lost ------------------------------------------------------------
stopped() { # NAME PLAN LINE...
	name=$1
	shift
	rm -f row/out/*
	job 6 "$@" || [ "$got" = 4 ]
	[ ! -e row/out/line3.response ] && jq -e -s 'any(.[];
		.type == "act.void")' row/state/transcript.jsonl >/dev/null
	ok "$name"
	left=$(grep -c '"result"' row/state/issuance.jsonl)
	rm row/softhsm2.conf.cards*
	run 0 "$anchorite" rehearse "$1.yaml" --dir row --in in && cp out said &&
		run 0 "$audit" verify row/state --anchor "$(cat anchor)" &&
		[ "$(jq -r 'select(.type == "result").certificate' \
			row/state/issuance.jsonl | sort -u |
			wc -l)" = $units ] && [ -s row/out/line3.response ] &&
		[ "$(jq -s 'map(select(.body.duplicate != null)) |
			last | .body.duplicate' \
			row/state/transcript.jsonl)" = "$left" ]
	ok "$name, and then it goes on with what there was"
}
stopped "both are lost" two 'product-1 5 error 5' 'product-2 5 error 6'
stopped "all three" three 'product-1 5 error 5' 'product-2 5 die 3' \
	'product-3 5 error 7'
stopped "before the first certificate" two 'product-1 5 error 2' \
	'product-2 5 error 2'

# ---- a key that does not answer ----------------------------------------------
job 1 two 'product-1 5' 'product-2 5 error 1' &&
	says complained 'product-2: PIN accepted, but the key' &&
	[ "$(jq -r 'select(.type == "pin.exposed").body.label' \
		row/state/transcript.jsonl)" = product-2 ] &&
	[ ! -s row/state/issuance.jsonl ]
ok "what does not answer a challenge stops all: its PIN may be exposed"
run 0 "$anchorite" rehearse two.yaml --dir row --in in && cp out said &&
	says said 'product-2: its PIN is changed first' && whole row
ok "its PIN is changed first, then both sign"

# ---- signers that lie --------------------------------------------------------
install_liar signer
echo "cert 3 flip -1" >signer/libexec/anchorite/anchorite-signer.lie
rm -rf row && cp -a r row &&
	run 6 signer/bin/anchorite rehearse two.yaml --dir row --in in &&
	says out 'is lost to this batch: signer: a certificate is not the one' &&
	says err 'signer: a certificate is not the one that is due' &&
	[ "$(grep -c '"result"' row/state/issuance.jsonl)" -ge 3 ]
ok "both lie about their third: the second stops the batch"
run 0 "$anchorite" rehearse two.yaml --dir row --in in &&
	run 0 "$audit" verify row/state --anchor "$(cat anchor)"
ok "and honest ones go on"
echo "intent 2 flip -1" >signer/libexec/anchorite/anchorite-signer.lie
rm -rf row && cp -a r row &&
	run 6 signer/bin/anchorite rehearse two.yaml --dir row --in in &&
	says out 'is lost to this batch: signer: an intent is not the one' &&
	[ ! -s row/state/issuance.jsonl ]
ok "both lie about an intent: nothing is written down"

# ---- the one that is to seal -------------------------------------------------
units=1
"$devices" make b 1 --first 340A9300 && request one.request b &&
	mv in/one.request in/line3.request
ok "a request of one unit"
lost "as it signs the CRL" product-1 'CRL' two 'product-1 0 error 3'
[ "$(sealer row)" = product-2 ]
ok "and the other seals, with a CRL of its own"
lost "as it seals the response" product-1 'response' two 'product-1 0 error 4'
[ "$(sealer row)" = product-2 ] && jq -e -s 'any(.[]; .type == "act.void" and
	any(.body.uses[]?; .use == "crl" and .n == 1))' \
	row/state/transcript.jsonl >/dev/null
ok "and the CRL that it had signed is among its uses"

# ---- what plans may say ------------------------------------------------------
plan demo-2-batch -10 -e 's/ token: product-1/ tokens: [product-1, root-1]/' \
	-e 's/^  - {label: product-1.*/&\n  - {label: root-1, module: softhsm}/' \
	>other.yaml
run 3 "$anchorite" rehearse other.yaml --dir r --in in &&
	says err 'token root-1: it has no copy of the key of product-1'
ok "a token with another key is refused"

echo "1..$n"
