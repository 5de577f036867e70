#!/bin/sh
# What goes wrong with a card in a ceremony: a row a fault, each through the
# whole program, pcscd, vpcd and OpenSC.  The plans are those of the crash tests.
# A row is
#
#   base | plan | card | fault; fault | status | message | again | unseen
#
# From the base (blank cards, or after genesis) the plan runs with these faults
# of card_control.h on that card, until it ends in that status with that message
# on standard error or output.  Then the card is well again, and the same plan
# ends in status `again`; "recover" is a card whose PIN is locked, so the plan is
# given up, its PIN made anew, and another plan has the batch.  After that the auditor verifies, a serial has one TBS
# and a device one certificate, and the keys were used as the record says (see
# uses.jq) and as `unseen` says beside it: what the card did and could not tell.
#
# ROWS="3 17": those alone, with what they print.
set -u
BUILD=${BUILD:?}
repo=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)
JOBS=${JOBS:-2}
CARDS=6

# Workers have a pcscd each; their results are numbered through.
if [ "${1:-}" != worker ]; then
	tmp=$(mktemp -d "$BUILD/faults.XXXXXX") || exit 1
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 1' HUP INT TERM
	j=0 pids=
	while [ $j -lt "$JOBS" ]; do
		sh "$0" worker $j >"$tmp/$j" 2>&1 &
		pids="$pids $!"
		j=$((j + 1))
	done
	bad=0
	for pid in $pids; do wait "$pid" || bad=1; done
	cat "$tmp"/* | awk '
		/^(not )?ok / { n++; sub(/ok [0-9]+/, "ok " n) }
		{ print }
		END { print "1.." n }'
	exit $bad
fi
# shellcheck source-path=SCRIPTDIR source=cards.sh
. "$repo/tests/card/cards.sh"
cards_enter "$@" || {
	[ "$2" != 0 ] || echo "ok 1 - faults of cards # SKIP $why"
	exit 0
}
worker=$2
# shellcheck source-path=SCRIPTDIR/../ceremony/custodian source=lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
trap 'stop_cards; rm -rf "$dir"' EXIT
S=r/state
UNITS=5

# "@" is what is said of a card that was pulled
rows() {
	grep -v '^#' <<'END'
# genesis: the first card is op-alice, the fourth root-1, the fifth product-1
# enrolment
blank|genesis|1|fault pull-before 50 1|4|op-alice: @|0|
blank|genesis|1|fault pull-before 2C 1|4|op-alice: @|0|
blank|genesis|1|fault pull-during 2C 1|4|op-alice: @|0|
blank|genesis|1|fault pull-before 46 1|4|op-alice: @|0|
blank|genesis|1|fault pull-during 46 1|4|op-alice: @|0|
blank|genesis|1|fault pull-during 46 2|4|op-alice: @|0|
blank|genesis|1|fault status 46 1 6F00|4|op-alice: the PKCS#11 module reports an error|0|
blank|genesis|1|fault short 46 1 20|4|op-alice: the PKCS#11 module reports an error|0|
blank|genesis|1|fault status D7 3 6A84|4|op-alice: the token is full|0|
blank|genesis|1|fault pull-during 68 1|4|op-alice: @|0|
blank|genesis|1|fault pull-during 62 1|4|op-alice: @|0|
blank|genesis|1|fault short 62 1 8|4|op-alice: the key on the token is not the expected one|0|
# keys of CAs
blank|genesis|4|fault pull-before 46 1|4|@|0|
blank|genesis|4|fault pull-during 46 1|4|@|0|
blank|genesis|4|fault status 46 1 6F00|4|the PKCS#11 module reports an error|0|
blank|genesis|5|fault pull-during 46 2|4|@|0|
blank|genesis|5|fault pull-during 68 1|4|@|0|
# what a root signs first, certificates written beside a key, its head
blank|genesis|4|fault pull-during 68 3|4|@|0|root-1 01 1
blank|genesis|4|fault pull-during 68 4|4|@|0|root-1 01 1
blank|genesis|4|fault pull-during D7 9|4|@|0|
blank|genesis|4|fault pull-during D7 11|4|@|0|
blank|genesis|5|fault pull-during E4 1|4|@|0|
blank|genesis|5|fault pull-before E4 2|4|@|0|
blank|genesis|5|fault status D7 12 6A84|4|the token is full|0|
blank|genesis|5|fault pull-during D7 14|4|@|0|
blank|genesis|5|fault pull-during 24 1|4|product-1: @|0|
# the CA's card: gone, login, challenge
genesis|batch|product-1|fault pull-before * 0|4|product-1: no such token is present|0|
genesis|batch|product-1|fault pull-before 20 1|4|product-1: no such token is present|0|
genesis|batch|product-1|fault pull-during 20 2|4|product-1: no such token is present|0|
genesis|batch|product-1|fault lock 20 2|4|product-1: the PIN is locked|recover|product-1 01 -2
genesis|batch|product-1|fault pull-before 68 1|4|product-1: @|0|product-1 01 -1
genesis|batch|product-1|fault pull-during 68 1|4|product-1: @|0|
genesis|batch|product-1|fault pull-after 68 1|4|product-1: @|0|
genesis|batch|product-1|fault status 68 1 6F00|1|product-1: PIN accepted, but the key product-ca does not answer (the PKCS#11 module reports an error)|0|product-1 01 -1
genesis|batch|product-1|fault short 68 1 10|1|product-1: PIN accepted, but the key product-ca does not answer|0|
# signatures of a batch: five devices, CRL, response
genesis|batch|product-1|fault pull-before 68 3|4|product-1: entry 2 (340A9001): @|0|
genesis|batch|product-1|fault pull-during 68 3|4|product-1: entry 2 (340A9001): @|0|product-1 01 1
genesis|batch|product-1|fault pull-after 68 3|4|product-1: entry 3 (340A9002): @|0|
genesis|batch|product-1|fault status 68 3 6982|4|product-1: entry 2 (340A9001): the key did not sign|0|
genesis|batch|product-1|fault status 68 3 6F00|4|product-1: entry 2 (340A9001): the key did not sign|0|
genesis|batch|product-1|fault short 68 3 10|4|product-1: entry 2 (340A9001): the key did not sign|0|product-1 01 1
genesis|batch|product-1|fault short 68 3 0|4|product-1: entry 2 (340A9001): the key did not sign|0|product-1 01 1
genesis|batch|product-1|fault lock 68 3|4|product-1: entry 2 (340A9001): the key did not sign|recover|product-1 01 -1
genesis|batch|product-1|fault pull-during 68 6|4|product-1: entry 5 (340A9004): @|0|product-1 01 1
genesis|batch|product-1|fault pull-during 68 7|4|product-1: CRL: @|0|product-1 01 1
genesis|batch|product-1|fault pull-during 68 8|4|product-1: response: @|0|product-1 01 1,product-1 02 1
# the change of its PIN
genesis|batch|product-1|fault pull-before 24 1|4|product-1: as it was or keyed for epoch 3: its next act tries both: @|0|
genesis|batch|product-1|fault pull-during 24 1|4|product-1: as it was or keyed for epoch 3: its next act tries both: @|0|
genesis|batch|product-1|fault pull-after 24 1|4|product-1: as it was or keyed for epoch 3: its next act tries both: @|0|
genesis|batch|product-1|fault status 24 1 6F00|4|product-1: as it was or keyed for epoch 3: its next act tries both: the PKCS#11 module|0|
genesis|batch|product-1|fault status 24 1 63C1|4|product-1: as it was or keyed for epoch 3: its next act tries both: the PIN is wrong|0|
genesis|batch|product-1|fault pull-during 68 9|4|product-1: @|0|product-1 01 1
# its head
genesis|batch|product-1|fault pull-before D7 1|4|product-1: @|0|
genesis|batch|product-1|fault pull-during D7 1|4|product-1: @|0|
genesis|batch|product-1|fault pull-during D7 2|4|product-1: @|0|
genesis|batch|product-1|fault pull-during E4 1|4|product-1: @|0|
genesis|batch|product-1|fault status D7 1 6A84|4|product-1: the token is full|0|
# an operator's card: gone, login, share
genesis|batch|op-alice|fault pull-before * 0|0|alice: card op-alice is not here|0|
genesis|batch|op-alice|fault pull-before 20 2|0|alice: card op-alice is not here|0|
genesis|batch|op-alice|fault lock 20 2|0|alice: card op-alice is out of this round: PIN locked|0|
genesis|batch|op-alice|fault pull-before 62 1|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|
genesis|batch|op-alice|fault pull-during 62 1|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 02 1
genesis|batch|op-alice|fault status 62 1 6F00|0|blob does not open with this key|0|
genesis|batch|op-alice|fault short 62 1 10|0|alice: card op-alice is out of this round: its share does not open|0|op-alice 02 1
# its approvals, checkpoint, head
genesis|batch|op-alice|fault pull-before 68 1|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 02 1
genesis|batch|op-alice|fault pull-during 68 1|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 01 1,op-alice 02 1
genesis|batch|op-alice|fault pull-during 68 2|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 01 1
genesis|batch|op-alice|fault status 68 1 6F00; fault status 68 2 6F00|4|op-alice: the PKCS#11 module reports an error|0|op-alice 02 1
genesis|batch|op-alice|fault short 68 1 10|4|op-alice: the PKCS#11 module reports an error|0|op-alice 01 1,op-alice 02 1
genesis|batch|op-alice|fault pull-during 68 3|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 01 1
genesis|batch|op-alice|fault pull-during D7 1|0|alice: card op-alice was pulled out: nothing is lost, put it in again|0|op-alice 01 1
genesis|batch|op-alice|fault status D7 1 6A84|4|op-alice: the token is full|0|op-alice 01 1
# another ATR, another card with that label
genesis|batch|product-1|fault atr * 0 3B00|4|product-1: no such token is present|0|
genesis|batch|op-alice|fault atr * 0 3B00|0|alice: card op-alice is not here|0|
genesis|batch|product-1|fault swap * 0 CARDS/other.product-1|4|product-1: |0|
genesis|batch|op-alice|fault swap * 0 CARDS/other.op-alice|0|alice: card op-alice is not here|0|
END
}

# ---- bases -------------------------------------------------------------------
# keep NAME, lay NAME: the cards and the scratch folder
keep() {
	rm -rf "base.$1" && mkdir "base.$1" && cp -a r in "base.$1" &&
		for c in $(seq $CARDS); do
			cp "$cards/card$c" "base.$1" || return
		done
}
lay() {
	rm -rf r in && cp -a "base.$1/r" "base.$1/in" . || return
	for c in $(seq $CARDS); do
		control "$c" && cp "base.$1/card$c" "$cards/card$c.next" &&
			mv "$cards/card$c.next" "$cards/card$c" || return
	done
	within readers_full $CARDS
}

# on_cards PLAN [OPTION...]: its status; ends in any case
on_cards() {
	case $1 in
	*.yaml) file=$1 ;;
	*) file=$repo/tests/crash/$1.yaml ;;
	esac
	shift
	timeout 120 "$anchorite" rehearse "$file" --cards --module opensc \
		--dir r --in in "$@" >out 2>err </dev/null
}

bases() {
	mkdir in r && "$factory" station-key --factory Works --line 3 --key line3.key \
		--out in/line3.station && "$devices" make units $UNITS &&
		keep blank && on_cards genesis &&
		"$factory" request --order r/out/line3.order --key line3.key \
			--date 2026-12-05T00:00:00Z --out in/line3.request units &&
		keep genesis && other product-1 && other op-alice
}

# other LABEL: another card with that label, in $cards/other.LABEL
other() {
	pull "$1" && "$BUILD/tests/bench/tool_csign" make "$1" &&
		mv "$cards/card$CARDS" "$cards/other.$1" &&
		cp base.blank/card$CARDS "$cards/next" &&
		mv "$cards/next" "$cards/card$CARDS" && insert "$1"
}

# recover: the locked card; then the batch under another name
recover() {
	crash=$repo/tests/crash
	sed 's/^ceremony: .*/ceremony: recovery/; /op-berta/d; /op-dora/d
		/op-alice/a\  - {label: op-bert, module: opensc, owner: bert}
		s/-later//' "$crash/recovery.yaml" >recovery.yaml
	sed 's/^ceremony: .*/ceremony: again/; s/^date: .*/date: 2027-01-05T09:00:00Z/
		s/line3.response/again.response/' "$crash/batch.yaml" >again.yaml
	on_cards batch --abandon 'its PIN is locked' &&
		on_cards recovery.yaml && on_cards again.yaml
}

# ---- what must be true in the end --------------------------------------------
audited() {
	"$anchorite" status --state $S --json >status.json &&
		"$audit" verify $S --anchor "$(jq -r .anchor status.json)"
}

# one TBS a serial, one certificate a device
one_each() {
	[ "$1" = batch ] || return 0
	jq -e -n --argjson units $UNITS '
		[inputs] | map(select(.type == "intent")) as $i
		| ($i | map(.serial) | unique | length)
			== ($i | map(.serial + .tbs_sha256) | unique | length)
		and ($i | map(.id) | unique | length) == $units
		and (map(select(.type == "result")) | length) == $units' \
		$S/issuance.jsonl
}

# uses_agree UNSEEN: "label key number", with commas between
uses_agree() {
	uses_made >made
	{
		uses_told $S
		echo "$1" | tr , '\n'
	} | awk 'NF == 3 { n[$1 " " $2] += $3 }
		END { for (key in n) print key, n[key] }' | sort >told
	diff -u told made
}

# ended STATUS MESSAGE GOT
ended() {
	[ "$3" = "$1" ] || {
		echo "status $3, not $1" >>err
		return 1
	}
	text=$2
	[ "${2%@}" = "$2" ] || text="${2%@}the token was removed"
	[ -z "$2" ] || grep -qF -e "$text" out err || {
		echo "does not say: $text" >>err
		return 1
	}
}

# faulty CARD FAULTS: from now on; $number is its reader.  What it answers to a
# reset, and which card it is, shows only when it is put in anew
faulty() {
	number=$(card_of "$1" | sed 's/.*card//')
	: "${number:=$1}"
	echo "$2" | tr ';' '\n' | sed "s|^ *||; s|CARDS/|$cards/|" >faults
	case $2 in
	*atr* | *swap*)
		pull "$number" || return
		anew=1
		;;
	*) anew= ;;
	esac
	cp faults "$cards/faults" &&
		mv "$cards/faults" "$cards/card$number.control" || return
	[ -z "$anew" ] || within card_seen "$number" Yes
}
well() { # NUMBER
	[ -z "$anew" ] || pull "$1" || return
	control "$1" && within readers_full $CARDS
}

# one row; what stands in the way is in out and err
row() {
	base=$1 plan=$2 card=$3 faults=$4 status=$5 message=$6 again=$7 unseen=$8
	lay "$base" && faulty "$card" "$faults" || return
	got=0
	on_cards "$plan" || got=$?
	cat out err >first
	ended "$status" "$message" $got || return
	well "$number" || return
	if [ "$again" = recover ]; then
		recover || return
	else
		got=0
		on_cards "$plan" || got=$?
		ended "$again" '' $got || return
	fi
	audited >out 2>err && one_each "$plan" >out 2>err &&
		uses_agree "$unseen" >out 2>err
}

start_cards $CARDS && bases >out 2>err
status=$?
[ $status = 0 ] || {
	(exit $status)
	ok "cards and genesis"
	exit 1
}
i=0
rows >table
while IFS='|' read -r base plan card faults status message again unseen; do
	i=$((i + 1))
	if [ -n "${ROWS:-}" ]; then
		case " $ROWS " in *" $i "*) ;; *) continue ;; esac
		[ "$worker" = 0 ] || continue
	else
		[ $((i % JOBS)) = "$worker" ] || continue
	fi
	rm -f first
	row "$base" "$plan" "$card" "$faults" "$status" "$message" "$again" \
		"$unseen"
	ok "$i: $plan, $card: $faults"
	[ -z "${ROWS:-}" ] || sed 's/^/# first: /' first
done <table
stop_cards
