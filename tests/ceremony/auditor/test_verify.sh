#!/bin/sh
# anchorite-audit on synthetic states: one good, many with one thing wrong.
# shellcheck disable=SC2016 # single quotes are for sed and sh -c
set -u
bin=$BUILD/bin/anchorite-audit
tool=$BUILD/tests/ceremony/auditor/tool_state
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
# shellcheck source=tests/tap.sh
. "$repo/tests/tap.sh"
scratch audit

# finding TWIST TEXT: the state with this twist has just such a finding
finding() {
	rm -rf "$dir/twisted"
	"$tool" "$dir/twisted" "$1" >/dev/null
	run 1 "$bin" verify "$dir/twisted" --quiet &&
	    grep -Fq -- "$2" "$dir/out"
	ok "finding: $1"
}

# damage NAME TEXT COMMAND...: the good state after a command run in a copy
damage() {
	name=$1 text=$2
	shift 2
	rm -rf "$dir/copy"
	cp -R "$dir/good" "$dir/copy"
	(cd "$dir/copy" && "$@") >/dev/null 2>&1
	run 1 "$bin" verify "$dir/copy" --quiet && grep -Fq -- "$text" "$dir/out"
	ok "damage: $name"
}

anchor=$("$tool" "$dir/good")
ok "a state is made"

run 0 "$bin" verify "$dir/good" --anchor "$anchor" &&
    grep -q '^verified$' "$dir/out" &&
    grep -q '^batches      1 (1 repeated), 8 entries' "$dir/out"
ok "verify with the anchor in hex"
words=$(sed -n '/^anchor /{n;s/^ *//;p;}' "$dir/out")
run 0 "$bin" verify "$dir/good" --anchor "$words"
ok "verify with the anchor in words"
run 3 "$bin" verify "$dir/good" && grep -q '^self-consistent only' "$dir/out"
ok "verify without anchor"
run 0 "$bin" verify "$dir/good" --quiet --anchor "$anchor" &&
    [ ! -s "$dir/out" ]
ok "quiet says nothing of a good state"
run 0 "$bin" verify "$dir/good" --json --anchor "$anchor" &&
    [ "$(jq -r '.verdict + " " + .anchor + " " + (.findings | length
	| tostring)' "$dir/out")" = "verified $anchor 0" ]
ok "verify as JSON"
run 1 "$bin" verify "$dir/good" --anchor \
    00000000000000000000000000000000ffffffffffffffffffffffffffffffff &&
    grep -q 'its anchor is not the one given' "$dir/out"
ok "another anchor"
[ "$(find "$dir/good" -newer "$dir/out" -type f | wc -l)" = 0 ]
ok "nothing was written"

for bad in "verify" "verify $dir/good --anchor" "verify $dir/good --foo" \
    "verify $dir/good --anchor abcd" "verify $dir/good $dir/good" "foo" "" \
    "show" "words" "show --foo"; do
	# shellcheck disable=SC2086 # split on purpose
	run 2 "$bin" $bad
	ok "usage: '$bad'"
done
run 4 "$bin" verify "$dir/none"
ok "no state folder"
mkdir "$dir/empty"
run 4 "$bin" verify "$dir/empty"
ok "no transcript"
ln -s good "$dir/link"
run 4 "$bin" verify "$dir/link"
ok "a symbolic link is no state folder"
for option in --help --version "verify --help"; do
	# shellcheck disable=SC2086
	run 0 "$bin" $option
	ok "$option"
done
run 0 "$bin" show "$dir/good" &&
    [ "$(grep -c '^ *[0-9]* *20' "$dir/out")" = \
	"$(wc -l <"$dir/good/transcript.jsonl")" ]
ok "show has a line for each record"
printf abc >"$dir/abc"
run 0 "$bin" words "$dir/abc" && [ "$(head -n 1 "$dir/out")" = \
    "$(sha256sum "$dir/abc" | cut -d ' ' -f 1)" ] &&
    [ "$(sed -n 2p "$dir/out" | wc -w)" = 32 ]
ok "words of a file"
run 4 "$bin" words "$dir/none"
ok "words of no file"

finding levels 'the cell of the reader was seccomp, and the plan asks for full'
finding resumed 'the cell of the reader was seccomp, and the plan asks for full'
finding shell 'ceremony.open: the plan has no shell'
grep -q 'ceremony.resume: the plan has no shell' "$dir/out"
ok "finding: shell, when it goes on"
run 1 "$bin" verify "$dir/twisted" && [ "$(grep -c \
    '^note: .* a shell beside the ceremony: to look$' "$dir/out")" = 2 ]
ok "a shell is noted"
finding levels-media 'the cell of the media was basic, and the plan asks for full'
finding medium-other 'product.crl is not what its object makes'
rm -rf "$dir/twisted"
"$tool" "$dir/twisted" medium >/dev/null
run 3 "$bin" verify "$dir/twisted" && grep -q '0 files came, 1 left' "$dir/out"
ok "a file that left as it is in the record"
finding root-subject "the root certificate is not the plan's"
finding root-years "the root certificate is not the plan's"
finding order-quota "quota of the order are not the plan's"
finding checkpoint-one "1 of the 2 signatures it needs"
finding checkpoint-head "it signs another line than this"
finding checkpoint-none "closed without checkpoint"
finding request-gap "sequence 2, expected 1 after the request before"
finding request-stranger "the request does not carry its station's key"
finding worklist-key 'worklist line 9 is "cert device-tls unit-2'
finding plan-card "the plan does not list card op-a of alice"
finding device-subject "the certificate of unit-3 is not the one of act 13"
finding device-years "the certificate of unit-3 is not the one of act 13"
finding result-missing "unit-3 has no certificate in the log"
finding response-rule "response entry 4: rule csr.der, not csr.pop"
finding response-proof "response entry 2 (unit-2): its proof does not lead"
finding response-swap "response entry 2: not the certificate of the log"
finding response-counts "the response has other counts"
finding crl-days "the CRL is not the plan's"
finding crl-drops "a serial that was revoked is not in the CRL"

damage "torn transcript" "line 204: torn" \
    sh -c 'printf "{\"v\":1," >>transcript.jsonl'
damage "transcript cut" "ceremony change is not closed" \
    sed -i '$d' transcript.jsonl
damage "a line changed" "transcript.jsonl line 21" \
    sed -i '20s/"alice"/"carol"/' transcript.jsonl
damage "issuance log cut" "has fewer than 6 lines" sed -i '$d' issuance.jsonl
damage "issuance log gone" "issuance.jsonl: there is none" rm issuance.jsonl
damage "issuance log longer" "behind the last line that the transcript" \
    sh -c 'sed -n 1p issuance.jsonl >>issuance.jsonl'
damage "issuance log changed" "have another digest" \
    sed -i '1s/"id":"unit-1"/"id":"unit-7"/' issuance.jsonl
damage "issuance log torn" "its last line is torn" \
    sh -c 'printf "{" >>issuance.jsonl'
damage "object gone" "there is none" sh -c 'rm "objects/$(sed -n \
    "1s/.*\"plan\":\"\([0-9a-f]*\)\".*/\1/p" transcript.jsonl)"'
damage "object changed" "its contents do not match its name" \
    sh -c 'f=$(ls objects | head -n 1); chmod 600 "objects/$f"
	printf x >>"objects/$f"'
share() { # the last one that opens a token
	jq -r 'select(.type == "rotate.prepare").body.shares[0].blob' \
	    transcript.jsonl | tail -n 1
}
SHARE=$(cd "$dir/good" && share)
export SHARE
damage "share gone" "objects/$SHARE: there is none" \
    sh -c 'rm -f "objects/$SHARE"'
damage "its copy gone" "copies/$SHARE: there is none" \
    sh -c 'rm -f "copies/$SHARE"'
damage "its copy changed" "copies/$SHARE: its contents do not match" \
    sh -c 'chmod 600 "copies/$SHARE"; printf x >>"copies/$SHARE"'
damage "checkpoint swapped" "it signs another line than this" \
    cp checkpoints/genesis.note checkpoints/batch-1.note

cp -R "$dir/good" "$dir/copy2"
printf x >"$dir/copy2/objects/stray"
printf x >"$dir/copy2/notes.txt"
printf x >"$dir/copy2/checkpoints/other.note"
h=$(printf unnamed | sha256sum | cut -d ' ' -f 1)
printf unnamed >"$dir/copy2/objects/$h"
run 0 "$bin" verify "$dir/copy2" --anchor "$anchor" &&
    grep -q '^note: objects/stray: no object' "$dir/out" &&
    grep -q '^note: notes.txt: not a file of a state folder' "$dir/out" &&
    grep -q '^note: checkpoints/other.note: of no ceremony' "$dir/out" &&
    grep -q "^note: objects/$h: no record names it" "$dir/out"
ok "other files are notes"


# ---- the image that the machine was booted from --------------------------------
one=$(printf '01%.0s' $(seq 32)) two=$(printf '02%.0s' $(seq 32))
# image TWIST: a state with it in $dir/twisted
image() {
	rm -rf "$dir/twisted"
	"$tool" "$dir/twisted" "$1" >/dev/null
}
run 3 "$bin" verify "$dir/good" && ! grep -q '^image' "$dir/out"
ok "no image, and nothing is said of one"
run 1 "$bin" verify "$dir/good" --quiet --image "$one" && grep -q \
    'line 1: ceremony genesis says of no image that it ran from one' "$dir/out"
ok "finding: an image was given, and none is told of"
image image
run 3 "$bin" verify "$dir/twisted" --image "$one" &&
    [ "$(grep -c '^image ' "$dir/out")" = 1 ] &&
    grep -q '^image        of every ceremony$' "$dir/out" &&
    grep -q '^             0.1.0, commit 0123abcd$' "$dir/out" &&
    grep -q "^             $one\$" "$dir/out"
ok "one image for all, said once"
words=$(sed -n "/^ *$one\$/{n;s/^ *//;p;}" "$dir/out")
run 3 "$bin" verify "$dir/twisted" --image "$words"
ok "its medium in words"
run 1 "$bin" verify "$dir/twisted" --quiet --image "$two" && grep -q \
    'line 1: ceremony genesis ran from another medium than the one given' \
    "$dir/out"
ok "finding: another medium"
image image-other
run 1 "$bin" verify "$dir/twisted" --image "$one" &&
    [ "$(grep -c '^finding' "$dir/out")" = 2 ] &&
    [ "$(grep -c '^image        of ceremony ' "$dir/out")" = 3 ] &&
    grep -q "^             $two\$" "$dir/out"
ok "several images, each said"
image image-none
run 3 "$bin" verify "$dir/twisted" && grep -q '^             none$' "$dir/out"
ok "a ceremony from none beside one from an image"
image image-unread
run 1 "$bin" verify "$dir/twisted" --image "$one" &&
    grep -q 'ceremony batch-1 did not read its medium back' "$dir/out" &&
    grep -q '0123abcd, not read back$' "$dir/out"
ok "finding: a medium that was not read back"
image image-other
run 3 "$bin" verify "$dir/twisted" --json &&
    [ "$(jq -r '.images[1].image.medium' "$dir/out")" = "$two" ] &&
    [ "$(jq -r '.images | map(.ceremony) | join(" ")' "$dir/out")" = \
	"genesis batch-1 change" ]
ok "images in JSON"
for bad in "--image" "--image abcd" "--image $one --image $one"; do
	# shellcheck disable=SC2086 # split on purpose
	run 2 "$bin" verify "$dir/good" $bad
	ok "usage: $bad"
done

echo "1..$n"
