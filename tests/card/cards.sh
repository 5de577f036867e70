# shellcheck shell=sh disable=SC2034,SC2154
# Virtual cards in the readers of a real pcscd, for scripts that source this.
# pcscd's socket is compiled in and vpcd listens everywhere, so all of it is in
# namespaces of its own: nobody else's pcscd is touched, and no port is open
# outside.  $cards is the folder with the files of the cards, card1 and so on
# in the order of their readers; it is in memory when that can be, since a card
# is written with every use.
#
#   cards_enter "$@" || exit   early: the script goes on in namespaces, once
#   start_cards 8              blank ones, or those whose files are in $cards
#   card_of product-1          the file of the card with that label
#   control product-1 'delay 20000'
#   stop_cards                 in the trap of EXIT, too
#
# $repo is the folder of the sources.  A function that takes a card takes its label or the number of its reader.
# Everything is ended by its pid.
CARD_READERS_MAX=16
CARD_PORT=35963
cards=${ANCHORITE_CARDS:-}
card_pids='' pcscd_pid=''

# cards_enter ARGUMENT...: run this script again where pcscd can be ours; 1, and
# $why, when there is no such place
cards_enter() {
	[ -z "${ANCHORITE_CARDS:-}" ] || {
		mount -t tmpfs tmpfs /run && mkdir /run/pcscd &&
			ip link set lo up
		return
	}
	options=-mn
	[ "$(id -u)" = 0 ] || options=-Urmn
	why="no namespaces here: $(unshare $options true 2>&1)" || return
	cards=$(mktemp -d /dev/shm/anchorite-cards.XXXXXX 2>/dev/null ||
		mktemp -d "$BUILD/cards.XXXXXX") || exit 1
	status=0
	ANCHORITE_CARDS=$cards unshare $options sh "$0" "$@" || status=$?
	rm -rf "$cards"
	exit $status
}

# ---- pcscd and its readers ---------------------------------------------------
# The driver has two readers, and what it knows of them is static: a copy of it
# for each two.
reader_conf() { # COUNT
	i=0
	while [ $i -lt "$1" ]; do
		port=$((CARD_PORT + i))
		cp /usr/lib/pcsc/drivers/serial/libifdvpcd.so \
			"$cards/vpcd$i.so" || return
		printf 'FRIENDLYNAME "Virtual PCD %d"\n' $((i / 2))
		printf 'DEVICENAME /dev/null:0x%X\n' $port
		printf 'LIBPATH %s\nCHANNELID 0x%X\n\n' "$cards/vpcd$i.so" $port
		i=$((i + 2))
	done >"$cards/reader.conf"
}

# look: what pcscd sees, in $cards/seen; takes a while
look() {
	opensc-tool -l >"$cards/seen" 2>/dev/null </dev/null
}

# readers_full COUNT: so many cards are seen
readers_full() {
	look
	[ "$(grep -c ' Yes ' "$cards/seen")" = "$1" ]
}

# within COMMAND...: it succeeds within a bounded number of looks
within() {
	looks=0
	until "$@"; do
		looks=$((looks + 1))
		[ $looks -lt 1000 ] || return 1
		look
	done
}

# start_cards COUNT: that many cards in as many readers
start_cards() {
	[ "$1" -le $CARD_READERS_MAX ] && reader_conf "$1" || return
	pcscd --foreground --info --config "$cards/reader.conf" \
		>"$cards/pcscd.log" 2>&1 &
	pcscd_pid=$!
	i=0
	while [ $i -lt "$1" ]; do
		"$BUILD/tests/card/tool_card" vpcd $((CARD_PORT + i)) \
			"$cards/card$((i + 1))" >>"$cards/tool.log" 2>&1 &
		card_pids="$card_pids $!"
		i=$((i + 1))
	done
	within readers_full "$1"
}

# The cards end with their readers.
stop_cards() {
	for pid in $pcscd_pid $card_pids; do kill "$pid" 2>/dev/null || :; done
	for pid in $pcscd_pid $card_pids; do wait "$pid" 2>/dev/null || :; done
	card_pids='' pcscd_pid=''
}

# ---- one card ----------------------------------------------------------------
# hex TEXT: its octets as a card's file has them
hex() {
	printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F
}

# card_of LABEL|NUMBER: the file of the card
card_of() {
	[ ! -f "$cards/card$1" ] || {
		echo "$cards/card$1"
		return
	}
	# TokenInfo: 80, the length, the label
	info=$(printf '80%02X%s' ${#1} "$(hex "$1")")
	grep -l "^file 2F03 .*$info" "$cards"/card[0-9] "$cards"/card[0-9][0-9] \
		2>/dev/null | head -n 1 | grep .
}

# card_labels: the labels of all cards that have one, in the order of readers
card_labels() {
	i=1
	while [ -f "$cards/card$i" ]; do
		# TokenInfo: 30, length, 02 01 version, 80, length, the label
		info=$(sed -n 's/^file 2F03 30..0201..80//p' "$cards/card$i")
		[ -z "$info" ] || {
			len=$((0x$(printf '%.2s' "$info") * 2 + 2))
			printf "%.${len}s" "$info" | tail -c +3 |
				basenc -d --base16
			echo
		}
		i=$((i + 1))
	done
}

# serial_of CARD
serial_of() {
	sed -n 's/^serial //p' "$(card_of "$1")"
}

# control CARD LINE...: how it is from now on, and what goes wrong with it; see
# card_control.h.  Without a line: nothing does
control() {
	file=$(card_of "$1") || return
	shift
	{ [ $# = 0 ] || printf '%s\n' "$@"; } >"$file.control.next" &&
		mv "$file.control.next" "$file.control"
}

# uses_made: label, key and count of every key on a labelled card, or that was
# until it was deleted, sorted
uses_made() {
	for label in $(card_labels); do
		awk -v label="$label" '
			$1 == "gone" || $1 == "key" { n[$2] = $3 }
			END { for (key in n) print label, key, n[key] }' \
			"$(card_of "$label")"
	done | sort
}

# uses_told STATE: the same, as the record of a state folder has it
uses_told() {
	cat "$1"/checkpoints/*.note >"$cards/notes" 2>/dev/null
	cat "$1/issuance.jsonl" >"$cards/issuance" 2>/dev/null
	jq -s -r -f "$repo/tests/card/uses.jq" --rawfile notes "$cards/notes" \
		--slurpfile issuance "$cards/issuance" "$1/transcript.jsonl" | sort
}

# uses_of CARD: how often any of its keys was used
uses_of() {
	file=$(card_of "$1") || return
	awk '/^key / { n += $3 } END { print n + 0 }' "$file"
}

# pull CARD, insert CARD: out of its reader, and back; pcscd has seen it
pull() {
	control "$1" 'fault pull-before * 0' &&
		within card_seen "$1" No
}
insert() {
	control "$1" && within card_seen "$1" Yes
}

# card_seen CARD Yes|No: what pcscd says of its reader
card_seen() {
	file=$(card_of "$1") || return
	look
	awk -v n="${file##*/card}" -v want="$2" '
		$1 ~ /^[0-9]+$/ && $1 == n - 1 { found = $2 == want }
		END { exit !found }' "$cards/seen"
}
