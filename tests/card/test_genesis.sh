#!/bin/sh
# A genesis ceremony on virtual cards in process, through OpenSC and libp11:
# what the transcript holds of them, and what an auditor says when it is changed.
# shellcheck disable=SC1091,SC2154 # what lib.sh says
set -u
BUILD=${BUILD:?}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
repo=$here/../..
. "$repo/tests/ceremony/custodian/lib.sh"

# the cards are listed beside the module: signers have no environment
ln -s "$BUILD/tests/card/module_pcsc.so" module_pcsc.so
for i in 1 2 3 4 5 6 7 8; do echo "$dir/card$i"; done >module_pcsc.so.cards
echo "app default { reader_driver pcsc {
	provider_library = $dir/module_pcsc.so;
} }" >opensc.conf
OPENSC_CONF=$dir/opensc.conf
export OPENSC_CONF
echo "WIDEN=$dir:$BUILD/tests/card" | wrap_signer "$dir/programs"
anchorite=$dir/programs/bin/anchorite

transcript=r/state/transcript.jsonl
bodies() { # TYPE: of the records
	jq -c "select(.type == \"$1\") | .body" $transcript
}
objects_there() { # DIGEST...: by standard input
	while read -r digest; do
		[ "$(sha256 "r/state/objects/$digest")" = "$digest" ] || return 1
	done
}
anchor() { # the words of the anchor, as the ceremony says them
	sed -n '/^anchor of this log/{n;p;}' said
}

mkdir in
run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 -e '' >genesis.yaml &&
	run 0 "$anchorite" rehearse --cards --module opensc genesis.yaml \
		--dir r --in in && cp out said
ok "a genesis on seven cards"
bodies enrol >enrols && [ "$(wc -l <enrols)" = 5 ] &&
	jq -r '.attestation.sign, .attestation.derive, .device' enrols |
	objects_there && [ "$(jq -r .attestation.sign enrols | sort -u | wc -l)" = 5 ]
ok "each operator's keys have their card's word"
bodies act.result | jq -c '.keys // empty | .[]' >keys &&
	[ "$(wc -l <keys)" = 3 ] &&
	jq -r '.attestation, .device' keys | objects_there
ok "and each key of a CA token"
jq -e -s 'all(.[]; .attributes.local and .attributes.sensitive and
	(.attributes.extractable | not))' keys >out
ok "attributes are read after OpenSC was started anew"
bodies module >modules && jq -r .conf modules | objects_there &&
	[ "$(sort -u modules | wc -l)" = "$(wc -l <modules)" ] &&
	[ "$(wc -l <modules)" = 7 ]
ok "a module record for each card's configuration, none twice"
so=$(jq -r .path modules | sort -u) &&
	[ "$(jq -r .sha256 modules | sort -u)" = "$(sha256 "$so")" ]
ok "with the digest of the module's file"
conf=$(jq -r .conf modules | sed -n 1p) &&
	grep -q 'connect_exclusive = true' "r/state/objects/$conf" &&
	[ "$(grep -o 'Virtual Reader' "r/state/objects/$conf" | wc -l)" = 7 ]
ok "which ignores all readers but one"
sum=$(awk '/^key / { n += $3 } END { print n }' card[1-8])
[ "$sum" -gt 20 ]
ok "the cards count their uses"
run 0 "$audit" verify r/state --anchor "$(anchor)"
ok "an auditor finds it in order"
# the issuer's certificate stands behind the card's own, which has a length of
# two octets: the plan may name it
file=r/state/objects/$(jq -r .device enrols | sed -n 1p)
own=$((0x$(od -An -tx1 -j 3 -N 2 "$file" | tr -d ' \n') + 5))
[ "$(od -An -tx1 -j 2 -N 1 "$file" | tr -d ' ')" = 82 ]
ok "the card's certificate is one of many octets"
vendor=$(tail -c +$((own + 1)) "$file" | sha256sum | cut -d' ' -f1)
with_vendor() { # DIGEST STATUS: a rehearsal on new cards
	rm -rf card[1-8] card[1-8].lock v
	sed "/^date:/a vendor: \"$1\"" genesis.yaml >vendor.yaml
	run "$2" "$anchorite" rehearse --cards --module opensc vendor.yaml \
		--dir v --in in
}
mv r kept.r
with_vendor "$(printf '%064d' 0)" 4 &&
	says err "op-alice: the card is not of the plan's vendor"
ok "cards of another vendor are refused"
with_vendor "$vendor" 0 && run 3 "$audit" verify v/state &&
	says out "self-consistent only"
ok "and taken when the plan names theirs"
with_vendor abc 3 && says err 'a SHA-256: 64 hexadecimal digits'
ok "which is a digest"
mv kept.r r
# the card's word is for this key: another key's is not
first=$(jq -r .attestation.sign enrols | sed -n 1p)
second=$(jq -r .attestation.sign enrols | sed -n 2p)
cp "r/state/objects/$first" kept && chmod u+w "r/state/objects/$first" &&
	cp "r/state/objects/$second" "r/state/objects/$first"
! "$audit" verify r/state >out 2>err
ok "and not when a card's word is exchanged"
echo "1..$n"
