#!/bin/sh
# What batches cost on virtual cards, through pcscd, vpcd and OpenSC, beside bare
# C_Sign over the same stack with the same delay, in the same run.  Prints two
# tables; asserts nothing.
#
#   delay      of the card, for each use of a key, in milliseconds
#   signed     signatures that the card made for the batch's act: certificates,
#              a challenge at the login, the CRL, the response
#   act        seconds from act.begin to act.result by the transcript's `up`:
#              login, challenge, head, intents, all signatures, CRL, response
#   bare       seconds of as many C_Sign alone
#   ratio      act / bare
#   rest       seconds of everything before and after: the plan, checks of the
#              requests, approvals, rotation of the PIN, checkpoint
#
# Then the same batch on k cards that hold one key, at 150 ms; speed-up is the
# act on one of them / the act on k.  It is "at most" so high, since challenge,
# CRL and response wait for each other: (N + 3) / (N / k + 3).
#
# Both sides want a processor within a millisecond: the numbers are worth
# something on a machine that does nothing else.  N is the size of all batches.
set -eu
BUILD=${BUILD:?}
repo=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../card/cards.sh
. "$repo/tests/card/cards.sh"
cards_enter "$@" || {
	echo "batches on cards: not measured: $why"
	exit 0
}
D=$BUILD/bench/cards
PLANS=$repo/docs/examples
anchorite=$BUILD/bin/anchorite
factory=$BUILD/bin/anchorite-factory
devices=$BUILD/tests/demo/tool_devices
measure=$BUILD/tests/bench/tool_measure
csign=$BUILD/tests/bench/tool_csign
COUNT=16
HOLDERS=8
trap stop_cards EXIT
trap 'exit 1' HUP INT TERM

# quiet COMMAND...: its output counts only when it fails
quiet() {
	"$@" >"$D/last" 2>&1 || {
		cat "$D/last" >&2
		exit 1
	}
}

# the product CA on k cards
holders() { # K
	n=1
	printf 'product-1'
	while [ $n -lt "$1" ]; do
		n=$((n + 1))
		printf ', product-%d' $n
	done
}
token_lines() { # K
	n=1
	while [ $n -le "$1" ]; do
		echo "  - {label: product-$n, module: opensc}"
		n=$((n + 1))
	done
}

# with_tokens K PLAN: the plan with so many cards of the product CA's key
with_tokens() {
	token_lines "$1" >"$D/lines"
	sed -e "/label: product-[0-9]*,/d" -e "/label: op-emil,/r $D/lines" \
		-e "s/tokens: \[product-1.*\]/tokens: [$(holders "$1")]/" \
		-e 's/quota: 1000/quota: 20000/' "$2"
}

# genesis: the product CA's key on all of the cards that there can be
genesis() {
	with_tokens $HOLDERS "$PLANS/demo-cards-1-genesis.yaml" >"$D/genesis.yaml"
	quiet "$anchorite" rehearse "$D/genesis.yaml" --cards --dir "$D/base" \
		--in "$D/in"
}

# batch K COUNT DELAY: from the state and cards that genesis left, on k cards
batch() {
	rm -rf "$D/run" "$D/units" "$D/in/line3.request"
	cp -R "$D/base" "$D/run"
	for file in "$D"/cards/card*; do
		cp "$file" "$cards/next" && mv "$cards/next" "$cards/${file##*/}"
	done
	for label in $(card_labels); do
		case $label in
		product-* | bench) control "$label" "delay $3" ;;
		esac
	done
	quiet "$devices" make "$D/units" "$2"
	quiet "$factory" request --order "$D/run/out/line3.order" \
		--key "$D/line3.key" --out "$D/in/line3.request" "$D/units"
	with_tokens "$HOLDERS" "$PLANS/demo-cards-2-batch.yaml" >"$D/plan"
	if [ "$1" = 1 ]; then
		sed 's/^      tokens: .*/      token: product-1/' "$D/plan"
	else
		sed "s/^      tokens: .*/      tokens: [$(holders "$1")]/" "$D/plan"
	fi >"$D/batch.yaml"
	quiet "$measure" "$D/took" "$anchorite" rehearse "$D/batch.yaml" --cards \
		--dir "$D/run" --in "$D/in"
}

# act: milliseconds from the first act.begin of the batch to its last act.result
act() {
	jq -s '(map(select(.type == "act.propose" and .body.kind == "batch")
			.body.act) | .[]) as $act
		| [.[] | select(.type == "act.begin" or .type == "act.result")
			| select(.body.act == $act).up]' \
		"$D/run/state/transcript.jsonl" | jq -s 'add | max - min'
}

# signed: by all cards for the batch: the act's uses and its challenges
signed() {
	jq -s 'map(select(.type == "act.propose" and .body.kind == "batch")
			.body.act) as $acts
		| [.[] | select(.type == "act.result")
			| select(.body.act as $a | $acts | index($a))
			| .body.uses[].n] | add + ($acts | length)' \
		"$D/run/state/transcript.jsonl"
}

# row COUNT DELAY
row() {
	batch 1 "$1" "$2"
	signed=$(signed)
	bare=$("$csign" sign bench "$signed")
	awk -v ms="$(act)" -v bare="$bare" -v n="$1" -v delay="$2" \
		-v signed="$signed" '{
		printf "%6.0f %7d %7d %8.2f %8.2f %8.3f %8.2f\n", delay / 1000,
			n, signed, ms / 1000, bare, ms / 1000 / bare,
			$1 - ms / 1000
	}' "$D/took"
}

rm -rf "$D"
mkdir -p "$D/in"
start_cards $COUNT
quiet "$factory" station-key --factory "Example Works" --line 3 \
	--key "$D/line3.key" --out "$D/in/line3.station"
genesis
quiet "$csign" make bench
mkdir "$D/cards"
for i in $(seq $COUNT); do cp "$cards/card$i" "$D/cards"; done

printf '\n%6s %7s %7s %8s %8s %8s %8s\n' delay devices signed act bare ratio rest
row "${N:-1000}" 0
row "${N:-400}" 20000
row "${N:-100}" 150000
printf '\n%6s %7s %8s %8s %8s\n' cards devices act speed-up 'at most'
for k in 1 2 4 8; do
	batch $k "${N:-1000}" 150000
	ms=$(act)
	[ $k != 1 ] || one=$ms
	awk -v k=$k -v n="${N:-1000}" -v ms="$ms" -v one="$one" 'BEGIN {
		printf "%6d %7d %8.2f %8.2f %8.2f\n", k, n, ms / 1000, one / ms,
			(n + 3) / (n / k + 3)
	}'
done
stop_cards
rm -rf "$D"
