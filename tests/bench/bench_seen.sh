#!/bin/sh
# How soon people see what they do with a card: a virtual one, through pcscd and
# vpcd, while the program asks for another at a terminal.  Prints a table;
# asserts nothing.
#
#   put in    seconds from when the card's process is started, which connects to
#             vpcd at once, until the terminal has the line that tells of it
#   taken out from when that process is killed, and with it the connection
#   idle      seconds of processor that the process which watches the readers
#             has used over so many seconds in which nothing happens, in ticks
#             of the kernel's clock
#
# vpcd is a reader that pcscd has to ask; one on USB says by itself when a card
# comes.  N is how often, IDLE how many seconds.
set -eu
BUILD=${BUILD:?}
repo=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../card/cards.sh
. "$repo/tests/card/cards.sh"
cards_enter "$@" || {
	echo "cards that come and go: not measured: $why"
	exit 0
}
D=$BUILD/bench/seen
anchorite=$BUILD/bin/anchorite
trap stop_cards EXIT
trap 'exit 1' HUP INT TERM

rm -rf "$D"
mkdir -p "$D"
echo 'serial SEE00000001' >"$cards/card1.control"
start_cards 1
# the card stays, and its reader is empty until the table's rows fill it
for pid in $card_pids; do
	kill "$pid"
	wait "$pid" 2>/dev/null || :
done
card_pids=''
within card_seen 1 No
cat >"$D/plan.yaml" <<END
plan: 1
log: bench.example/seen
ceremony: seen
date: 2026-12-01T09:00:00Z
roles:
  - {role: witness, name: Tom Reed}
tokens:
  - {label: op-ann, module: opensc, owner: ann, serial: SEE00000002}
  - {label: op-ben, module: opensc, owner: ben}
  - {label: root-1, module: opensc}
steps:
  - quorum:
      threshold: 2
      operators:
        - {id: ann, name: Ann Moor, token: op-ann}
        - {id: ben, name: Ben Lang, token: op-ben}
      so: {threshold: 2, custodians: [Nora, Otto]}
  - root:
      subject: CN=Seen Root
      key: p256
      years: 5
      crl-days: 90
      tokens: [root-1]
      single-copy: accepted
      reason: nothing is signed here
END

cat >"$D/people.exp" <<'END'
lassign $argv words count idle log card port file
set command [lrange $argv 7 end]
proc fail {why} { puts stderr $why; exit 1 }
proc children {pid} {
	if {[catch { open /proc/$pid/task/$pid/children } f]} { return {} }
	set all [read $f]
	close $f
	foreach p $all { lappend all {*}[children $p] }
	return $all
}
# The signer below a process that was started last, which is the one that
# watches, and its ticks.
proc watcher {pid} {
	set last {0 0 0}
	foreach p [children $pid] {
		set f [open /proc/$p/stat]
		set stat [read $f]
		close $f
		if {![regexp {\((anchorite-signe[^)]*)\) (.*)$} $stat - - rest]} continue
		set rest [split $rest]
		set start [lindex $rest 19]
		if {$start >= [lindex $last 0]} {
			set last [list $start $p \
			    [expr {[lindex $rest 11] + [lindex $rest 12]}]]
		}
	}
	return $last
}
log_user 0
log_file -noappend -a $log
set timeout 60
spawn -noecho {*}$command
set pid [exp_pid]
expect {
	-re {SHA-256 of the plan, in words:.*hex digits\):\r\n} {
		send -- "$words\r"
		exp_continue
	}
	-re {choose a PIN for card [^:]*: |The same once more: } {
		send "pin-of-somebody\r"
		exp_continue
	}
	-re {put in card [^\r]* stop\) } {}
	timeout { fail "no card is asked for" }
	eof { fail "it ended early" }
}
for {set i 0} {$i < $count} {incr i} {
	set from [clock microseconds]
	set running [exec $card vpcd $port $file >/dev/null 2>/dev/null &]
	expect {
		"a blank card, but its serial is" {}
		timeout { fail "no card is seen" }
	}
	puts "in [expr {[clock microseconds] - $from}]"
	set from [clock microseconds]
	exec kill $running
	expect {
		"the card is out" {}
		timeout { fail "the card is seen yet" }
	}
	puts "out [expr {[clock microseconds] - $from}]"
}
set before [watcher $pid]
if {[lindex $before 1] == 0} { fail "nobody watches" }
set timeout $idle
expect {
	-re {.+} { exp_continue -continue_timer }
	timeout {}
	eof { fail "it ended early" }
}
set after [watcher $pid]
if {[lindex $before 1] != [lindex $after 1]} { fail "another watches" }
puts "ticks [expr {[lindex $after 2] - [lindex $before 2]}]"
send "q"
send "\r"
set timeout 60
expect eof
END

words=$("$anchorite" plan check "$D/plan.yaml" | sed -n 's/^words: //p')
IDLE=${IDLE:-20}
expect "$D/people.exp" "$words" "${N:-20}" "$IDLE" "$D/log" \
	"$BUILD/tests/card/tool_card" $CARD_PORT "$cards/card1" \
	"$anchorite" rehearse "$D/plan.yaml" --dir "$D/r" --by-hand --cards \
	>"$D/took"
printf '\n%-10s %6s %8s %8s %8s\n' 'a card is' times min mean max
awk -v idle="$IDLE" -v hz="$(getconf CLK_TCK)" '
	$1 == "ticks" { ticks = $2; next }
	{ us = $2 / 1e6; n[$1]++; sum[$1] += us
	  if (n[$1] == 1 || us < min[$1]) min[$1] = us
	  if (us > max[$1]) max[$1] = us }
	function row(what, k) {
		printf "%-10s %6d %8.3f %8.3f %8.3f\n", what, n[k], min[k],
			sum[k] / n[k], max[k]
	}
	END {
		row("put in", "in")
		row("taken out", "out")
		printf "idle: %.2f s of processor in %d s (%d ticks of %g s)\n",
			ticks / hz, idle, ticks, 1 / hz
	}' "$D/took"
stop_cards
rm -rf "$D"
