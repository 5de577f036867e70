#!/bin/sh
# What becomes of a reader that was taken over, in the words of the operator's
# process; and that the processes as people run them are in their cells.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

mkdir caught && cp -R "$BUILD/bin" "$BUILD/libexec" caught &&
	cp "$BUILD/tests/ceremony/custodian/tool_caught" \
		caught/libexec/anchorite/anchorite-reader &&
	plan demo-1-genesis -20 >genesis.yaml
ok "a reader that was taken over"

# caught ACT TEXT
caught() {
	echo "$1" >caught/libexec/anchorite/anchorite-reader.act
	run 6 caught/bin/anchorite plan check genesis.yaml &&
		says err "helper process: the reader $2" &&
		says err 'nothing it said is used' && [ "$(wc -l <err)" = 1 ]
	ok "$1: the reader $2"
}

if grep -qa __asan_init "$BUILD/bin/anchorite"; then
	seconds=30 acts= # it may open its maps, and other files are refused
else
	seconds=5 acts=open
fi
for act in $acts socket execve fork; do
	caught "$act" 'was ended by its cell (SIGSYS)'
done
for act in silent spin; do
	caught "$act" "said nothing for $seconds seconds and was ended"
done
caught none 'has ended'
echo mute >caught/libexec/anchorite/anchorite-reader.act
run 6 caught/bin/anchorite plan check genesis.yaml &&
	says err 'sent a message of the wrong size' && [ "$(wc -l <err)" = 1 ]
ok "mute: a fault that says nothing is none"

# ---- what a plan asks for, and what a kernel has -------------------------------
older=$BUILD/tests/ceremony/custodian/tool_older
# on KERNEL STATUS COMMAND...: on one that has no landlock, or no seccomp either
on() {
	kernel=$1 status=$2
	shift 2
	run "$status" "$older" "$kernel" "$@"
}
# asks MINIMUM: a genesis plan that does, in MINIMUM.yaml
asks() {
	sed "/^date:/a sandbox: {minimum: $1, reason: the only laptop there is}" \
		genesis.yaml >"$1.yaml"
}
levels() { # FOLDER: of its ceremony, one a line
	jq -r 'select(.type == "ceremony.open").body.levels[]' \
		"$1/state/transcript.jsonl"
}
mkdir in && run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station && asks seccomp && asks basic
ok "a station, and plans that ask for less"

run 0 "$anchorite" plan check genesis.yaml &&
	says out 'sandbox: at least full; here full'
ok "plan check: what is asked, and what this machine has"
on landlock 0 "$anchorite" plan check genesis.yaml &&
	says out 'sandbox: at least full; here seccomp: this machine will not do'
ok "plan check: a machine that will not do"
run 0 "$anchorite" plan check seccomp.yaml &&
	says out 'at least seccomp, because: the only laptop there is; here full' &&
	run 0 "$anchorite" plan print seccomp.yaml &&
	says out 'because    the only laptop there is'
ok "what is less than full is shown with its reason"

# refused KERNEL PLAN HAS ASKS
refused() {
	on "$1" 1 "$anchorite" rehearse "$2.yaml" --dir r --in in &&
		says err "the operator's cell is $3 " &&
		says err "and the plan asks for $4" && [ ! -e r/state ]
	ok "a kernel without $1: $4 is not to be had, and nothing is done"
}
refused landlock genesis seccomp full
refused seccomp genesis basic full
refused seccomp seccomp basic seccomp

# held KERNEL PLAN WORDS: and these are the words of each process
held() {
	on "$1" 0 "$anchorite" rehearse "$2.yaml" --dir "$2" --in in &&
		[ "$(levels "$2" | sed 's/,limits//' | sort -u)" = "$3" ] &&
		run 3 "$audit" verify "$2/state"
	ok "a kernel without $1: with a reason it is held, as $3"
}
held landlock seccomp nocore,nodump,nonewprivs,seccomp
held seccomp basic nocore,nodump,nonewprivs

for case in "minimum: seccomp/less than full: a reason stands beside it" \
	"minimum: full, reason: x/stands beside a minimum below full only" \
	"minimum: none, reason: x/full, seccomp, basic" "reason: x/minimum"; do
	sed "/^date:/a sandbox: {${case%%/*}}" genesis.yaml >bad.yaml
	run 3 "$anchorite" plan check bad.yaml && says err "${case#*/}"
	ok "refused: sandbox: {${case%%/*}}"
done

# ---- the programs as people run them -------------------------------------------
# inside PID: it is in a cell, by what the kernel says
inside() {
	[ "$(sed -n 's/^Seccomp:\t/seccomp /p; s/^NoNewPrivs:\t/privs /p' \
		"/proc/$1/status" | tr '\n' ' ')" = 'privs 1 seccomp 2 ' ]
}
# running NAME COMMAND...: its output is a pipe that is full, where it waits
mkfifo pipe
running() {
	name=$1
	shift
	exec 3<>pipe
	dd if=/dev/zero bs=4096 count=16 >&3 2>dd.err
	"$@" >&3 2>err &
	pid=$!
	while kill -0 $pid 2>kill.err && ! inside $pid; do :; done
	inside $pid
	ok "as it runs, seccomp and no new privileges: $name"
	head -c 65536 <&3 >zeros
	wait $pid || ok "and it ends well: $name"
	exec 3<&-
}
running "anchorite plan check" "$anchorite" plan check genesis.yaml
running "anchorite status" "$anchorite" status --state seccomp/state
running "anchorite-audit show" "$audit" show seccomp/state
running "anchorite-audit words" "$audit" words genesis.yaml
running "anchorite-factory station-key" "$factory" station-key \
	--factory 'Example Works' --line 4 --key line4.key --out line4.station
echo "1..$n"
