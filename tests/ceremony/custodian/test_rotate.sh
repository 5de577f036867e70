#!/bin/sh
# PINs of CA tokens on bad days: shares that are damaged, a rotation that is cut
# off, a token that is another one behind the same face, one that is missing
# when its PIN is to be changed.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
T=r/state/transcript.jsonl

audited() {
	run 0 "$audit" verify r/state --anchor "$(cat anchor)"
}
# token LABEL: the folder of the soft token
token() {
	serial=$(jq -r --arg l "$1" 'select(.type == "act.result").body |
		select(.label == $l).serial // empty' $T)
	find r/tokens -maxdepth 1 -name "*${serial#????}"
}
# share OPERATOR TOKEN: the digest of the present one
share() {
	jq -r --arg o "$1" --arg t "$2" 'select(.type == "act.propose" and
			.body.kind == "rotate" and .body.label == $t).body.act' $T |
		tail -n 1 >act
	jq -r --arg o "$1" --argjson a "$(cat act)" 'select(
			.type == "rotate.prepare" and .body.act == $a).body.shares[]
		| select(.operator == $o).blob' $T
}
# crl NAME [TOKEN]: NAME.yaml
crl() {
	plan demo-3-crl -5 -e "s/^ceremony: .*/ceremony: $1/" \
		-e "s/product-1.crl/$1.crl/" -e '/revoke:/d' -e '/- {id:/d' \
		-e "s/token: product-1/token: ${2:-product-1}/" \
		-e 's/^  - {label: product-1.*/&\n  - {label: root-1, module: softhsm}/' \
		>"$1.yaml"
}
# acts CEREMONY: kind and label of each act with a result, in order
acts() {
	jq -r -s --arg c "$1" 'map(select(.cer == $c)) |
		(map(select(.type == "act.propose").body) |
			map({key: (.act | tostring), value: "\(.kind) \(.label)"}) |
			from_entries) as $of |
		.[] | select(.type == "act.result").body.act | $of[tostring]' $T
}
# lie STATUS PLAN KIND N LIE...: a signer tells it, tool_liar says what
lie() {
	want=$1 plan=$2
	shift 2
	echo "$*" >signer/libexec/anchorite/anchorite-signer.lie
	run "$want" signer/bin/anchorite rehearse "$plan" --dir r --in in
}
status() { # EXPRESSION
	"$anchorite" status --state r/state --json | jq -e "$1" >jq.out
}

install_liar signer && genesis_now && sed -n '/^anchor of this log/{n;p;}' out >anchor
ok "genesis"

# ---- shares ------------------------------------------------------------------
blob=$(share alice product-1)
[ -f "r/state/copies/$blob" ] && cmp "r/state/objects/$blob" "r/state/copies/$blob"
ok "each share is on the disk twice"
cp "r/state/objects/$blob" good && chmod u+w "r/state/objects/$blob" &&
	flip "r/state/objects/$blob" 200
crl copy && rehearse 0 copy.yaml && says out 'alice approved'
ok "a damaged one is made good for by its copy"
run 1 "$audit" verify r/state --anchor "$(cat anchor)" &&
	says out "finding: objects/$blob" && [ "$(grep -c ^finding out)" = 1 ] &&
	cp good "r/state/objects/$blob" && audited
ok "the auditor finds it, until it is mended"
blob=$(share alice product-1)
cp "r/state/objects/$blob" good
for folder in objects copies; do
	chmod u+w "r/state/$folder/$blob" && flip "r/state/$folder/$blob" 200
done
crl both && refuses "with both damaged the state is brought back from elsewhere" \
	5 "share: objects/$blob: its contents do not match its name" both.yaml
cp good "r/state/copies/$blob"
rehearse 0 both.yaml && cp good "r/state/objects/$blob" && audited
ok "one of them is enough"

# ---- a change of PIN that is cut off -----------------------------------------
for point in "made-share 2 flip -1" "rotated 1 end"; do
	name=cut-${point%%[- ]*}
	crl "$name"
	# shellcheck disable=SC2086 # several words
	lie "$([ "$name" = cut-made ] && echo 1 || echo 6)" "$name.yaml" $point
	tail -n 3 $T | grep -q rotate.prepare &&
		status '.tokens[] | select(.label == "product-1").cut_off'
	ok "$name: a change of PIN is cut off when the shares are there"
	crl other
	refuses "$name: no other ceremony meanwhile" 1 'is not closed' other.yaml
	rehearse 0 "$name.yaml" && cp out held && audited &&
		says held 'the new one is tried, then the old one, never a third; '
	ok "$name: the same plan finds out which PIN it is"
	[ "$(acts "$name")" = "crl product-1
rotate product-1" ] && holds "(.type == \"rotate.found\") and
		(.cer == \"$name\")" $T &&
		status '.tokens[] | select(.label == "product-1").cut_off | not'
	ok "$name: the CRL is signed once, the PIN changed"
done
crl text
lie 6 text.yaml rotated 1 flip 40 7 && says err "its signer's test text is none" &&
	rehearse 0 text.yaml && audited
ok "a signer's answer that is no text stops, and the same plan goes on"

# ---- another token behind the same face --------------------------------------
p=$(token product-1)
cp -a "$p" kept
find "$p" -name '*.object' ! -name token.object -exec rm {} +
crl face
rehearse 1 face.yaml && says err 'PIN accepted, but the key product-ca' &&
	records pin.exposed >exposed && [ "$(wc -l <exposed)" = 1 ]
ok "a token that takes the PIN and has no such key stops everything"
status '.tokens[] | select(.label == "product-1").owed'
ok "its PIN is to be changed before anything else"
rm -rf "$p" && cp -a kept "$p"
rehearse 0 face.yaml && audited && [ "$(acts face)" = "rotate product-1
crl product-1
rotate product-1" ] && says out 'took the PIN of product-1'
ok "with the real one it is changed first; the auditor notes it"

rm -rf kept && cp -a "$p" kept
find "$p" -name '*.object' ! -name token.object -exec rm {} +
crl so && sed -i 's/^steps:/&\n  - recovery: {token: product-1, reason: a test}/' so.yaml
rehearse 1 so.yaml && says err 'PIN accepted, but the key product-ca' &&
	records pin.exposed >exposed && [ "$(wc -l <exposed)" = 2 ]
ok "one that takes the SO PIN, too"
rm -rf "$p" && cp -a kept "$p"
rehearse 0 so.yaml && audited && [ "$(acts so)" = "recovery product-1
crl product-1
rotate product-1" ]
ok "the real one is recovered"

# ---- a token that is missing when its PIN is to be changed --------------------
crl gone && lie 6 gone.yaml made-share 1 end && [ "$(acts gone)" = "crl product-1" ]
ok "a signer dies behind the CRL"
mv "$p" away
rehearse 4 gone.yaml && says err 'product-1: it is not here' &&
	says err 'must be changed before the ceremony ends'
ok "without the token the ceremony does not end"
mv away "$p"
rehearse 0 gone.yaml && audited
ok "with it, the ceremony ends"
# ---- what can never be done --------------------------------------------------
run 1 "$anchorite" rehearse gone.yaml --dir r --abandon "a reason" &&
	says err 'is not open: there is nothing to abandon'
ok "nothing is given up that is done"
"$devices" make units 4 && request line3.request units &&
	plan demo-2-batch -4 >batch.yaml && lie 6 batch.yaml cert 3 end
ok "a signer dies among four certificates"
says sheet 'or never' && says sheet '--abandon REASON'
ok "the stop sheet says how to give up"
for reason in "" "$(printf 'a\tb')" "$(printf '%0201d' 0)"; do
	run 2 "$anchorite" rehearse batch.yaml --dir r --in in \
		--abandon "$reason" && says err '1 to 200 printable'
	ok "not for no reason: ${#reason} characters"
done
crl other
run 1 "$anchorite" rehearse other.yaml --dir r --in in --abandon why &&
	says err '2026-12-batch-1: is not closed'
ok "nor by another plan"
mv "$p" away
rehearse 4 batch.yaml && says err 'product-1'
ok "its token is gone for good"
run 0 "$anchorite" rehearse batch.yaml --dir r --in in \
	--abandon 'its chip burnt' && [ ! -e r/out/line3.response ] &&
	says out 'step 1 of 1 is abandoned' && says out '2 serials are void'
ok "what is left is given up"
audited && says out 'exception: abandoned' &&
	says out 'exception: rotation put off: product-1'
ok "the auditor sees it"
jq -e -s 'map(select(.type == "void").serial) | length == 2' \
	r/state/issuance.jsonl >jq.out &&
	jq -e -s '[.[] | select(.cer == "2026-12-batch-1" and
		.type == "ceremony.close").body.steps] == [0]' $T >jq.out
ok "no step is done; what was signed is kept, two serials are used up"
rehearse 0 batch.yaml && says out 'done and closed before'
ok "there is no way back"
crl after root-1 && sed -i "s/^date: .*/date: $(day -3)/" after.yaml &&
	rehearse 0 after.yaml && audited
ok "the log goes on with another token"
mv away "$p"
rm -rf kept && cp -a "$p" kept
sed -e 's/^ceremony: .*/ceremony: anew/' -e "s/^date: .*/date: $(day -2)/" batch.yaml >anew.yaml
rehearse 0 anew.yaml && [ -s r/out/line3.response ] && audited &&
	says out '4 of them in the issuance log'
ok "should it come back: its PIN is changed, and no device gets two"
jq -e -s 'map(select(.type == "intent").serial) | unique | length == 6' \
	r/state/issuance.jsonl >jq.out
ok "under serials of their own"

# ---- a token that takes its PIN no more ---------------------------------------
crl shut && sed -i "s/^date: .*/date: $(day -1)/" shut.yaml &&
	lie 6 shut.yaml made-share 1 end
rm -rf "$p" && cp -a kept "$p"
rehearse 4 shut.yaml && says err 'product-1: the PIN is wrong'
ok "the PIN is wrong where it is to be changed"
run 0 "$anchorite" rehearse shut.yaml --dir r --abandon 'it is not ours' &&
	says out 'product-1: the PIN is wrong' && audited &&
	says out 'exception: rotation put off: product-1' &&
	says out 'token product-1: the change of its PIN is owed'
ok "such a token does not hold up what is given up"
status '.tokens[] | select(.label == "product-1").owed'
ok "it does nothing before it is changed"
echo "1..$n"
