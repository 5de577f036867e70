# shellcheck shell=sh disable=SC2034,SC2153,SC2154
# What goes wrong with cards, a row a fault, for scripts that source this: each
# row goes through the whole program, pcscd, vpcd and OpenSC.  A row is
#
#   base | plan | card | fault; fault | status | message | again | unseen
#
# From the base the plan runs with these faults of card_control.h on that card
# (its label there, or the number of its reader), until it ends in that status
# with that message on standard error or output; "@" at its end is what is said
# of a card that was pulled.  "do NAME" among the faults calls NAME before the
# plan runs, and undo_NAME behind it.  Then the card is well again, and the same
# plan ends in status `again`; a word there is what happens instead.  After that
# the auditor verifies, and the keys were used as the record says (see uses.jq)
# and as `unseen` says beside it: what the card did and could not tell.
#
# The script says how many CARDS there are, ends in faults "$@", and has
#   rows            the table
#   bases           makes the bases, with on_cards and keep
#   plan_of PLAN    the plan's file, in $file
#   again_WORD PLAN what happens where `again` is that word
#   settled PLAN    what else must be true in the end
#
# ROWS="3 17": those alone, with what they print.
BUILD=${BUILD:?}
JOBS=${JOBS:-2}
S=r/state
# shellcheck source-path=SCRIPTDIR source=cards.sh
. "$repo/tests/card/cards.sh"

# Workers have a pcscd each; their results are numbered through.
all_workers() {
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
}

# ---- bases -------------------------------------------------------------------
# keep NAME, lay NAME: the cards and the scratch folder
keep() {
	rm -rf "base.$1" && mkdir "base.$1" && cp -a r in "base.$1" &&
		for c in $(seq "$CARDS"); do
			cp "$cards/card$c" "base.$1" || return
		done
}
lay() {
	rm -rf r in && cp -a "base.$1/r" "base.$1/in" . || return
	for c in $(seq "$CARDS"); do
		control "$c" && cp "base.$1/card$c" "$cards/card$c.next" &&
			mv "$cards/card$c.next" "$cards/card$c" || return
	done
	within readers_full "$CARDS"
}

# on_cards PLAN [OPTION...]: its status; ends in any case
on_cards() {
	case $1 in
	*.yaml) file=$1 ;;
	*) plan_of "$1" ;;
	esac
	shift
	timeout 120 "$anchorite" rehearse "$file" --cards --module opensc \
		--dir r --in in "$@" >out 2>err </dev/null
}

# other LABEL: another card with that label, in $cards/other.LABEL; the card of
# the last reader is blank in the base of this name
other() {
	pull "$1" && "$BUILD/tests/bench/tool_csign" make "$1" &&
		mv "$cards/card$CARDS" "$cards/other.$1" &&
		cp "base.blank/card$CARDS" "$cards/next" &&
		mv "$cards/next" "$cards/card$CARDS" && insert "$1"
}

# ---- what must be true in the end --------------------------------------------
audited() {
	"$anchorite" status --state $S --json >status.json &&
		"$audit" verify $S --anchor "$(jq -r .anchor status.json)"
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

# ---- one row -----------------------------------------------------------------
# faulty CARD FAULTS: from now on; $number is its reader.  What it answers to a
# reset, and which card it is, shows only when it is put in anew
faulty() {
	number=$(card_of "$1" | sed 's/.*card//')
	: "${number:=$1}"
	# a text of its own, since it is counted anew when that changes
	{
		echo "# row $i"
		echo "$2" | tr ';' '\n' | sed "s|^ *||; s|CARDS/|$cards/|"
	} >faults
	calls=$(sed -n 's/^do //p' faults)
	sed -i '/^do /d' faults
	for call in $calls; do "$call" || return; done
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
	for call in $calls; do "undo_$call" || return; done
	[ -z "$anew" ] || pull "$1" || return
	control "$1" && within readers_full "$CARDS"
}

# what stands in the way is in out and err
row() {
	base=$1 plan=$2 card=$3 faults=$4 status=$5 message=$6 again=$7 unseen=$8
	lay "$base" && faulty "$card" "$faults" || return
	got=0
	on_cards "$plan" || got=$?
	cat out err >first
	ended "$status" "$message" $got || return
	well "$number" || return
	case $again in
	[0-9]*)
		got=0
		on_cards "$plan" || got=$?
		ended "$again" '' $got || return
		;;
	*) "again_$again" "$plan" || return ;;
	esac
	audited >out 2>err && settled "$plan" >out 2>err &&
		uses_agree "$unseen" >out 2>err
}

# Every row that is this worker's
all_rows() {
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
		row "$base" "$plan" "$card" "$faults" "$status" "$message" \
			"$again" "$unseen"
		ok "$i: $plan, $card: $faults"
		[ -z "${ROWS:-}" ] || sed 's/^/# first: /' first
	done <table
}

faults() {
	[ "${1:-}" = worker ] || all_workers
	cards_enter "$@" || {
		[ "$2" != 0 ] || echo "ok 1 - faults of cards # SKIP $why"
		exit 0
	}
	worker=$2
	# shellcheck source-path=SCRIPTDIR/../ceremony/custodian source=lib.sh
	. "$repo/tests/ceremony/custodian/lib.sh"
	trap 'stop_cards; rm -rf "$dir"' EXIT
	start_cards "$CARDS" && bases >out 2>err
	status=$?
	[ $status = 0 ] || {
		(exit $status)
		ok "cards and bases"
		exit 1
	}
	all_rows
	stop_cards
}
