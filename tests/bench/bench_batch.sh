#!/bin/sh
# What whole batches cost beside the bare operations: one genesis rehearsal,
# then from its state a batch of 100 and one of 1,000 requests, and one of N
# more when N is given.  Prints a table; asserts nothing.  It needs the output
# of bench_bare in $BUILD/bench/bench_bare.txt and makes it when it is missing.
#
#   wall      the whole ceremony, in seconds, as its people would wait
#   signing   from act.begin to act.result by the transcript's `up`, in seconds
#   certs/s   certificates a second of signing
#   RSS       of the largest process, in MiB
#   x bare    wall time over N bare C_Sign
set -eu
B=${BUILD:?}
D=$B/bench
PLANS=$(dirname "$0")/../../docs/examples
BARE=$D/bench_bare.txt
anchorite=$B/bin/anchorite
factory=$B/bin/anchorite-factory
devices=$B/tests/demo/tool_devices
measure=$B/tests/bench/tool_measure

# quiet COMMAND...: its output counts only when it fails
quiet() {
	"$@" >"$D/last" 2>&1 || {
		cat "$D/last" >&2
		exit 1
	}
}

genesis() {
	"$factory" station-key --factory "Example Works" --line 3 \
		--key "$D/line3.key" --out "$D/in/line3.station" >"$D/last"
	sed "s/quota: 1000/quota: 20000/" "$PLANS/demo-1-genesis.yaml" \
		>"$D/genesis.yaml"
	quiet "$measure" "$D/took" "$anchorite" rehearse "$D/genesis.yaml" \
		--dir "$D/genesis" --in "$D/in"
}

# batch COUNT: from the state that genesis left
batch() {
	rm -rf "$D/run" "$D/units" "$D/in/line3.request"
	mkdir "$D/units"
	cp -R "$D/genesis" "$D/run"
	quiet "$devices" make "$D/units" "$1"
	quiet "$factory" request --order "$D/genesis/out/line3.order" \
		--key "$D/line3.key" --out "$D/in/line3.request" "$D/units"
	quiet "$measure" "$D/took" "$anchorite" rehearse \
		"$PLANS/demo-2-batch.yaml" --dir "$D/run" --in "$D/in"
}

# milliseconds from act.begin to act.result of the last act
signing() {
	jq -s '[.[] | select(.type == "act.begin" or .type == "act.result").up]
		| .[-1] - .[-2]' "$D/run/state/transcript.jsonl"
}

# row NAME COUNT MILLISECONDS: with $D/took and the bare C_Sign
row() {
	awk -v name="$1" -v n="$2" -v ms="$3" -v bare="$bare" '{
		printf "%-14s %8.2f", name, $1
		if (n > 0)
			printf " %8.2f %8.0f", ms / 1000, n * 1000 / (ms + 1)
		else
			printf " %8s %8s", "-", "-"
		printf " %8.1f", $2 / 1024
		if (n > 0 && bare > 0)
			printf " %8.1f", $1 * 1e6 / (n * bare)
		print ""
	}' "$D/took"
}

mkdir -p "$D"
[ -s "$BARE" ] || "$B/tests/bench/bench_bare" | tee "$BARE"
bare=$(awk '/^C_Sign,/ { print $(NF - 1) }' "$BARE")
rm -rf "$D/genesis" "$D/in" "$D/line3.key"
mkdir -p "$D/in"

printf '\n%-14s %8s %8s %8s %8s %8s\n' ceremony wall signing certs/s RSS 'x bare'
genesis
row genesis 0 0
for n in 100 1000 ${N:-}; do
	batch "$n"
	row "batch of $n" "$n" "$(signing)"
done
rm -rf "$D/genesis" "$D/in" "$D/run" "$D/units" "$D/last" "$D/took" \
	"$D/line3.key" "$D/genesis.yaml"
