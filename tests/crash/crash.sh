#!/bin/sh
# Cut the power at every point of every plan and go on.
#
# A point is a number of tool_power: before the change of that number, to the
# state folder or a token, all processes of the run die.  What the disk then
# holds is tried in up to three variants: "written" (all that was written),
# "synced" (only what was synced), "torn" (the same, and half of the last
# write).  On each the same plan is run again, of each LATER-th point all plans
# after it too, then the auditor; one certificate a device, one TBS a serial,
# and what had left for the factory stays as it is.
#
# EVERY=n tries each n-th point only, in one variant by turns; PLANS= names
# plans; POINTS="k..." the points of one plan; AGAIN=n lets the power fail a
# second time, n changes after it came back.  What fails stays in $BUILD/crash;
# $BUILD/crash/summary has a line a kind of step: name, disks tried, disks
# survived.  Exits 1 when one did not.
#
# With BESIDE=1 the product CA's key is on two tokens, which sign the batch side
# by side; genesis and batch only, in $BUILD/crash-beside.
#
# With CARDS=virtual the tokens are virtual cards, through OpenSC, in the signers'
# processes, and a point may be a command that changes a card; the batch only, in
# $BUILD/crash-cards.
set -u
BUILD=${BUILD:?}
EVERY=${EVERY:-1}
BESIDE=${BESIDE:-}
CARDS=${CARDS:-}
ALL="genesis batch crl intermediate change recovery copies"
[ -z "$BESIDE$CARDS" ] || ALL="genesis batch"
PLANS=${PLANS:-${CARDS:+batch}}
PLANS=${PLANS:-$ALL}
POINTS=${POINTS:-}
AGAIN=${AGAIN:-}
LATER=${LATER:-7}
JOBS=${JOBS:-2}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
# shellcheck source=tests/wrap.sh
. "$here/../wrap.sh"
W=$BUILD/crash${BESIDE:+-beside}${CARDS:+-cards}
plans=$here
anchorite=$BUILD/bin/anchorite
factory=$BUILD/bin/anchorite-factory
audit=$BUILD/bin/anchorite-audit
devices=$BUILD/tests/demo/tool_devices
power=$BUILD/tests/crash/tool_power
units=5
card_count=7
options=
# the shim comes before the sanitizers' runtime
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
export ASAN_OPTIONS

die() {
	echo "crash: $*" >&2
	exit 1
}

# ---- what all runs share -----------------------------------------------------
# The signer starts with a bare environment: lines in front of it give it the
# shim again, which widens its cell by what it needs.
programs() {
	with_signer "$W/run" "POWER=\${SOFTHSM2_CONF%/*}.power" \
		"PRELOAD=$BUILD/tests/crash/module_power.so" \
		'export POWER'
	[ -z "$CARDS" ] || virtual_cards
}

# with_signer FOLDER LINE...: the programs, their signer behind these lines
with_signer() {
	folder=$1
	shift
	{
		printf '%s\n' "$@" "WIDEN=\${SOFTHSM2_CONF%/*}:$BUILD/tests"
		[ -z "$CARDS" ] || card_list
	} | wrap_signer "$folder"
}

# card_list: the cards lie in the scratch folder, beside its softhsm2.conf
card_list() {
	list=
	for i in $(seq $card_count); do
		list="$list\$dir/card$i:"
	done
	printf '%s\n' "dir=\${SOFTHSM2_CONF%/*}/cards" "VIRTUAL_CARDS=$list" \
		'export VIRTUAL_CARDS'
}

# virtual_cards: OpenSC finds them in the process of the signer, which needs its
# script when the power does not fail, too
virtual_cards() {
	with_signer "$W/plain"
	anchorite=$W/plain/bin/anchorite
	options='--cards --module opensc'
	OPENSC_CONF=$W/opensc.conf
	export OPENSC_CONF
	cat >"$OPENSC_CONF" <<END
app default {
	reader_driver pcsc {
		provider_library = $BUILD/tests/card/module_pcsc.so;
	}
}
END
}

# two_tokens: the plans for a key on two tokens
two_tokens() {
	plans=$W/plans
	mkdir -p "$plans"
	for plan in $ALL; do
		sed -e 's/^  - {label: product-1.*/&\n  - {label: product-2, module: softhsm}/' \
			-e '/custodians: /a\      backup:\n        threshold: 2\n        custodians: [Rosa Winter, Sven Holm]' \
			-e '/tokens: \[product-1\]/,/reason/{s/product-1/product-1, product-2/;/single-copy/d;/reason/d;}' \
			-e '/- batch:/,$s/ token: product-1/ tokens: [product-1, product-2]/' \
			"$here/$plan.yaml" >"$plans/$plan.yaml"
	done
}

# rehearse FOLDER PLAN
rehearse() {
	# shellcheck disable=SC2086 # none, or several words
	"$anchorite" rehearse "$plans/$2.yaml" --dir "$1" $options
}

# cut FOLDER PLAN POINT: 137 when the power failed
cut() {
	# shellcheck disable=SC2086
	"$power" run "$1.power" "$3" "$1/state" "$W/run/bin/anchorite" \
		rehearse "$plans/$2.yaml" --dir "$1" $options
}

# request FOLDER: of all units, for the order that left
request() {
	"$factory" request --order "$1/out/line3.order" --key "$W/line3.key" \
		--date 2026-12-05T00:00:00Z --out "$1/in/line3.request" "$W/units"
}

# kinds POWER: the kind of step of each point, and what happens there; the
# change of a PIN is a kind of its own
kinds() {
	"$power" events "$1" | awk '
		BEGIN { kind = "open" }
		{
			n++
			line[n] = $0
			of[n] = kind
		}
		/ step.begin / { kind = $NF }
		/ step.end / { kind = "between" }
		/ ceremony.close / { kind = "close" }
		/ act.begin / { begin = n }
		/ rotate.prepare / { prepared = 1 }
		/ act.result / {
			if (prepared)
				for (i = begin; i <= n; i++)
					of[i] = "rotate"
			prepared = 0
		}
		END {
			for (i = 1; i <= n; i++)
				print i, of[i], line[i]
		}'
}

# base PLAN: the folder before it, and its points when nothing is cut off
bases() {
	mkdir -p "$W/genesis/in" "$W/genesis/cards"
	"$factory" station-key --factory Works --line 3 --key "$W/line3.key" \
		--out "$W/genesis/in/line3.station" || return 1
	"$devices" make "$W/units" $units || return 1
	last=
	for plan in $ALL; do
		[ -z "$last" ] || cp -a "$W/$last" "$W/$plan" || return 1
		[ "$plan" != batch ] || request "$W/batch" || return 1
		cp -a "$W/$plan" "$W/$plan.whole" &&
			cut "$W/$plan.whole" "$plan" 0 || return 1
		kinds "$W/$plan.whole.power" >"$W/$plan.points"
		last=$plan.whole
	done
}

# ---- a run that was cut off goes on ------------------------------------------
# one_each FOLDER: one TBS a serial, one certificate a device
one_each() {
	[ -s "$1/state/issuance.jsonl" ] || return 0
	jq -e -n --argjson units $units '
		[inputs] | map(select(.type == "intent")) as $i
		| ($i | map(.serial) | unique | length) == $units
		and ($i | map(.serial + .tbs_sha256) | unique | length) == $units
		and ($i | map(.id) | unique | length) == $units
		and (map(select(.type == "result")) | length) == $units' \
		"$1/state/issuance.jsonl"
}

# one_key FOLDER: of the CA that others run one TBS was begun, once signed
one_key() {
	jq -e -n '
		[inputs] as $l
		| [$l[] | select(.type == "act.begin").body.act] as $begun
		| [$l[] | select(.type == "act.result").body.act] as $done
		| [$l[] | select(.type == "act.propose").body
			| select(.uses[0].use == "intermediate")] as $acts
		| ($acts | length) == 0 or
		  ([$acts[] | select(.act | IN($begun[])).input_sha256]
			| unique | length) == 1 and
		  ([$acts[] | select(.act | IN($done[]))] | length) == 1' \
		"$1/state/transcript.jsonl"
}

audited() {
	"$anchorite" status --state "$1/state" --json >"$1/status.json" &&
		"$audit" verify "$1/state" \
			--anchor "$(jq -r .anchor "$1/status.json")"
}

# go_on FOLDER PLAN POINT: the same plan, those after it, the auditor
go_on() {
	at=before
	for step in $ALL; do
		case $at in
		before) [ "$step" = "$2" ] || continue ;;
		now) [ $(($3 % LATER)) = 0 ] || break ;;
		esac
		at=now
		echo "== $step"
		[ "$step" != batch ] || [ -e "$1/in/line3.request" ] ||
			request "$1" || return 1
		rehearse "$1" "$step" || return 1
	done
	echo "== audit"
	audited "$1" && echo "== one each" && one_each "$1" && one_key "$1"
}

# signed FOLDER PLAN: nothing has left before the head was signed
signed() {
	[ ! -e "$1/state/checkpoints/$2.note" ] || return 0
	for file in "$1"/out/*; do
		[ ! -e "$file" ] || [ -e "$W/$2/out/${file##*/}" ] || {
			echo "${file##*/} has left, and no head is signed"
			return 1
		}
	done
}

# again FOLDER PLAN: the power fails a second time, if that is asked for
again() {
	[ -n "$AGAIN" ] || return 0
	status=0
	cut "$1" "$2" "$AGAIN" || status=$?
	rm -rf "$1.power"
	[ $status = 0 ] || [ $status = 137 ]
}

# stays FOLDER OUT: what had left is as it was
stays() {
	for file in "$2"/*; do
		[ ! -e "$file" ] || cmp "$file" "$1/out/${file##*/}" || return 1
	done
}

# survives FOLDER PLAN OUT POINT
survives() {
	signed "$1" "$2" && again "$1" "$2" && go_on "$1" "$2" "$4" &&
		stays "$1" "$3"
}

# lay OUT CUT VARIANT: 1: there is no such disk, or it is one tried before
lay() {
	cp -a "$2" "$1" || die "$1: cannot be copied"
	[ "$3" = written ] && return 0
	rm -rf "$1/state"
	status=0
	"$power" lay "$2.power" "$3" "$1/state" || status=$?
	case $status in
	0) ;;
	3)
		[ "$3" = synced ] || return 1
		rm -rf "$1/state"
		[ -e "$2/state" ]
		return
		;;
	*) die "$1: cannot be laid out" ;;
	esac
	! diff -r "$2/state" "$1/state" >"$1.diff" 2>&1
}

# try PLAN POINT KIND WHAT VARIANT...: a line a variant: kind, ok or not
try() {
	plan=$1 point=$2 kind=$3 what=$4
	shift 4
	D=$W/$plan.$point
	cp -a "$W/$plan" "$D" || die "$D: cannot be copied"
	cut "$D" "$plan" "$point" >"$D.log" 2>&1
	[ $? = 137 ] || {
		echo "not-cut $kind $plan point $point"
		return
	}
	for variant; do
		E=$D.$variant
		if ! lay "$E" "$D" "$variant"; then
			rm -rf "$E" "$E.diff"
		elif survives "$E" "$plan" "$D/out" "$point" >"$E.log" 2>&1 </dev/null; then
			echo "ok $kind"
			rm -rf "$E" "$E.log" "$E.diff"
		else
			echo "not-ok $kind $plan point $point, $variant, before" \
				"\"$what\": $(tail -n 1 "$E.log")"
		fi
	done
	rm -rf "$D" "$D.power" "$D.log"
}

# ---- all of them, shared out among JOBS --------------------------------------
list() {
	for plan in $PLANS; do
		awk -v plan="$plan" -v every="$EVERY" -v only=" $POINTS " '
			only != "  " && !index(only, " " $1 " ") { next }
			$1 % every { next }
			{ print plan, $0 }' "$W/$plan.points"
	done
}

# The variants of the n-th point of the list: all, or one by turns.
variants() {
	if [ "$EVERY" = 1 ]; then
		echo written synced torn
		return
	fi
	case $(($1 % 3)) in
	0) echo torn synced ;;
	1) echo synced ;;
	2) echo written ;;
	esac
}

worker() {
	i=0
	while read -r plan point kind _ what; do
		i=$((i + 1))
		[ $((i % JOBS)) = "$1" ] || continue
		# shellcheck disable=SC2046 # several words
		try "$plan" "$point" "$kind" "$what" $(variants $i)
	done <"$W/list" >"$W/done.$1"
}

summary() {
	cat "$W"/done.* | awk '
		{ tried[$2]++ }
		$1 == "ok" { survived[$2]++ }
		END {
			for (kind in tried)
				print kind, tried[kind], survived[kind] + 0
		}' | sort
}

rm -rf "$W"
mkdir -p "$W"
programs
[ -z "$BESIDE" ] || two_tokens
bases >"$W/bases.log" 2>&1 || {
	cat "$W/bases.log" >&2
	die "the plans do not run even with power"
}
list >"$W/list"
j=0 workers=
while [ $j -lt "$JOBS" ]; do
	worker $j &
	workers="$workers $!"
	j=$((j + 1))
done
bad=0
for worker in $workers; do
	wait "$worker" || bad=1
done
summary >"$W/summary"
awk '{
		print; tried += $2; survived += $3
	}
	END { print "all", tried, survived }' "$W/summary" |
	while read -r kind tried survived; do
		printf '%-14s %4d disks tried, %4d survived\n' "$kind" "$tried" \
			"$survived"
	done
echo "$(wc -l <"$W/list") points of $(cat "$W"/*.points | wc -l)"
! grep -h '^not-' "$W"/done.* && [ $bad = 0 ]
