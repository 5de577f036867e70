#!/bin/sh
# What root would find in the memory of a ceremony's processes, whenever a
# child is told something and whenever people are waited for: each secret is
# where docs/threats.md says, for as long as it says, and nowhere else.
#
# Secrets are looked for as octets, in hexadecimal and in base64: K, what HKDF
# extracts from it, CA tokens' PINs, opened shares, cards' PINs, S, its shares,
# its words four in a row, SO PINs.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
people=$repo/tests/ceremony/custodian/people.exp
core=$BUILD/tests/ceremony/custodian/tool_core
find=$BUILD/tests/ceremony/custodian/tool_find

# left_out WHY: nothing can be said here
left_out() {
	skip "no secret stays in memory" "$1"
	echo "1..$n"
	exit 0
}

grep -qa __asan_init "$BUILD/libexec/anchorite/anchorite-signer" &&
	left_out "ASan keeps what was freed"
"$core" probe true
[ $? = 77 ] && left_out "needs root, with the right to read any process"

mkdir tokens in outbox
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm2.conf
export SOFTHSM2_CONF="$dir/softhsm2.conf"

# imaged IMAGES PLAN WORD=VALUE...: the ceremony on a terminal, with images
imaged() {
	images=$1 plan=$2
	shift 2
	words=$("$anchorite" plan check "$plan" | sed -n 's/^words: //p')
	run 0 expect "$people" log=shown paper=paper words="$words" "$@" \
		-- "$core" "$images" \
		"$anchorite" run "$plan" --state state --in in --out outbox
}

# where IMAGES [SECRETS]: into ./found, "PROCESS SECRET WHAT FORM PLACE MOMENT"
# a find
where() {
	"$find" "${2:-secrets}" "$1" >finds 2>err &&
		awk '{ print $3, $4, $2, $5, $6, $1 }' finds | sort -u >found
}

# found PATTERN: a find like this is there
found() {
	grep -qEx "$1 octets secret [0-9]*" found
}

# only NAME: all that was found is allowed by the patterns in ./allowed, and in
# pages that are locked, left out of dumps, and wiped in children
only() {
	: >out
	sed 's/ [0-9]*$//' found | sort -u >all
	sed 's/$/ octets secret/' allowed | grep -vExf - all >err
	[ $? = 1 ] && [ -s all ]
	ok "$1"
}

# guarded NAME IMAGES: no process leaves a core, or can be read by its user
guarded() {
	[ -s "$2/index" ] && ! grep -v ' closed$' "$2/index" >err
	ok "$1"
}

# after IMAGES WHAT: the number of the last moment of this kind
after() {
	grep " $2 " "$1/index" | tail -n 1 | cut -d' ' -f1
}

run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 -e /op-dora/d -e /op-emil/d \
		-e 's/threshold: 3/threshold: 2/' >genesis.yaml &&
	imaged genesis genesis.yaml wrong=typed
ok "genesis, a word of S mistyped"
"$devices" make units 3 && run 0 "$factory" request --order outbox/line3.order \
	--key line3.key --out in/line3.request units &&
	plan demo-2-batch -10 >batch.yaml &&
	imaged batch batch.yaml wrong=pin
ok "a batch, a PIN mistyped"

plan demo-5-recovery -10 -e '/op-\(emil\|frank\|gina\)/d' -e 's/op-carol-2/op-carol/' \
	-e 's/berta/bert/' >recovery.yaml &&
	imaged recovery recovery.yaml
ok "a recovery with S"
for id in alice bert carol; do
	echo "op-$id pin-of-$id"
done >REHEARSAL-PINS
cp paper REHEARSAL-WORDS-OF-S
run 0 "$collude" . all && mv out secrets
ok "all secrets are known"
mkdir control
{
	echo "$(wc -c <paper) ,rd,wr, paper"
	cat paper
} >control/1
echo "1 none paper 1 open" >control/index
where control && grep -q '^paper words:of-S none octets paper 1$' found &&
	! grep -v '^paper words:of-S ' found
ok "words would be found"

guarded "genesis: nobody leaves a core or is readable" genesis
guarded "batch: nobody leaves a core or is readable" batch

# ---- genesis ---------------------------------------------------------------
where genesis
ok "genesis: images are searched"
found 'S S:itself so-pin>S' && found '(root-1) SO-PIN:\1 begin>\1' &&
	found '(product-1) K:\1 execute>\1' && found '(root-1) K:\1 execute>\1' &&
	found 'anchorite card-PIN:(op-alice) card-make>\1'
ok "genesis: S, SO PINs, K and PINs are there while they are needed"
# While one operator's card is made; S while cards are made, and until the
# token's signer has its SO PIN; that until the token is initialised.
cat >allowed <<'END'
anchorite card-PIN:(.*) (login|card-make)>\1
anchorite card-PIN:.* (prompt|so-pin>S)
S S:itself (prompt|paper-check>S|so-pin>S|card-make>op-[a-z]*|context>new|act>new)
S S:itself (act-keys|so-take)>(root-1|product-1)
(.*) SO-PIN:\1 (prepare|proposed|approval|begin)>\1
[a-z0-9-]* SO-PIN:(root-1|product-1) (prompt|[a-z-]*>op-[a-z]*)
op-(.*) share:([^/]*)/\1 (prompt|(approval|share)>\2)
op-(.*) share:[^/]*/\1 (open|login|head-read|approve|unwrap|release)>op-[a-z]*
(.*) share:\1/[a-z]* ((share|begin)>\1|release>op-[a-z]*)
(.*) K:\1 (begin|head-read|head-write|execute|write-cert|commit)>\1
END
only "genesis: and nowhere else, nor longer"
! grep -v '^anchorite card-PIN:' found | awk -v m="$(after genesis 'commit>product-1')" \
	'$6 > m' | grep . >err
ok "genesis: nothing but a card's PIN after its last act"

# the same without a terminal: PINs and words of S come from files
run 0 "$core" rehearsal "$anchorite" rehearse genesis.yaml --dir r --in in &&
	run 0 "$collude" r all && mv out r-secrets && where rehearsal r-secrets &&
	found 'anchorite card-PIN:(op-alice) card-make>\1'
ok "a rehearsal of it"
only "rehearsal: nor there"

# ---- batch -------------------------------------------------------------------
where batch
ok "batch: images are searched"
for act in head-read execute go seal commit; do
	found "(product-1) K:\\1 $act>\\1" || echo "$act"
done >err
[ ! -s err ]
ok "batch: K is with the CA token's signer while the act lasts"
found 'op-alice share:product-1/alice release>op-alice' &&
	found 'op-bert share:product-1/bert release>op-bert' &&
	found 'product-1 share:product-1/alice begin>product-1'
ok "batch: shares are with the cards' signers, then with the CA token's"
found 'anchorite card-PIN:(op-alice) login>\1'
ok "batch: a PIN is in the message that takes it to the card"
cat >allowed <<'END'
anchorite card-PIN:(.*) login>\1
op-(.*) share:([^/]*)/\1 (prompt|(approval|share)>\2)
op-(.*) share:[^/]*/\1 (open|login|head-read|approve|unwrap|release)>op-[a-z]*
(.*) share:\1/[a-z]* ((share|begin)>\1|release>op-[a-z]*)
(.*) K:\1 (begin|head-read|head-write|execute|go|sign|seal|commit)>\1
END
only "batch: and nowhere else, nor longer"
m=$(after batch 'commit>product-1')
[ "$(awk -v m="$m" '$1 > m && $2 == "prompt"' batch/index | wc -l)" -ge 4 ] &&
	! awk -v m="$m" '$6 > m' found | grep -v ' login>op-' >err
ok "batch: nothing is in any process when people wait after its act"

# ---- recovery ----------------------------------------------------------------
where recovery
ok "recovery: images are searched"
m=$(after recovery 'so-take>product-1')
found 'S S:itself so-pin>S' && ! awk -v m="$m" '/^S / && $6 > m' found | grep . >err
ok "recovery: S is gone when operators are waited for"
echo "1..$n"
