#!/bin/sh
# What anchorite refuses: with which status, in one line that says what to do,
# and that nothing has changed.  Where the fault shows only at a card, the
# transcript has grown, nothing else has, and once the fault is mended the same
# plan runs to its end.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
T=r/state/transcript.jsonl

# still NAME STATUS TEXT PLAN: refused, and no file of the rehearsal changed
still() {
	digests r >before
	rehearse "$2" "$4" && says err "$3" && [ "$(wc -l <err)" = 1 ] &&
		digests r | diff before - >>err
	ok "$1"
}

# crl NAME: the plan of a CRL ceremony of this name, crl-NAME.yaml
crl() {
	plan demo-3-crl -5 -e "s/^ceremony: .*/ceremony: $1/" \
		-e "s/product-1.crl/$1.crl/" >"$1.yaml"
}

# stops NAME STATUS TEXT PLAN-NAME: at a card or disk, after the opening
stops() {
	crl "$4"
	cp $T old
	digests r/state >before
	rehearse "$2" "$4.yaml" && says err "$3" && [ "$(wc -l <err)" = 1 ] &&
		[ ! -e "r/out/$4.crl" ] && cmp -n "$(wc -c <old)" old $T &&
		grep -v "r/$T\$\|r/state/transcript.jsonl\$" before >kept &&
		sha256sum --check --quiet kept >>err 2>&1
	ok "$1"
}

# mended NAME PLAN-NAME
mended() {
	rehearse 0 "$2.yaml" && [ -s "r/out/$2.crl" ]
	ok "$1, mended: the same plan runs to its end"
}

# token LABEL: the folder of the soft token
token() {
	serial=$(jq -r --arg l "$1" 'select(.type == "enrol" or
		.type == "act.result").body | select(.label == $l).serial // empty' $T)
	find r/tokens -maxdepth 1 -name "*${serial#????}"
}

genesis -e 's/quota: .*/quota: 5/'
ok "genesis, with an order of five certificates"
"$devices" make units 5 --first 340A91FC && request first.request units
ok "a request of five units"

# ---- plans -------------------------------------------------------------------
plan demo-2-batch -10 -e s/line3.request/first.request/ >batch.yaml
sed 's/^title:/titel:/' batch.yaml >bad.yaml
still "unknown key" 3 'bad.yaml:8:1: unknown key "titel"; did you mean' bad.yaml
sed 's/^log: .*/&\n&/' batch.yaml >bad.yaml
still "duplicate key" 3 'bad.yaml:7:1: ' bad.yaml
grep -v '^date:' batch.yaml >bad.yaml
still "missing key" 3 'date' bad.yaml
printf '\tx: 1\n' | cat batch.yaml - >bad.yaml
still "tab" 3 'bad.yaml:34:1: ' bad.yaml
sed 's/years: 10/years: 31/' batch.yaml >bad.yaml
still "too many years" 3 'years' bad.yaml
sed 's/years: 10/years: 010/' batch.yaml >bad.yaml
still "leading zero" 3 'bad.yaml:' bad.yaml
sed 's/token: product-1/token: product-2/' batch.yaml >bad.yaml
still "token that the plan does not list" 3 'product-2' bad.yaml
printf -- '---\nplan: 1\n' | cat batch.yaml - >bad.yaml
still "second document" 3 'bad.yaml:' bad.yaml
still "no plan" 3 'none.yaml: ' none.yaml
plan demo-1-genesis -10 -e 's/token: op-bert/token: op-alice/' >bad.yaml
still "one card for two operators" 3 'op-alice' bad.yaml
plan demo-1-genesis -10 -e 's/threshold: 3/threshold: 6/' >bad.yaml
still "a threshold that can never meet" 3 'never meet' bad.yaml

# ---- plans and the state -----------------------------------------------------
sed 's/^log: .*/log: other.example/' batch.yaml >bad.yaml
still "plan of another log" 5 'the plan is for rehearsal/other.example' bad.yaml
plan demo-2-batch -21 >bad.yaml
still "date before the last ceremony's" 3 'before the last ceremony' bad.yaml
sed 's/^title: .*/title: another/' genesis.yaml >bad.yaml
still "a ceremony's name with another plan" 3 'run from another plan' bad.yaml
sed 's/^ceremony: .*/ceremony: again/' genesis.yaml >bad.yaml
still "a second genesis" 1 'has a quorum already' bad.yaml
sed 's/product-1/product-9/' batch.yaml >bad.yaml
still "CA token of this log unknown" 3 'no product CA was made' bad.yaml
mkdir other && run 3 "$anchorite" rehearse batch.yaml --dir other --in in &&
	says err "begins with a quorum step" &&
	[ ! -e other/state/transcript.jsonl ]
ok "a log that does not begin with a quorum"
touch r/out/line3.response
still "output that exists" 5 'is not overwritten' batch.yaml
rm r/out/line3.response

# ---- requests ----------------------------------------------------------------
wrong() { # FILE: the batch of that request
	sed "s/first.request/$1/" batch.yaml >bad.yaml
}
"$factory" station-key --factory Other --line 1 --key other.key \
	--out other.station >out && "$bundle" other.key in/first.request in/other.request
wrong other.request
still "request of another station" 1 'does not name' bad.yaml
"$bundle" line3.key in/first.request in/order.request \
	order="$(sha256 genesis.yaml)"
wrong order.request
still "request for an order not of this log" 1 'not one of this log' bad.yaml
"$bundle" line3.key in/first.request in/gap.request sequence=2 bundle=new
wrong gap.request
still "gap in the sequence" 1 'sequence 2, expected 1' bad.yaml
"$devices" private-key-request --order r/out/line3.order --key line3.key \
	--out in/private.request
wrong private.request
still "request with a private key" 3 'private key' bad.yaml
head -c 1000 in/first.request >in/short.request
wrong short.request
still "request cut short" 3 'short.request' bad.yaml
{ cat in/first.request && echo; } >in/long.request
wrong long.request
still "request with an octet behind it" 3 'long.request' bad.yaml
sed "s/^date: .*/date: $(day +401)/" batch.yaml >bad.yaml
still "request past its order's expiry" 1 'work order expired' bad.yaml
rehearse 0 batch.yaml
ok "a batch that uses up the order"
"$devices" make more 2 --first 340A9300 && request second.request \
	--previous in/first.request more
plan demo-2-batch -9 -e s/line3.request/second.request/ -e s/line3.res/second.res/ \
	-e s/2026-12-batch-1/second/ >second.yaml
still "request over the order's quota" 1 'quota of 5 is used up' second.yaml
"$bundle" line3.key in/first.request in/altered.request entries=4
sed 's/second.request/altered.request/' second.yaml >bad.yaml
still "another payload under a bundle's id" 1 'with another payload' bad.yaml

# ---- tokens ------------------------------------------------------------------
p=$(token product-1) a=$(token op-alice)
mkdir away
mv "$p" away
stops "CA token missing" 4 product-1 ca-missing
mv "away/${p##*/}" r/tokens
mended "CA token missing" ca-missing
SOFTHSM2_CONF=r/softhsm2.conf softhsm2-util --init-token --free \
	--label product-1 --pin 12345678 --so-pin 12345678 >out 2>err
mv "$p" away
stops "another token with the CA's label" 4 product-1 ca-swapped
mv "away/${p##*/}" r/tokens
mended "another token with the CA's label beside it" ca-swapped
for label in op-alice op-bert op-carol; do
	mv "$(token $label)" away
done
stops "two of five operators" 1 '2 of 3 approvals' two-of-three
mv "away/${a##*/}" r/tokens
mended "two of five operators" two-of-three
mv away/* r/tokens
# ---- cards that the plan does not list ---------------------------------------
crl unlisted
sed -i -e /op-alice/d -e /op-bert/d -e /op-carol/d unlisted.yaml
still "too few cards in the plan" 3 'the plan lists the cards of 2 operators, 3 approve' \
	unlisted.yaml
crl one-less && sed -i /op-alice/d one-less.yaml && rehearse 0 one-less.yaml &&
	says out 'alice: card op-alice is not in the plan' &&
	says out 'dora approved crl' && ! says out 'alice approved'
ok "a card that the plan does not list is not asked for"
sed -i.right '/^op-alice/s/ .*/ 0123456789/' r/REHEARSAL-PINS
sed -i -e '/^op-bert/s/ .*/ 0123456789/' -e '/^op-carol/s/ .*/ 0123456789/' \
	r/REHEARSAL-PINS
stops "wrong PINs of three" 1 '2 of 3 approvals' wrong-pins
mv r/REHEARSAL-PINS.right r/REHEARSAL-PINS
mended "wrong PINs of three" wrong-pins

# ---- the disk ----------------------------------------------------------------
mv r/state kept-state && touch r/state
crl state-file
run 5 "$anchorite" rehearse state-file.yaml --dir r --in in &&
	says err 'r/state: ' && [ "$(wc -l <err)" = 1 ]
ok "state that is no folder"
rm r/state && mv kept-state r/state
crl locked
digests r >before
run 5 flock -n $T "$anchorite" rehearse locked.yaml --dir r --in in &&
	says err transcript.jsonl && [ "$(wc -l <err)" = 1 ] &&
	digests r | diff before - >>err
ok "state in use by another process"
crl left
crl right
"$anchorite" rehearse left.yaml --dir r --in in >out 2>left.err &
left=$!
"$anchorite" rehearse right.yaml --dir r --in in >out 2>right.err
right=$?
wait $left
left=$?
cat left.err right.err >err
case $left,$right in
0,0 | 0,5 | 5,0 | 0,1 | 1,0) true ;;
*) false ;;
esac
ok "two at once: one at least succeeds ($left, $right)"
rm -f r/out/left.crl r/out/right.crl
rehearse 0 left.yaml && rehearse 0 right.yaml && [ -s r/out/left.crl ] &&
	[ -s r/out/right.crl ] && run 0 "$anchorite" status --state r/state
ok "and afterwards both can finish"
crl closed
cp $T old
"$anchorite" rehearse closed.yaml --dir r --in in <&- >&- 2>&-
[ $? = 5 ] && cmp -n "$(wc -c <old)" old $T &&
	run 0 "$anchorite" status --state r/state && says out '(closed)'
ok "no standard files: nothing said is written into the state"
# a file may have no more octets than the transcript has, and a few
limited() {
	blocks=$(($(wc -c <$T) / 512 + $1))
	shift
	(
		trap '' XFSZ
		ulimit -f $blocks
		run "$@"
	)
}
for more in 1 6 9; do
	crl "limit-$more"
	cp $T old
	limited $more 5 "$anchorite" rehearse "limit-$more.yaml" --dir r \
		--in in && says err 'run the same plan again' &&
		[ "$(wc -l <err)" = 1 ] && [ ! -e "r/out/limit-$more.crl" ] &&
		cmp -n "$(wc -c <old)" old $T
	ok "no room in the transcript, $more blocks on"
	mended "no room in the transcript, $more blocks on" "limit-$more"
done

# mounted SCRIPT: runs in a mount namespace of its own, if that is allowed
mounted() {
	unshare -m sh -c "$1" mounted "$anchorite"
}
# shellcheck disable=SC2016 # $1 is the inner shell's
if mounted true 2>err; then
	crl read-only
	digests r >before
	mounted 'mount --bind r/state r/state &&
		mount -o remount,bind,ro r/state &&
		"$1" rehearse read-only.yaml --dir r --in in >out 2>err' </dev/null
	[ $? = 5 ] && says err 'r/state' && [ "$(grep -c ^anchorite: err)" = 1 ] &&
		digests r | diff before - >>err
	ok "read-only state"
	crl full
	mounted 'mkdir full && mount -t tmpfs -o size=8m tmpfs full &&
		cp -R r/state/. full && mount --bind full r/state &&
		! dd if=/dev/zero of=r/state/filler bs=4k 2>filled &&
		"$1" rehearse full.yaml --dir r --in in >out 2>err
		echo $? >status
		rm r/state/filler
		"$1" rehearse full.yaml --dir r --in in >out 2>err2
		echo $? >>status' </dev/null
	printf '5\n0\n' | cmp status - && [ "$(grep -c ^anchorite: err)" = 1 ] &&
		says err 'run the same plan again' && [ -s r/out/full.crl ]
	ok "full disk, and room made on it"
else
	skip "read-only state" "mounting is not allowed"
	skip "full disk" "mounting is not allowed"
fi

# ---- genesis on tokens that are there ----------------------------------------
mkdir -p fresh/tokens
printf 'directories.tokendir = %s/fresh/tokens\n' "$dir" >softhsm.conf
SOFTHSM2_CONF=softhsm.conf softhsm2-util --init-token --free --label root-1 \
	--pin 12345678 --so-pin 12345678 >out 2>err
run 4 "$anchorite" rehearse genesis.yaml --dir fresh --in in &&
	says err root-1 && [ "$(wc -l <err)" = 1 ] && [ ! -e fresh/out/line3.order ]
ok "genesis: a token with the root's label is there already"
echo "1..$n"
