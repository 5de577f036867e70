#!/bin/sh
# A shell beside the ceremony: only when the plan has it, asked of an init that
# stands in here, and in the record.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
people=$repo/tests/ceremony/custodian/people.exp
control=$BUILD/tests/ceremony/custodian/tool_control
reason='the card reader of building 4 is on trial'
mkdir tokens in outbox
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"

run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 >genesis.yaml &&
	plan demo-1-genesis -20 -e "/^date:/a shell: {reason: $reason}" >shell.yaml
ok "a plan, and one that has a shell"

# ---- the plan ------------------------------------------------------------------
run 0 "$anchorite" plan check shell.yaml &&
	says out "shell: open on the third console (Alt-F3) while the ceremony lasts, because: $reason"
ok "plan check says so"
run 0 "$anchorite" plan print shell.yaml &&
	says out 'Shell      open on the third console (Alt-F3) while the ceremony lasts' &&
	says out "because    $reason" && says out '[ ] A shell is open on the third console'
ok "the run sheet says so"
run 0 "$anchorite" plan check genesis.yaml && ! grep -i shell out &&
	run 0 "$anchorite" plan print genesis.yaml && ! grep -i shell out
ok "and nothing of a plan without"
for case in "shell: {}/shell" "shell: {reason: ''}/shell.reason" \
	"shell: yes/shell" "shell: {reason: x, tty: 2}/tty"; do
	sed "/^date:/a ${case%/*}" genesis.yaml >bad.yaml
	run 3 "$anchorite" plan check bad.yaml && says err "${case##*/}"
	ok "refused: ${case%/*}"
done

# ---- init ------------------------------------------------------------------------
# init ANSWER: it listens
init() {
	rm -f control.log
	pid=$("$control" control control.log "$1")
}
# over: it has seen the end of the connection
over() {
	tail --pid="$pid" -f /dev/null
	says control.log closed
}
# held STATUS PLAN WORD=VALUE...: the ceremony ends so; ./shown is the terminal
held() {
	want=$1 plan=$2
	shift 2
	words=$("$anchorite" plan check "$plan" | sed -n 's/^words: //p')
	run "$want" expect "$people" log=shown paper=paper words="$words" "$@" \
		-- "$anchorite" run "$plan" --state state --in in --out outbox \
		--control control
	good=$?
	cp shown err
	return $good
}
shell() { # of the last opening or resumption
	jq -r 'select(.type == "ceremony.open" or .type == "ceremony.resume").body.shell' \
		state/transcript.jsonl | tail -n 1
}

for answer in 'no: tty3 is in use' okay - "$(printf 'no: \033[2J')"; do
	init "$answer"
	held 6 shell.yaml && says shown 'the machine opened no shell' &&
		says shown 'nothing was recorded' &&
		[ ! -e state ] && over && says control.log 'asked: shell'
	ok "init answers $(printf %s "$answer" | tr -d '\033'): nothing is recorded"
done
grep -q 'no: ?\[2J' shown
ok "what init says is shown as it may be"
held 6 shell.yaml && says shown 'control: no shell can be asked for' &&
	[ ! -e state ]
ok "a socket where nobody listens"

init ok
held 130 shell.yaml stop=words && says shown "this plan has a shell open" &&
	says shown "a shell is open on the third console (Alt-F3) until this program ends, because: $reason" &&
	[ "$(shell)" = "$reason" ] && over && [ "$(cat control.log)" = 'asked: shell
closed' ]
ok "asked once, recorded, closed when the program stops"
rm control
held 130 shell.yaml stop=words &&
	says shown 'none was opened here, since no init listens at control' &&
	[ "$(shell)" = "$reason" ]
ok "a machine without init: recorded, and said"
init ok
held 0 shell.yaml hook="put in card bert=cp $dir/control.log $dir/during" &&
	[ "$(cat during)" = 'asked: shell' ] &&
	over && run 3 "$audit" verify state &&
	[ "$(grep -c "^note: .*: a shell beside the ceremony: $reason\$" out)" = 3 ]
ok "to the end; the auditor notes it each time"

plan demo-3-crl -10 -e '/^ *revoke:/d' -e '/340A91FF/d' >crl.yaml
init ok
held 0 crl.yaml && [ ! -s control.log ] && [ "$(shell)" = null ]
ok "a plan without: init hears nothing"
kill "$pid"

# ---- a rehearsal -------------------------------------------------------------------
run 0 "$anchorite" rehearse shell.yaml --dir r --in in &&
	says out 'a rehearsal opens none' &&
	[ "$(records ceremony.open | jq -r .shell)" = "$reason" ] &&
	run 3 "$audit" verify r/state
ok "a rehearsal opens none, and is recorded in the same way"
echo "1..$n"
