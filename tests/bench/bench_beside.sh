#!/bin/sh
# A batch of N (default 200) on 1, 2, 4 and 8 tokens with one CA key, whose
# signatures take so many milliseconds each (MS, default "0 20 150").  Prints a
# table; asserts nothing.
#
#   signing   from the first act.begin to the result, by the transcript's `up`
#   x bare    signing on one token over N signatures of that many ms
#   speed-up  over one token
set -eu
B=${BUILD:?}
D=$B/bench/beside
N=${N:-200}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
PLANS=$here/../../docs/examples
# shellcheck source=tests/wrap.sh
. "$here/../wrap.sh"
factory=$B/bin/anchorite-factory
all='product-1, product-2, product-3, product-4'
all="$all, product-5, product-6, product-7, product-8"

quiet() {
	"$@" >"$D/last" 2>&1 || {
		cat "$D/last" >&2
		exit 1
	}
}

# the program, whose signers' tokens are as slow as softhsm2.conf.cards says
programs() {
	mkdir -p "$D/in" "$D/units"
	ln -s /usr/lib/softhsm/libsofthsm2.so "$D/real.so"
	BUILD=$B wrap_signer "$D/slow" <<END
PRELOAD=$B/tests/ceremony/custodian/module_divert.so
DIVERT=$B/tests/ceremony/custodian/module_cards.so
CARDS_MODULE=$D/real.so
WIDEN=$D:$B/tests
export DIVERT CARDS_MODULE
END
}

# tokens: a plan's list, seven more behind the first
tokens() {
	sed -e '/label: product-1/{p;s/1/2/p;s/2/3/p;s/3/4/p;s/4/5/p;s/5/6/p;s/6/7/p;s/7/8/;}'
}

# on K: a plan for a batch on the first K tokens
on() {
	list=$(echo "$all" | cut -d, "-f1-$1")
	tokens <"$PLANS/demo-2-batch.yaml" |
		sed "s/ token: product-1/ tokens: [$list]/" >"$D/batch.yaml"
}

# milliseconds from the batch's first act.begin to its result
signing() {
	jq -s '(map(select(.body.response != null and .type == "act.result"))
			| last) as $done
		| map(select(.type == "act.begin" and .cer == $done.cer))[0]
		| $done.up - .up' "$D/run/state/transcript.jsonl"
}

rm -rf "$D"
mkdir -p "$D"
programs
quiet "$factory" station-key --factory "Example Works" --line 3 \
	--key "$D/line3.key" --out "$D/in/line3.station"
tokens <"$PLANS/demo-1-genesis.yaml" | sed -e "s/tokens: \[product-1\]/tokens: [$all]/" \
	-e '/product-1, product-2/,/reason/{/single-copy/d;/reason/d;}' \
	-e "s/quota: .*/quota: 20000/" \
	-e '/custodians: .Nora/a\      backup:\n        threshold: 2\n        custodians: [Rosa Winter, Sven Holm]' \
	>"$D/genesis.yaml"
quiet "$B/bin/anchorite" rehearse "$D/genesis.yaml" --dir "$D/genesis" \
	--in "$D/in"
quiet "$B/tests/demo/tool_devices" make "$D/units" "$N"
quiet "$factory" request --order "$D/genesis/out/line3.order" \
	--key "$D/line3.key" --out "$D/in/line3.request" "$D/units"

printf '\n%-22s %8s %10s %8s %8s\n' "batch of $N, ms each" tokens signing \
	'x bare' speed-up
for ms in ${MS:-0 20 150}; do
	for k in 1 2 4 8; do
		rm -rf "$D/run"
		cp -R "$D/genesis" "$D/run"
		echo "$all" | tr -d ' ' | tr , '\n' | sed "s/\$/ $ms/" \
			>"$D/run/softhsm2.conf.cards"
		on $k
		quiet "$D/slow/bin/anchorite" rehearse "$D/batch.yaml" \
			--dir "$D/run" --in "$D/in"
		took=$(signing)
		[ $k = 1 ] && one=$took
		awk -v ms="$ms" -v k=$k -v n="$N" -v took="$took" \
			-v one="$one" 'BEGIN {
			bare = k == 1 && ms > 0 ? \
				sprintf("%.3f", took / (n * ms)) : "-"
			printf "%-22s %8d %8.2f s %8s %8.2f\n", ms, k,
				took / 1000, bare, one / took
		}'
	done
done
rm -rf "$D"
