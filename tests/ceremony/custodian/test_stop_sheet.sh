#!/bin/sh
# The stop sheet: printed when a ceremony stops after its plan was read, and
# not before; what it says is what the state holds; and the command on it, taken
# from there as it stands, goes on to the end.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
people=$repo/tests/ceremony/custodian/people.exp
T=r/state/transcript.jsonl

# row NAME: what the sheet says there, further lines joined by blanks
row() {
	awk -v name="$1" '
		/^-- / || /^anchorite: / { inside = 0; next }
		substr($0, 1, 11) !~ /^ *$/ {
			n = substr($0, 1, 11)
			sub(/ *$/, "", n)
			inside = n == name
		}
		inside {
			line = substr($0, 12)
			sub(/^ */, "", line)
			out = out (out == "" ? "" : " ") line
		}
		END { print out }' sheet
}

# row_is NAME TEXT
row_is() {
	row "$1" >got
	echo "$2" | diff - got >>err
}

# row_has NAME TEXT
row_has() {
	row "$1" >got
	says got "$2" || {
		cat got >>err
		return 1
	}
}

# whole: one sheet, with its end
whole() {
	[ "$(grep -c '^-- ' sheet)" = 2 ] && tail -n 1 sheet | grep -q '^-- end'
}

# no_sheet NAME STATUS TEXT COMMAND...
no_sheet() {
	name=$1 want_status=$2 text=$3
	shift 3
	run "$want_status" "$@" && says err "$text" && [ ! -s sheet ]
	ok "no sheet: $name"
}

# resumed NAME: the command of the sheet, given to a shell as it stands
resumed() {
	command=$(row resume)
	[ -n "$command" ] && run 0 sh -c "$command" && [ ! -s sheet ]
	ok "$1: the command on the sheet goes on to the end"
}

# head_is: of the sheet and of the state
head_is() {
	"$anchorite" status --state "${1:-r/state}" >said 2>err &&
		row head | sed 's/^line \([0-9]*\), .*down: /\1 /' >words &&
		lines=$(wc -l <"${1:-r/state}/transcript.jsonl") &&
		[ "$(cut -d' ' -f1 words)" = "$lines" ] &&
		grep -qF -e "$(cut -d' ' -f2- words)" said
}

# crl NAME: the plan of a CRL ceremony of this name, NAME.yaml
crl() {
	plan demo-3-crl "${2:--5}" -e "s/^ceremony: .*/ceremony: $1/" \
		-e "s/product-1.crl/$1.crl/" -e '/revoke:/d' -e '/- {id:/d' >"$1.yaml"
}

# token LABEL: the folder of the soft token
token() {
	serial=$(jq -r --arg l "$1" 'select(.type == "enrol" or
		.type == "act.result").body | select(.label == $l).serial // empty' $T)
	find r/tokens -maxdepth 1 -name "*${serial#????}"
}

# ---- nothing began: no sheet -------------------------------------------------
mkdir in && run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 >genesis.yaml
ok "a station and a plan"
no_sheet "usage" 2 'usage: anchorite rehearse' "$anchorite" rehearse --dir r
no_sheet "unknown option" 2 'is not an option' "$anchorite" rehearse \
	genesis.yaml --dirr r
no_sheet "a module without cards" 2 '--module without --cards' \
	"$anchorite" rehearse crl.yaml --module opensc --dir r
no_sheet "a module that is none" 2 'is none of softhsm, opensc' \
	"$anchorite" rehearse crl.yaml --cards --module hsm --dir r
no_sheet "no plan" 3 none.yaml "$anchorite" rehearse none.yaml --dir r --in in
sed 's/^title:/titel:/' genesis.yaml >bad.yaml
no_sheet "a plan that is not in order" 3 'unknown key' \
	"$anchorite" rehearse bad.yaml --dir r --in in
no_sheet "no terminal" 5 'no terminal' setsid "$anchorite" run genesis.yaml \
	--state state --in in --out in

# ---- nothing was written -----------------------------------------------------
plan demo-2-batch -20 >batch.yaml
mkdir "new r" && run 3 "$anchorite" rehearse batch.yaml --dir "new r" --in in &&
	says err "begins with a quorum step" && [ "$(wc -l <err)" = 1 ] && whole
ok "nothing was written: one line, and one sheet"
row_is ceremony 2026-12-batch-1 && row_is why "$(sed 's/^anchorite: //' err)" &&
	row_has safe 'nothing was written' &&
	row_has safe 'nothing needs to be done' &&
	row_is 'in folder' "$(pwd -P)" && row_is operators '' &&
	row_is resume '' && row_is head ''
ok "it says so, and nothing else"
row_is 'try again' "$anchorite rehearse batch.yaml --dir 'new r' --in in"
ok "a folder's name with a blank is quoted"
odd="it's \$HOME; *"
mkdir "$odd" && cp batch.yaml "$odd/p.yaml" &&
	run 3 "$anchorite" rehearse "$odd/p.yaml" "$odd/q.yaml" --dir "$odd/r"
sh -c "printf '%s\n' $(row 'try again')" >got
printf '%s\n' "$anchorite" rehearse "$odd/p.yaml" "$odd/q.yaml" --dir "$odd/r" |
	diff - got >>err
ok "a shell reads odd names as they are, and the plans that follow"
run 3 "$anchorite" rehearse batch.yaml && row_has 'try again' \
	'batch.yaml --dir /tmp/anchorite-rehearsal-'
ok "a scratch folder of its own making is named"
rm -rf "$(row 'try again' | sed 's/.* --dir //')"

# ---- in genesis --------------------------------------------------------------
mkdir -p r/tokens && printf 'directories.tokendir = %s/r/tokens\n' "$dir" \
	>softhsm.conf
SOFTHSM2_CONF=softhsm.conf softhsm2-util --init-token --free --label root-1 \
	--pin 12345678 --so-pin 12345678 >out 2>err
rehearse 4 genesis.yaml && says err root-1 && [ "$(wc -l <err)" = 1 ] && whole
ok "stopped in genesis: a token of the root's label"
row_is ceremony '2026-12-genesis, in step 2 of 4: root' &&
	row_is why "$(sed 's/^anchorite: //' err)" &&
	row_has safe 'everything signed so far is recorded' &&
	row_has safe 'nothing is lost by stopping'
ok "which step, why, and what is safe"
row_is signed '1 quorum       done: 5 of 5 cards enrolled, policy agreed on 2 root         begun: nothing signed 3 product-ca   to do 4 work-order   to do'
ok "a line a step"
row_is operators '3 of these 5: alice (op-alice), bert (op-bert), carol (op-carol), dora (op-dora), emil (op-emil)' &&
	row_is 'CA tokens' 'root-1, product-1' &&
	row_is 'words of S' '2 of these 3: Nora Lind, Otto Berg, Pia Stern'
ok "who must come back"
head_is
ok "the head is the state's"
grep -v '^resume \|^in folder ' sheet | awk 'length > 76' >long
[ "$(wc -l <long)" = 1 ] && [ "$(wc -w <long)" = 32 ]
ok "in a pipe the head stands in one line, and no other is too long"
SOFTHSM2_CONF=softhsm.conf softhsm2-util --delete-token --token root-1 \
	>out 2>err
resumed "genesis"

# ---- a batch that stops among its certificates -------------------------------
liar=signer/libexec/anchorite/anchorite-signer
mkdir signer && cp -R "$BUILD/bin" "$BUILD/libexec" signer &&
	mv $liar $liar.honest &&
	cp "$BUILD/tests/ceremony/custodian/tool_liar" $liar &&
	"$devices" make units 3 --first 340A9100 &&
	request line3.request units && plan demo-2-batch -18 >batch.yaml
ok "a request, and a signer that will die"
echo 'cert 3 end' >$liar.lie
run 6 signer/bin/anchorite rehearse batch.yaml --dir r --in in && whole &&
	row_is ceremony '2026-12-batch-1, in step 1 of 1: batch'
ok "a batch is cut off"
have=$(grep -c '"type":"result"' r/state/issuance.jsonl)
row_is signed "1 batch        begun: $have of 3 certificates in the issuance log, response not sealed" &&
	row_is 'CA tokens' product-1 && row_is 'words of S' '' && head_is
ok "how many certificates are in the log ($have), and the CA token"
echo 'file 1 end' >$liar.lie
run 6 signer/bin/anchorite rehearse batch.yaml --dir r --in in && whole &&
	row_is signed '1 batch        begun: 3 of 3 certificates in the issuance log, response not sealed'
ok "cut off again, before the response"
mv $liar.honest $liar
resumed "a batch"
[ "$(grep -c '"type":"result"' r/state/issuance.jsonl)" = 3 ] &&
	[ -s r/out/line3.response ]
ok "three certificates, each once"

# ---- too few operators -------------------------------------------------------
mkdir away
for label in op-alice op-bert op-carol; do
	mv "$(token $label)" away
done
crl few
rehearse 1 few.yaml && whole && row_is signed '1 crl          begun: nothing signed' &&
	row_has why '2 of 3 approvals' && row_has operators '3 of these 5'
ok "too few operators"
mv away/* r/tokens
resumed "too few operators"

# ---- closed, and no head signed ----------------------------------------------
crl closed
rehearse 0 closed.yaml && rm r/state/checkpoints/closed.note r/out/closed.crl
for label in op-alice op-bert op-carol; do
	mv "$(token $label)" away
done
rehearse 1 closed.yaml && whole && row_is ceremony 'closed, closed' &&
	row_is signed '1 crl          done: CRL signed, PIN of product-1 changed' &&
	row_has operators '3 of these 5' && row_is 'CA tokens' '' && head_is
ok "closed, and its head is not signed"
mv away/* r/tokens
resumed "closed"
echo other >r/out/closed.crl
rehearse 5 closed.yaml && whole &&
	row_is operators 'none: only outputs are to be written' && head_is
ok "only an output is missing"
rm r/out/closed.crl
resumed "an output"

# ---- states that are not as they must be -------------------------------------
sed 's/^title: .*/title: another/' closed.yaml >other.yaml
rehearse 3 other.yaml && whole && row_has safe 'this run wrote nothing' &&
	row_is signed '' && row_is head ''
ok "another plan of that name: nothing is said of the ceremony"
cp -a r/state newer
crl ahead -4
rehearse 0 ahead.yaml && cp -a r/state newest && rm -rf r/state &&
	cp -a newer r/state && rm r/out/ahead.crl
ok "a ceremony, and then the state of before it"
rehearse 1 ahead.yaml && says err 'another transcript' && whole &&
	row_has safe 'do not go on: compare the heads' && row_is resume '' &&
	row_is operators '' && head_is
ok "rolled back: the sheet gives no command"
rm -rf r/state && cp -a newest r/state && head -n -1 newest/issuance.jsonl \
	>r/state/issuance.jsonl
rehearse 5 ahead.yaml && whole && row_has safe 'this run wrote nothing' &&
	row_is signed '' && row_is head ''
ok "a state that is not in order: nothing is said of it"
rm -rf r/state && cp -a newest r/state
crl locked
run 5 flock -n $T "$anchorite" rehearse locked.yaml --dir r --in in && whole &&
	row_has safe 'this run wrote nothing'
ok "a state in use"

rm -rf r/state && cp -a newest r/state
# a signer whose start of that number takes a part of the state away
wrap_signer "$dir/thief" <<END
starts=0
echo >>$dir/starts
while read -r line; do starts=\$((starts + 1)); done <$dir/starts
read -r turn <$dir/turn
[ \$starts != "\$turn" ] || {
	$dir/thief/libexec/anchorite/mv $dir/r/state/objects $dir/gone
	exit 1
}
END
cp /bin/mv thief/libexec/anchorite
crl lost -3
for at in 1 2; do
	echo $at >turn
	rm -f starts
	case $at in
	1) safe='this run wrote nothing' ;;
	2) safe='the state folder cannot be read any more' ;;
	esac
	run 6 thief/bin/anchorite rehearse lost.yaml --dir r --in in && whole &&
		row_has safe "$safe" && row_is signed '' && row_is head ''
	ok "a state that is lost in the middle: $safe"
	mv gone r/state/objects
done
rehearse 0 lost.yaml
ok "and found again"

# ---- on a terminal, with people ----------------------------------------------
mkdir tokens outbox
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"
words=$("$anchorite" plan check genesis.yaml | sed -n 's/^words: //p')

# held STATUS WORD=VALUE... -- COMMAND...: ./shown is the terminal
held() {
	want=$1
	shift
	rm -f shown
	run "$want" expect "$people" log=shown paper=paper words="$words" "$@"
	good=$?
	tr -d '\r' <shown >err
	sed -n '/^-- stop sheet /,$p' err >sheet
	return $good
}
held 130 stop=plan -- "$anchorite" run genesis.yaml --state state --in in \
	--out outbox && whole && row_has safe 'nothing was written' &&
	[ ! -e state ]
ok "Ctrl-C at the plan's words: nothing was written"
held 130 stop=words -- "$anchorite" run genesis.yaml --state state --in in \
	--out outbox && whole &&
	row_is 'words of S' 'all 3 of: Nora Lind, Otto Berg, Pia Stern' &&
	row_is operators 'all 5 of: alice (op-alice), bert (op-bert), carol (op-carol), dora (op-dora), emil (op-emil)'
ok "Ctrl-C at the new words of S: all custodians and operators"
held 130 stop=pin -- sh -c "trap : INT; $(row resume)" && whole &&
	row_is 'words of S' '2 of these 3: Nora Lind, Otto Berg, Pia Stern' &&
	row_has signed '1 quorum       begun: 5 of 5 cards enrolled'
ok "with the command on the sheet; then Ctrl-C at a PIN"
row_is resume "SOFTHSM2_CONF=$dir/softhsm.conf $anchorite run genesis.yaml --state state --in in --out outbox" &&
	head_is state
ok "it names the tokens and the folders"
[ "$(sed -n '/^head /,/^-- /p' sheet | wc -l)" = 6 ]
ok "the head stands eight words a line"
command=$(row resume)
unset SOFTHSM2_CONF
held 0 -- sh -c "$command" && [ ! -s sheet ] && [ -s outbox/line3.order ]
ok "the command on the sheet goes on to the end"
echo "1..$n"
