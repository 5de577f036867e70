#!/bin/sh
# Drills: the bad day happens as chosen, the ceremony bears it or stops as it
# must, and the report says what the record says.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
people=$repo/tests/ceremony/custodian/people.exp
T=r/state/transcript.jsonl

# row NAME [FILE]: what the report says there
row() {
	sed -n '/^drill report: /,$p' "${2:-out}" | tr -d '\r' |
		sed -n "s/^  $1  *//p"
}

# row_has NAME TEXT [FILE]
row_has() {
	row "$1" "${3:-out}" >got
	says got "$2" || {
		cat got >>err
		return 1
	}
}

# sound [FILE]: finished, nothing twice, nothing lost, and the auditor agrees
sound() {
	row_has finished 'yes: closed, and its head is signed' "${1:-out}" &&
		row_has twice 'nothing was signed twice' "${1:-out}" &&
		row_has lost 'nothing is lost' "${1:-out}" && audited
}

audited() {
	cp out kept.out
	"$anchorite" status --state r/state --json >said &&
		run 0 "$audit" verify r/state --anchor "$(jq -r .anchor said)"
	good=$?
	cp kept.out out
	return $good
}

# fresh: ./r as it was after genesis
fresh() {
	rm -rf r && cp -a base r
}

# drill STATUS KIND SEED PLAN
drill() {
	run "$1" "$anchorite" rehearse "$4" --dir r --in in --drill "$2" \
		--drill-seed "$3"
}

# began: who approved the acts of the batch
began() {
	jq -r 'select(.type == "act.begin" and .cer == "2026-12-batch-1").body |
		.operators | join(" ")' $T
}

# one_each N: certificates, each serial with one TBS
one_each() {
	jq -e -n --argjson n "$1" '[inputs] |
		(map(select(.type == "result")) | length) == $n and
		(map(select(.type == "intent") | .serial) | unique | length) == $n
		and (map(select(.type == "intent") | .serial + .tbs_sha256) |
			unique | length) == $n' r/state/issuance.jsonl >>err
}

genesis_now
ok "genesis"
"$devices" make units 3 --first 340A9100 && request line3.request units &&
	plan demo-2-batch -18 >batch.yaml && mv r base
ok "a request"

# ---- usage -------------------------------------------------------------------
# usage NAME TEXT OPTION...
usage() {
	name=$1 text=$2
	shift 2
	run 2 "$anchorite" rehearse batch.yaml --dir r "$@" && says err "$text" &&
		says err 'usage: anchorite rehearse' && [ ! -e r ]
	ok "usage: $name"
}
usage "unknown kind" 'none of dead-card, lost-pin, missing-operator, power' \
	--drill fire
usage "seed without a drill" '--drill-seed without --drill' --drill-seed 1
usage "seed that is no number" 'not a number' --drill power --drill-seed 1x
usage "negative seed" 'not a number' --drill power --drill-seed -1
usage "seed out of range" 'not a number' --drill power \
	--drill-seed 99999999999999999999

# ---- one operator out, nobody at a terminal -----------------------------------
for kind in missing-operator dead-card lost-pin; do
	fresh
	drill 0 $kind 2 batch.yaml && sound && cp out $kind.out && [ ! -s err ] &&
		[ -s r/out/line3.response ] && one_each 3
	ok "$kind: the ceremony bears it"
	who=$(row what | grep -o 'alice\|bert\|carol' | head -n 1)
	fresh
	drill 0 $kind 2 batch.yaml && row_has what "$who" &&
		row_has again "--drill $kind --drill-seed 2"
	ok "$kind: the same seed hits the same operator"
done
who=$(row what missing-operator.out | cut -d' ' -f1)
row_has what "$who did not come" missing-operator.out &&
	row_has when 'step 1, batch, line 1' missing-operator.out &&
	row_has 'done' "went on without $who" missing-operator.out &&
	row_has 'for real' "find out why $who did not come" missing-operator.out &&
	row_has recorded '1 of 1 steps begun are done, 2 acts with their results, 3 certificates' \
		missing-operator.out &&
	row_has 'going on' 'after ' missing-operator.out
ok "the report: what, when, done, recorded, for real, going on"
for kind in missing-operator dead-card lost-pin; do
	fresh
	drill 0 $kind 2 batch.yaml
	who=$(row what | grep -o 'alice\|bert\|carol' | head -n 1)
	began >operators
	note=$(cat r/state/checkpoints/2026-12-batch-1.note)
	refusals=$(jq -r 'select(.type == "approve.refused").body |
		.operator + " " + .reason' $T | sort -u)
	case $note in *"/$who "*) false ;; esac &&
		case $kind in
		missing-operator)
			! grep -q "$who" operators && [ -z "$refusals" ]
			;;
		dead-card)
			grep -q "$who" operators && row_has when 'in the close' &&
				row_has 'for real' "enrol a new card for $who"
			;;
		lost-pin)
			! grep -q "$who" operators &&
				[ "$refusals" = "$who PIN not known" ] &&
				row_has 'for real' "enrol a new card for $who"
			;;
		esac
	ok "$kind: the record has it"
done
for seed in 1 2 3 4 5 6 7 8; do
	fresh
	drill 0 missing-operator $seed batch.yaml && row what
done >hit
[ "$(sort -u hit | wc -l)" -ge 2 ] && ! grep -qv '^\(alice\|bert\|carol\) ' hit
ok "other seeds hit others, all of them among those who are called"
fresh
run 0 "$anchorite" rehearse batch.yaml --dir r --in in --drill lost-pin &&
	row_has again '--drill lost-pin --drill-seed ' && sound
ok "a seed that is not given is told"

# ---- genesis, and quorums that bear nobody's loss ----------------------------
rm -rf r
drill 0 dead-card 4 genesis.yaml && sound &&
	says out 'emil approved quorum' && row_has when 'step 2, root'
ok "in genesis it happens once the quorum stands"
sed 's/threshold: 3/threshold: 5/' genesis.yaml >all.yaml
for kind in missing-operator dead-card lost-pin; do
	rm -rf r
	drill 1 $kind 4 all.yaml &&
		says out 'a quorum of 5 of 5 cannot bear the loss of one' &&
		says err '4 of 5 approvals' && [ "$(wc -l <err)" = 1 ] &&
		[ -s sheet ] && row_has finished 'no: run the same plan again' &&
		row_has lost 'nothing is lost' && row_has 'done' 'went on without'
	ok "$kind: five of five end in a stop, and were told before"
	resume=$(sed -n 's/^resume  *//p' sheet)
	run 0 sh -c "$resume" && [ ! -s sheet ] && audited
	ok "$kind: the command on the sheet goes on, without the drill"
done
fresh
drill 0 power 1 batch.yaml && ! says out 'cannot bear'
ok "the power takes nobody out"

# ---- nothing happens ---------------------------------------------------------
drill 0 missing-operator 1 batch.yaml && row_has what 'nothing: ' &&
	row_has recorded 'nothing of it' && [ -z "$(row 'for real')" ]
ok "a ceremony that was done before"
fresh
sed 's/line3.request/none.request/; s/^ceremony: .*/ceremony: none/' batch.yaml \
	>none.yaml
for kind in lost-pin power; do
	drill 3 $kind 1 none.yaml && row_has what 'nothing: ' &&
		row_has recorded 'nothing of it' && [ -s sheet ]
	ok "$kind: a plan that is refused keeps its status"
done
fresh
run 0 "$anchorite" rehearse genesis.yaml batch.yaml --dir r --in in \
	--drill missing-operator --drill-seed 1 &&
	[ "$(grep -c '^drill ' out)" = 2 ] &&
	[ "$(grep -n '^drill ' out | head -n 1 | cut -d: -f1)" -gt \
		"$(grep -n 'rehearsal of batch' out | cut -d: -f1)" ] && sound
ok "of several plans the last is drilled"

# ---- the power ---------------------------------------------------------------
for seed in 1 2 3; do
	rm -rf r
	drill 0 power $seed genesis.yaml && sound && row_has what 'the power failed' &&
		row_has 'done' 'the same command was given again' &&
		[ "$(grep -c '"type":"ceremony.resume"' $T)" = 1 ] &&
		line=$(row when | sed 's/.*line //') &&
		[ "$(jq -r 'select(.type == "ceremony.resume").seq' $T)" = "$line" ] &&
		head -n "$line" $T | grep -q '"type":"act.begin"' &&
		! head -n "$line" $T | grep -q '"type":"ceremony.close"'
	ok "power, genesis, seed $seed: between the first begin and the close"
	fresh
	drill 0 power $seed batch.yaml && sound && one_each 3 &&
		[ "$(grep -c '"type":"ceremony.resume"' $T)" = 1 ]
	ok "power, batch, seed $seed: three certificates, each once"
done

# ---- by hand -----------------------------------------------------------------
words=$("$anchorite" plan check genesis.yaml | sed -n 's/^words: //p')
rm -rf r
run 0 expect "$people" log=shown words="$words" -- "$anchorite" rehearse \
	genesis.yaml --dir r --in in --by-hand && rm -rf base && mv r base
ok "genesis by hand"
words=$("$anchorite" plan check batch.yaml | sed -n 's/^words: //p')

# held STATUS KIND WORD=VALUE...: ./shown is the terminal
held() {
	want=$1 kind=$2
	shift 2
	rm -f shown
	run "$want" expect "$people" log=shown words="$words" "$@" -- \
		"$anchorite" rehearse batch.yaml --dir r --in in --by-hand \
		--drill "$kind" --drill-seed 2
	good=$?
	tr -d '\r' <shown >err
	sed -n '/^-- stop sheet /,$p' err >sheet
	return $good
}
who=$(row what missing-operator.out | cut -d' ' -f1)
fresh
held 0 missing-operator absent="$who" && sound shown &&
	says shown "drill: $who has not come: answer s" &&
	! says shown 'taken as s' && row_has what "$who did not come" shown
ok "missing-operator by hand, answered with s"
fresh
held 0 missing-operator && sound shown && says shown 'taken as s' &&
	! began | grep -q "$who"
ok "missing-operator by hand, answered with Enter: not here all the same"
fresh
held 0 dead-card && sound shown && says shown 'and does not answer' &&
	row_has when 'in the close' shown
ok "dead-card by hand"
fresh
held 0 lost-pin && sound shown && says shown "$who, you have forgotten the PIN" &&
	says shown "card op-$who is out of this round: PIN not known" &&
	! began | grep -q "$who" && [ "$(grep -c 'the PIN is wrong' shown)" = 6 ]
ok "lost-pin by hand: the right PIN is a wrong one"
fresh
held 130 lost-pin stop=card && row_has finished 'no: ' shown && [ -s sheet ]
ok "Ctrl-C in a drill stops it"

command='anchorite rehearse batch.yaml --dir r --in in --by-hand'
fresh
held 0 power command="$command" && sound shown && one_each 3 &&
	row_has 'done' 'the right command was given at once' shown
ok "power by hand: the command that goes on"
fresh
held 0 power slips=1 command="$anchorite  rehearse --by-hand --in 'in' --drill power --dir \"r\" batch.yaml" &&
	sound shown && says shown 'drill: not this one' &&
	row_has 'done' 'was given, not at once' shown
ok "in another order, with quotes, at the second try"
fresh
held 0 power slips=9 && sound shown && one_each 3 &&
	[ "$(grep -c 'drill: not this one' shown)" = 3 ] &&
	says shown "rehearse batch.yaml --dir r --in in --by-hand" &&
	row_has 'done' 'was not known, and was shown' shown
ok "three others: it is shown"
# others NAME COMMAND: is not taken for it
others() {
	fresh
	held 0 power command="$2" && row_has 'done' 'was not known' shown
	ok "not the command: $1"
}
others "another folder" 'anchorite rehearse batch.yaml --dir q --in in --by-hand'
others "a folder too few" 'anchorite rehearse batch.yaml --dir r --by-hand'
others "another plan" 'anchorite rehearse b.yaml --dir r --in in --by-hand'
others "a plan too many" \
	'anchorite rehearse batch.yaml batch.yaml --dir r --in in --by-hand'
others "another program" 'factory rehearse batch.yaml --dir r --in in --by-hand'
others "nothing" ''
fresh
held 130 power stop=command && [ -s sheet ] &&
	row_has 'going on' 'it did not go on' shown &&
	row_has lost 'nothing is lost' shown && row_has 'done' nothing shown
ok "Ctrl-C at the question: a stop sheet, and the report"
resume=$(sed -n 's/^resume  *//p' sheet)
run 0 expect "$people" log=shown words="$words" -- sh -c "$resume" && one_each 3
ok "the command on the sheet goes on"
echo "1..$n"
