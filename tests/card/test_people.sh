#!/bin/sh
# People with cards, at a terminal and a pcscd of our own: a card that is asked
# for is seen when it is put in, another is told from it, and one that is pulled
# out is asked for again, at whatever moment.
set -u
BUILD=${BUILD:?}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=cards.sh
. "$here/cards.sh"
cards_enter "$@" || {
	echo "ok 1 - people # SKIP $why"
	echo 1..1
	exit 0
}
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
trap 'stop_cards; rm -rf "$dir"' EXIT
anchorite=$BUILD/bin/anchorite
audit=$BUILD/bin/anchorite-audit
hands="sh $here/hands.sh"
export BUILD ANCHORITE_CARDS

plan() { # NAME STEPS
	cat >"$1.yaml" <<-END
		plan: 1
		log: people.example/cards
		ceremony: $1
		date: 2026-12-0${#1}T09:00:00Z
		roles:
		  - {role: witness, name: Tom Reed}
		tokens:
		  - {label: op-ann, module: opensc, owner: ann}
		  - {label: op-ben, module: opensc, owner: ben}
		  - {label: op-eva, module: opensc, owner: eva}
		  - {label: root-1, module: opensc}
		steps:
	END
	printf '%s\n' "$2" >>"$1.yaml"
}
crl() { # NAME
	plan "$1" "  - crl: {token: root-1, out: $1.crl, crl-days: 90}"
}
# people STATUS PLAN [OPTION...]: they hold its ceremony; what they see in out
people() {
	want=$1 plan=$2
	shift 2
	words=$("$anchorite" plan check "$plan.yaml" | sed -n "s/^words: //p")
	rm -f out
	expect "$repo/tests/ceremony/custodian/people.exp" log=out paper=paper \
		cards=yes "words=$words" "$@" -- "$anchorite" rehearse "$plan.yaml" \
		--dir r --by-hand --cards >err 2>&1
	got=$?
	[ $got = "$want" ] || {
		echo "status $got, not $want" >>err
		return 1
	}
}
audited() {
	run 3 "$audit" verify r/state
}
reader() { # CARD: the name of its reader
	file=$(card_of "$1")
	look
	awk -v n="${file##*/card}" '$1 == n - 1' "$cards/seen" | sed 's/.* Virtual/Virtual/'
}

for i in 1 2 3 4 5 6; do echo "serial PPL0000000$i" >"$cards/card$i.control"; done
start_cards 6
ok "six blank cards"
plan a "  - quorum:
      threshold: 2
      operators:
        - {id: ann, name: Ann Moor, token: op-ann}
        - {id: ben, name: Ben Lang, token: op-ben}
        - {id: eva, name: Eva Marr, token: op-eva}
      so: {threshold: 2, custodians: [Nora, Otto]}
  - root:
      subject: CN=People Root
      key: p256
      years: 5
      crl-days: 90
      tokens: [root-1]
      single-copy: accepted
      reason: a test"
people 0 a && audited
ok "genesis: every card is in its reader and seen there"
sees() { # TEXT: the terminal showed it
	tr -d '\r' <out | grep -qF -e "$1"
}
day=1
# ceremony: the next one, a CRL
ceremony() {
	day=$((day + 1))
	name=c$day
	crl $name
	sed -i "s/^date: .*/date: 2026-12-$((day + 10))T09:00:00Z/" $name.yaml
}

# ---- which card --------------------------------------------------------------
ceremony
pull op-ann && pull op-eva &&
	people 0 $name "hook=put in card ann=$hands insert op-eva" \
		"hook=put in card ann=$hands insert op-ann" &&
	sees "$(reader op-eva): this is card op-eva (PPL00000003), not op-ann" &&
	sees 'ann approved crl' && audited
ok "another card is put in: which one it is; then the right one"
# a card that somebody made with the same label
pull 1 && run 0 expect "$repo/tests/ceremony/custodian/card.exp" log 'digits: ' $so \
	'once more: ' $so 'characters: ' 112233 'once more: ' 112233 -- \
	"$anchorite" card init op-ann --module opensc && pull 5 && ceremony &&
	people 0 $name "hook=put in card ann=$hands insert 5" \
		"hook=put in card ann=$hands insert 1" &&
	sees 'another card with the label op-ann, serial PPL00000005, not PPL00000001: take it out' &&
	sees 'ann approved crl' && audited
ok "another card with the same label is told by its serial"
ceremony
pull 6 && people 0 $name "hook=PIN of ben=$hands pull 1 &&
		$hands control 6 'fault swap * 0 $cards/card1'" &&
	sees "card op-ann is in reader $(reader 6) now" && audited
ok "the right card in another reader just works, and is said"
insert 6 && insert 1
ceremony
control 1 'pin-pad pin-of-ann' && people 0 $name &&
	sees 'ann: type the PIN of card op-ann at the reader' && ! sees 'ann: PIN of card' &&
	sees 'ann approved crl' && audited && control 1
ok "with a PIN pad the PIN is typed at the reader"

# ---- pulled out --------------------------------------------------------------
ceremony
people 0 $name "hook=PIN of ann=$hands pull op-ann" \
	"hook=put in card ann=$hands insert op-ann" &&
	sees 'ann: card op-ann was pulled out: nothing is lost, put it in again' &&
	sees 'ann approved crl' && audited
ok "pulled out before its PIN: it is asked for again, in the same run"
# moment INS AT NAME
moment() {
	ceremony
	people 0 $name \
		"hook=PIN of ann=$hands control op-ann 'fault pull-before $1 $2'" \
		"hook=put in card ann=$hands insert op-ann" &&
		sees 'ann: card op-ann was pulled out' && sees 'ann approved crl' &&
		audited
	ok "pulled out $3"
}
moment 20 1 "while its PIN is checked"
moment 62 1 "while it opens its share"
moment 68 1 "before it approves"
moment 68 2 "between two approvals"
ceremony
people 0 $name "hook=put in card ann=true" \
	"hook=put in card ann=$hands control op-ann 'fault pull-before 68 1'" \
	"hook=put in card ann=$hands insert op-ann" &&
	sees 'ann: card op-ann was pulled out' && audited
ok "pulled out before it signs the head"

# ---- a CA token --------------------------------------------------------------
ceremony
pull root-1 && people 0 $name "hook=put in card token=$hands insert root-1" &&
	sees 'CA token: put in card root-1' && audited
ok "a CA token that is not there is asked for"
# cut NUMBER WHEN: at its signature of this number
cut() {
	ceremony
	control root-1 "fault pull-before 68 $1" && people 4 $name &&
		sees 'anchorite: root-1: ' && sees 'the token was removed' && insert root-1 &&
		people 0 $name && audited
	ok "a CA token pulled out $2: the same plan goes on"
}
cut 1 "before its key has answered"
cut 2 "before it signs"
cut 3 "when its PIN is changed"

# ---- PINs --------------------------------------------------------------------
ceremony
people 0 $name forgets=ann && sees 'op-ann: the PIN is wrong; few tries are left' &&
	sees 'op-ann: the PIN is wrong; one try is left' &&
	sees 'ann: one try is left on card op-ann, a wrong PIN locks it for good.' &&
	sees 'ann: card op-ann is out of this round: PIN not known' &&
	sees 'eva approved crl' && audited
ok "wrong PINs are counted; before the last try it is asked"
ceremony
people 0 $name try=y && sees 'ann approved crl'
ok "the last try, with the right PIN"
ceremony
people 0 $name try=y forgets=ann && sees 'card op-ann is out of this round: PIN locked' &&
	sees 'eva approved crl' && audited
ok "a locked card; others go on"

# ---- the end of cards --------------------------------------------------------
card() { # VERB LABEL [PROMPT ANSWER...]
	verb=$1 label=$2
	shift 2
	rm -f out
	expect "$repo/tests/ceremony/custodian/card.exp" out "$@" -- \
		"$anchorite" card "$verb" "$label" --module opensc >err 2>&1
}
card verify op-eva 'PIN of card op-eva: ' pin-of-eva &&
	sees 'sign has signed, derive has opened a test blob'
ok "card verify"
card pin op-eva 'PIN of card op-eva: ' pin-of-eva 'characters: ' 771133 'once more: ' 771133 &&
	card verify op-eva 'PIN of card op-eva: ' 771133 &&
	card pin op-eva 'PIN of card op-eva: ' 771133 'characters: ' pin-of-eva \
		'once more: ' pin-of-eva
ok "card pin, and back"
plan end "  - destroy: {token: root-1, reason: a test, last-copy: accepted}"
sed -i 's/^date: .*/date: 2026-12-31T09:00:00Z/' end.yaml
people 0 end && sees 'root-1 is empty: its keys are gone' && audited &&
	run 0 "$anchorite" card list opensc && grep -q '^root-1 .* empty ' out
ok "the keys of a CA's card are destroyed"
# held COMMAND [CARD]: while another process has op-eva, or that card
held() {
	rm -f out
	expect -c "
		log_user 0
		spawn -noecho $anchorite card verify ${2:-op-eva} --module opensc
		expect -ex {PIN of card ${2:-op-eva}: }
		catch {exec sh -c {$1}}
		send \"\\003\"
		expect eof" >err 2>&1
}
held "$anchorite card list opensc --json >listed"
jq -e --arg r "$(reader op-eva)" '.[] | select(.state == "taken") | .reader | startswith($r)' listed >out 2>err &&
	jq -e 'map(.label) | index("op-ann") != null and index("op-eva") == null' listed >out
ok "a card that another process has is listed as such"
control 5 'fault hang * 0' && run 0 "$anchorite" card list opensc &&
	grep -B 1 "in $(control 5 && reader 5)" out | grep -q 'it does not answer: take it out' &&
	grep -q '^op-ann ' out
ok "a card that hangs in pcscd holds up nobody"
# beside: in the file threads, how many each signer has that this expect started;
# then card 6 answers again, and others wait until it is theirs to ask
cat >beside <<'SCRIPT'
cat /proc/[0-9]*/status 2>/dev/null | awk -v who="$PPID" '
	$1 == "Name:" { name = $2 }
	$1 == "Pid:" { pid = $2; named[pid] = name }
	$1 == "PPid:" { parent[pid] = $2 }
	$1 == "Threads:" { threads[pid] = $2 }
	END { for (pid in named)
		if (named[pid] == "anchorite-signe" && parent[parent[pid]] == who)
			print threads[pid] }' >threads
$hands control 6
$hands within sh ready && : >theirs
SCRIPT
cat >ready <<'SCRIPT'
"$anchorite" card list opensc --json >listed &&
	jq -e --arg r "$reader" '.[] | select(.reader | startswith($r)) | .state == "ready"' listed
SCRIPT
reader=$(reader 6)
export anchorite hands reader
control 6 'fault hang * 0'
held "exec sh beside" op-ben
[ "$(cat threads)" = 1 ]
ok "who asked it has no thread left that waits for it"
[ -e theirs ]
ok "and does not keep it when it answers again"
card wipe op-eva 'Type its label to go on: ' op-eva 'PIN of card op-eva: ' pin-of-eva &&
	sees 'nothing is left on it' && run 0 "$anchorite" card list opensc &&
	grep -q '^op-eva .* empty ' out
ok "card wipe"
echo "1..$n"
