#!/bin/sh
# anchorite witness: what is shown beside a ceremony, that it is what stands in
# the state, and that nothing a witness does holds a ceremony.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
# shellcheck source=tests/ceremony/custodian/lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
say=$BUILD/tests/ceremony/menu/tool_say
state=$BUILD/tests/ceremony/auditor/tool_state
people=$repo/tests/ceremony/custodian/people.exp
sock=$dir/sock

# witness: one listens, $pid, and says so
witness() {
	rm -f "$sock" shown
	"$anchorite" witness --at "$sock" >>shown 2>witness.err &
	pid=$!
	while [ ! -s shown ] && kill -0 $pid; do :; done
}
# leave: it is told to
leave() {
	kill $pid
	wait $pid 2>err
}
# over: it has shown all that came before; it turns this one away
over() {
	"$say" "$sock" </dev/null
}
# lines STATE: of its transcript
lines() {
	wc -l <"$1/transcript.jsonl"
}
# head_words FILE: the words of the last head there, on a line
head_words() {
	sed -n '/head of the transcript\|^head, /,$p' "$1" |
		sed -n '/^ *[A-Za-z]\{3,\}\( [A-Za-z]\{3,\}\)*$/p' | tail -n "$2" |
		tr -s ' \n' ' ' | sed 's/^ //; s/ $//'
}
mkdir in && run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 >genesis.yaml &&
	plan demo-3-crl -10 -e '/^ *revoke:/d' -e '/340A91FF/d' >crl.yaml
ok "a station and plans"

# ---- a witness beside a rehearsal --------------------------------------------------
witness
run 0 "$anchorite" rehearse genesis.yaml --dir r --in in --witness "$sock" &&
	mv out said && over && ! grep -i witness said
ok "a rehearsal with a witness"
[ "$(grep -c '^ *[0-9]*  [0-2][0-9]:[0-5][0-9]:[0-5][0-9]  ' shown)" = \
	"$(lines r/state)" ] && ! grep -F '**' shown && ! grep 'nothing)' shown
ok "a line for each record"
! grep -v '^[ -~]*$' shown && ! grep -E '^.{80}' shown
ok "printable, and no line is too wide"
run 0 "$anchorite" status --state r/state && head_words shown 4 >words &&
	[ "$(wc -w <words)" = 32 ] && [ "$(cat words)" = "$(head_words out 1)" ] &&
	says said "$(cat words)"
ok "the head in words: as the ceremony and status say"
grep -q '^ *16  .* alice approved act 1 (quorum) \[' shown &&
	grep -q "^ *$(lines r/state)  .* ceremony 2026-12-genesis is closed: 4 steps" shown
ok "plain words"
short=$(sed -n 16p r/state/transcript.jsonl >line16 && "$anchorite" words line16 |
	sed -n 2p | cut -d ' ' -f 1,2)
grep -q "alice approved act 1 (quorum) \[$short\]" shown
ok "the first words of the head behind each record"

leave

# ---- the same log again: what there was is short ------------------------------------
before=$(lines r/state)
witness
run 0 "$anchorite" rehearse crl.yaml --dir r --in in --witness "$sock" && over &&
	says shown "its log had $before lines" &&
	says shown "lines 1 to $before were there before; each follows" &&
	[ "$(sed '/were there before/,$d' shown | grep -c '^ *[0-9]*  ..:..:..  ')" = 2 ] &&
	[ "$(sed '1,/were there before/d' shown | grep -c '^ *[0-9]*  ..:..:..  ')" = \
		$(($(lines r/state) - before)) ] &&
	[ "$(head_words shown 4)" = "$("$anchorite" status --state r/state |
		head_words /dev/stdin 1)" ]
ok "a second ceremony of the log, from its first line"
run 0 "$anchorite" rehearse crl.yaml --dir r --in in --witness "$sock" && over &&
	[ "$(grep -c '^-- a ceremony has come' shown)" = 2 ] && ! grep -F '**' shown
ok "one ceremony after another, and one that has nothing to do"
kill $pid
wait $pid
[ $? = 143 ]
ok "it ends when it is told to"

# ---- who connects may say anything --------------------------------------------------
"$state" st >anchor
total=$(lines st)
# sends NAME TEXT: the witness shows the text of what is in ./sent
sends() {
	: >shown
	"$say" "$sock" <sent && says shown "$2" && kill -0 $pid
	ok "$1"
}
# lies NAME TEXT COMMAND...: the transcript as the command makes it, to a witness
# who knows nothing yet
lies() {
	name=$1 text=$2
	shift 2
	witness
	{ echo 'anchorite-witness/v1 0' && "$@" st/transcript.jsonl; } >sent
	sends "$name" "$text"
	leave
}
lies "a line that was changed" '** LINE 21 DOES NOT CONTINUE THE TRANSCRIPT' \
	sed '20s/alice/carol/'
says shown 'is not that of line 20' && says shown '** STOP THE CEREMONY' &&
	! grep -q '^ *21  ' shown
ok "loudly, and nothing more is shown of it"
lies "a line that was left out" '** it is number 21, and line 20 is next' sed 20d
lies "a line that comes twice" '** it is number 20, and line 21 is next' sed 20p
lies "a log without its beginning" '** LINE 1 DOES NOT CONTINUE' sed 1d
lies "a blank behind a line" '** LINE 31 DOES NOT CONTINUE' sed '30s/$/ /'
lies "no LF behind the last line" "head of the transcript, line $((total - 1))," \
	head -c -1
witness
# says_of STANDING FILE
says_of() {
	{ echo "anchorite-witness/v1 $1" && cat "$2"; } >sent
}
says_of 0 st/transcript.jsonl
sends "the log as it is" "head of the transcript, line $total,"
! grep -F '**' shown
ok "which is in order"
head -n 100 st/transcript.jsonl >some
says_of 100 some
sends "the same log, cut" "its log had $total lines here before, and now it has 100"
"$state" other >anchor
says_of "$total" other/transcript.jsonl
sends "another log of this name" "line $total of this log was another here before"
head -n 5 st/transcript.jsonl >some
says_of 99999 some
sends "lines that are missing" 'it did not send all of the 99999 lines'
echo 'GET / HTTP/1.1' >sent
sends "no ceremony's program" 'turned away'
echo 'anchorite-witness/v1 0 ' >sent
sends "a greeting that is none" 'turned away'
printf '%32768s\n' '' >some
says_of 0 some
sends "a line that is longer than any" 'A LINE IS LONGER THAN ANY CAN BE'
printf '%32767s\n' '' >some
says_of 0 some
sends "a line as long as there may be, and none" '** LINE 1 DOES NOT CONTINUE'
# record TYPE BODY: the only line of a log
record() {
	printf '{"v":1,"log":"%s","cer":"c","seq":0,"prev":"%064d",' "$1" 0 >some
	printf '"t":"2026-12-01T09:00:00Z","up":1,"type":"%s",' "$1" >>some
	printf '"actor":["a"],"body":%s}\n' "$2" >>some
	says_of 0 some
}
record exception '{"what":"\u001b[2J\u009b","reason":"\u000a"}'
sends "what a terminal would obey" 'EXCEPTION: \x1b[2J\xc2\x9b; because: \x0a'
record no.such '{}'
sends "a record of no type" 'A RECORD THAT THIS PROGRAM DOES NOT KNOW: no.such'

# ---- where it listens -----------------------------------------------------------------
[ "$(stat -c %a "$sock")" = 700 ]
ok "the socket is its user's alone"
run 5 "$anchorite" witness --at "$sock" && says err 'another witness listens there'
ok "two at one place"
kill -9 $pid
wait $pid
run 5 "$anchorite" witness --at genesis.yaml && says err 'something else is there' &&
	[ -s genesis.yaml ]
ok "a file that is none of its sockets stays"
run 5 "$anchorite" witness --at "$(printf '%0200d' 0)" && says err 'no name for a socket'
ok "a name too long"
run 5 "$anchorite" witness --at none/sock && says err 'none/sock: No such file'
ok "no such folder"
for bad in "witness x" "witness --at" "witness --to x"; do
	# shellcheck disable=SC2086 # split on purpose
	run 2 "$anchorite" $bad
	ok "usage: $bad"
done

# ---- a ceremony waits for no witness -------------------------------------------------
run 0 "$anchorite" rehearse genesis.yaml --dir again --in in \
	--witness "$sock" && says out "witness at $sock: Connection refused: the ceremony goes on without one"
ok "a socket that was left behind: said once"
[ "$(grep -c 'witness at' out)" = 1 ] && rm -r again
ok "and the ceremony is held"
pid=$("$say" -l "$sock" 20)
run 0 "$anchorite" rehearse genesis.yaml --dir again --in in --witness "$sock" &&
	says out "witness at $sock: gone: the ceremony goes on without one" &&
	[ "$(grep -c 'witness at' out)" = 1 ] && run 3 "$audit" verify again/state
ok "a witness that ends on the way: said once, and the ceremony is held"
witness
kill -STOP $pid
run 0 "$anchorite" rehearse crl.yaml --dir again --in in --witness "$sock" &&
	kill -CONT $pid && over && run 3 "$audit" verify again/state &&
	says shown "head of the transcript, line $(lines again/state)," &&
	! grep -F '**' shown
ok "a witness that was stopped: the ceremony is held, and it sees all later"
# more than a socket takes at once
room=$(cat /proc/sys/net/core/wmem_default 2>err || echo 212992)
i=-9
while [ "$(wc -c <again/state/transcript.jsonl)" -lt $((room + 50000)) ]; do
	i=$((i + 1)) && plan demo-3-crl "$i" -e '/^ *revoke:/d' -e '/340A91FF/d' \
		-e "s/^ceremony: .*/ceremony: more$i/" \
		-e "s/product-1\.crl/more$i.crl/" >more.yaml
	"$anchorite" rehearse more.yaml --dir again --in in >out 2>err && continue
	break
done
plan demo-3-crl "$i" -e '/^ *revoke:/d' -e '/340A91FF/d' \
	-e "s/^ceremony: .*/ceremony: last/" -e "s/product-1\.crl/last.crl/" >last.yaml
kill -STOP $pid
run 0 "$anchorite" rehearse last.yaml --dir again --in in --witness "$sock" &&
	[ "$(grep -c 'witness at .*: does not read' out)" = 1 ] &&
	says out 'has not read everything: the ceremony goes on without one' &&
	run 3 "$audit" verify again/state
ok "one who reads nothing of a long log: said, and the ceremony is held"
kill -CONT $pid
over && ! grep -F "**" shown && says shown "did not send all of the"
ok "what it got is in order, and it says that it is not all"
leave

# ---- as people run it ------------------------------------------------------------------
mkdir tokens outbox
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"
words=$("$anchorite" plan check genesis.yaml | sed -n 's/^words: //p')
held() { # STATUS WORD=VALUE...
	want=$1
	shift
	run "$want" expect "$people" log=told paper=paper words="$words" "$@" \
		-- "$anchorite" run genesis.yaml --state state --in in --out outbox \
		--witness "$sock"
}
witness
held 130 stop=words && says told "--witness $sock" && over && held 130 stop=words &&
	over && says shown "goes on after a stop" && says shown 'its log had 2 lines' &&
	! grep -F '**' shown
ok "a ceremony that is stopped and goes on"
# a new one takes its place while step 1 stands
cat >anew.sh <<END
kill $pid
rm -f "$sock" shown
"$anchorite" witness --at "$sock" >>shown 2>witness.err </dev/null &
echo \$! >pid
while [ ! -s shown ] && kill -0 \$!; do :; done
END
held 0 hook="put in card bert=sh anew.sh" && pid=$(cat pid) && over &&
	says told "witness at $sock: gone: the ceremony goes on without one" &&
	says told "witness at $sock: follows again" &&
	[ "$(grep -c "witness at" told)" = 2 ] && ! grep -F "**" shown &&
	says shown "head of the transcript, line $(lines state)," &&
	grep -q "^ *[0-9]*  ..:..:..  step 2 begins: root" shown &&
	! grep -q "step 1 begins" shown
ok "one that ended, and is there again when the next step begins"
kill "$pid"
echo "1..$n"
