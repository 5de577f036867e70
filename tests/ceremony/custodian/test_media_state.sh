#!/bin/sh
# The state of a log on two removable media: one in use, the other following.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=media.sh
. "$repo/tests/ceremony/custodian/media.sh"
people=$repo/tests/ceremony/custodian/people.exp
if [ -z "$media" ]; then
	skip "the state on media" "loop devices or mounts are not permitted here"
	echo "1..$n"
	exit 0
fi
mkdir tokens in outbox
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"

program=$anchorite # and words before it
# held STATUS PLAN WORD=VALUE...: a ceremony whose state is on media
held() {
	want=$1 plan=$2
	shift 2
	words=$("$anchorite" plan check "$plan" | sed -n 's/^words: //p')
	# shellcheck disable=SC2086 # words on purpose
	run "$want" expect "$people" log=shown paper=paper words="$words" "$@" \
		-- $program run "$plan" --state "media:S$tag" --in in \
		--out outbox --loop
	good=$?
	cp shown err
	return $good
}

# prepared NAME: a state medium, taken out again
prepared() {
	truncate -s "${2:-16M}" "$1.img" && attach "$1" &&
		run 0 expect "$people" log=shown serial="$1.img" -- "$anchorite" \
			media prepare "$loop" --loop --label "S$tag" && detach "$1"
}

# state NAME: what is on a medium, in the folder NAME
state() {
	rm -rf "$1" && mkdir "$1" &&
		debugfs -R "rdump anchorite-state $1" "$1.img" >/dev/null 2>&1 &&
		[ -s "$1/anchorite-state/transcript.jsonl" ]
}

# same A B: two media hold the same state
same() {
	state "$1" && state "$2" && digests "$1/anchorite-state" >a.sums &&
		digests "$2/anchorite-state" | sed "s| $2/| $1/|" | diff a.sums - >out
}

# replace NAME FILE: the transcript on a medium becomes another
replace() {
	printf 'cd anchorite-state\nrm transcript.jsonl\nwrite %s transcript.jsonl\n' \
		"$2" >debugfs.cmd
	debugfs -w -f debugfs.cmd "$1.img" >out 2>err
}

# fill NAME BLOCKS: so many are left
fill() {
	blocks=$(dumpe2fs -h "$1.img" 2>/dev/null | sed -n 's/^Free blocks: *//p')
	size=$(dumpe2fs -h "$1.img" 2>/dev/null | sed -n 's/^Block size: *//p')
	head -c $(((blocks - $2) * size)) /dev/urandom >filler
	debugfs -w -R "write filler filler" "$1.img" >out 2>err
}

run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 >genesis.yaml
ok "a station and a plan"
prepared one && prepared two
ok "two state media"
held 130 genesis.yaml state=q && says shown "No state medium, labelled S$tag, is in" &&
	says shown "nothing was done and nothing changed"
ok "stopped when there is none"
attach one
held 130 genesis.yaml state=,q && says shown "One state medium is in"
ok "stopped when there is one"
held 0 genesis.yaml hook="state medium=losetup -f --show $dir/two.img >$dir/two.loop" state= &&
	says shown "state: two copies, on media ${loop#/dev/} (serial one.img) and"
ok "genesis, the second one put in when it is asked for"
loops="$loops $(cat two.loop)"
detach one && detach two && same one two
ok "both hold the same state"
[ ! -e one/anchorite-state/ledger.db ] && run 3 "$audit" verify one/anchorite-state
ok "which the auditor takes, and there is no index on it"

plan demo-3-crl -15 -e "/revoke:/,\$d" >crl.yaml
attach one
held 0 crl.yaml state="two is in the safe" &&
	says shown "WARNING: state: ONE copy, on medium ${loop#/dev/} (serial one.img)"
ok "with one copy, and a reason"
detach one && state one &&
	holds '.type == "exception" and .body.what == "one copy of the state" and
		.body.reason == "two is in the safe"' one/anchorite-state/transcript.jsonl
ok "which is an exception in the record"
cp two.img old.img
attach two && attach one
held 0 crl.yaml && says shown "lines of the transcript behind medium" &&
	says shown "nothing is signed" && says shown "state: two copies"
ok "the one left behind is brought up, whichever comes first"
detach one && detach two && same one two
ok "and is the same again"

# a copy that went its own way
state one && sed '$s/"up":/"up":1/' one/anchorite-state/transcript.jsonl >forked.jsonl
lines=$(wc -l <forked.jsonl)
cp two.img kept.img && replace two forked.jsonl && attach one && attach two
sum=$(state two && sha256 two/anchorite-state/transcript.jsonl)
held 5 crl.yaml &&
	says shown "forked at line $lines of transcript.jsonl: each has what the other has not" &&
	says shown "(serial one.img)" && says shown "(serial two.img)" &&
	says shown "nothing was changed: put in one alone"
ok "a fork stops, with the names of both and what to do"
detach one && detach two && state two && state one &&
	[ "$(sha256 two/anchorite-state/transcript.jsonl)" = "$sum" ] &&
	run 3 "$audit" verify one/anchorite-state
ok "and neither was changed"
cp kept.img two.img

# a third, and one of another log
cp two.img three.img && attach one && attach two && attach three
held 130 crl.yaml state=q && says shown "3 media labelled S$tag are in"
ok "three are one too many"
detach three && detach two && detach one

# the second copy is full in the middle
"$devices" make units 3 && run 0 "$factory" request --order outbox/line3.order \
	--key line3.key --out in/line3.request units && plan demo-2-batch -10 >batch.yaml
ok "a request"
fill two 4
attach one && attach two
held 0 batch.yaml && says shown "from here on there is ONE copy of the state" &&
	says shown "WARNING: state: ONE copy" && [ -s outbox/line3.response ]
ok "the second copy is full: a warning, and the ceremony goes on"
detach one && detach two && state one && run 3 "$audit" verify one/anchorite-state &&
	holds '.type == "exception" and .body.what == "one copy of the state"' \
		one/anchorite-state/transcript.jsonl
ok "the first one is whole, and has the exception"
state two && head -c "$(wc -c <two/anchorite-state/transcript.jsonl)" \
	one/anchorite-state/transcript.jsonl | cmp - two/anchorite-state/transcript.jsonl
ok "the second one is a beginning of it"
prepared new && attach one && attach new
held 0 batch.yaml && says shown "state: two copies" && detach one && detach new &&
	same one new
ok "a new medium takes its place"
run 3 "$audit" verify new/anchorite-state
ok "and the auditor takes it"

# the one in use is full
cp one.img full.img
fill full 4
plan demo-3-crl -5 -e "/revoke:/,\$d" -e "s/^ceremony: .*/ceremony: crl-again/" \
	-e "s/product-1.crl/again.crl/" >crl2.yaml
attach full
held 5 crl2.yaml state=alone && says shown "nothing was lost; make room and run the same plan again"
ok "the copy in use is full: it stops, and nothing is lost"
detach full && attach one && attach new
held 0 crl2.yaml && detach one && detach new && same one new &&
	run 3 "$audit" verify one/anchorite-state
ok "and the same plan runs on the others"

# ---- a medium that fails -------------------------------------------------------

# again NAME DAY: another plan for a CRL
again() {
	plan demo-3-crl "$2" -e "/revoke:/,\$d" -e "s/^ceremony: .*/ceremony: $1/" \
		-e "s/product-1.crl/$1.crl/" >"$1.yaml"
}
number() { # NAME: of its device
	sed 's|/dev/loop||' "$1.loop"
}
attach one && attach new
if [ "$(number one)" -lt "$(number new)" ]; then
	first=one second=new
else
	first=new second=one
fi
program="env LD_PRELOAD=$BUILD/tests/ceremony/custodian/module_faults.so FAULTS=$dir/faults $anchorite"
again fail-1 -4
held 0 fail-1.yaml hook="put in card bert=echo $(number $second) >$dir/faults" &&
	says shown "Input/output error: from here on there is ONE copy of the state"
ok "the second medium fails in the middle: a warning, and it goes on"
rm faults
held 0 fail-1.yaml && says shown "behind medium" && says shown "state: two copies"
ok "it is brought up once it works"
again fail-2 -3
held 5 fail-2.yaml hook="put in card bert=echo $(number $first) >$dir/faults" &&
	says shown "Input/output error: nothing was lost"
ok "the first medium fails in the middle: it stops"
rm faults
detach $first
held 0 fail-2.yaml state="the other one failed" && says shown "WARNING: state: ONE copy"
ok "and the same plan goes on with the second alone: no card refuses it"
attach $first
held 0 fail-2.yaml && detach $first && detach $second && same one new &&
	run 3 "$audit" verify one/anchorite-state
ok "which brings the first one up"
program=$anchorite

# ---- to folders, and back --------------------------------------------------------

attach one
run 0 "$anchorite" media export folder --label "S$tag" --loop &&
	run 0 "$anchorite" status --state folder && run 3 "$audit" verify folder
ok "a state is exported to a folder"
run 0 "$anchorite" media export folder --label "S$tag" --loop
ok "and again"
sed -i '$d' folder/transcript.jsonl && echo '{}' >>folder/transcript.jsonl
run 5 "$anchorite" media export folder --label "S$tag" --loop &&
	says err "the copy is not a beginning of the state" &&
	[ "$(tail -n 1 folder/transcript.jsonl)" = '{}' ]
ok "but not over one that is another"
run 5 "$anchorite" media import folder --label "S$tag" --loop &&
	says err "the copy is not a beginning of the state"
ok "nor the other way round"
detach one && prepared blank && attach blank
rm -r folder && cp -r one/anchorite-state folder
run 0 "$anchorite" media import folder --label "S$tag" --loop && detach blank &&
	same one blank
ok "a folder is imported to a medium"
run 5 "$anchorite" media export other --label "no$tag" --loop &&
	says err "0 state media labelled no$tag are in"
ok "no medium, no export"
echo "1..$n"
