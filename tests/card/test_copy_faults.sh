#!/bin/sh
# What goes wrong while a CA's keys get onto a second card, into a file and from
# it onto a third; see faults.sh.  The cards are those of alice, bert and carol,
# the root's, product-1, whose keys they are, product-2 and product-3; a card
# that has no label yet is known by its reader.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)
CARDS=7
# shellcheck source-path=SCRIPTDIR source=faults.sh
. "$repo/tests/card/faults.sh"

# Where it is pulled while a certificate is written, its key cannot be used before
# that is mended.  INS: 50 initialise, 52 DKEK, 72 wrap, 74 unwrap, 68 sign, D7 write, E4 delete,
# 20 PIN, 24 another PIN
rows() {
	grep -v '^#' <<'END'
# keys leave the first holder
ready|copies|5|fault pull-during 50 1|4|product-1: @|0|
ready|copies|5|fault pull-before 72 1|4|product-1: product-ca: @|0|
ready|copies|5|fault pull-during 72 1|4|product-1: product-ca: @|0|
ready|copies|5|fault pull-during 72 2|4|product-1: sealer: @|0|
ready|copies|5|fault pull-after 72 2|4|@|0|
ready|copies|5|fault status 72 1 6F00|4|product-1: product-ca: the card refuses the command|0|
ready|copies|5|fault short 72 1 20|4|product-1: product-ca: the card's answer is out of form|0|
# and come to the copy: it is made ready, takes them in, answers, is written to
ready|copies|6|fault pull-before 50 1|4|product-2: @|0|
ready|copies|6|fault pull-before 74 1|4|product-2: product-ca: @|0|
ready|copies|6|fault pull-during 74 1|4|product-2: product-ca: @|0|
ready|copies|6|fault pull-during 74 2|4|product-2: sealer: @|0|
ready|copies|6|fault status 74 1 6984|4|product-2: product-ca: the wrapped key is damaged, or was wrapped under another|0|
ready|copies|6|fault status 74 1 6A84|4|product-2: product-ca: the token is full|0|
ready|copies|6|fault pull-during D7 2|4|product-2: @|0|
ready|copies|6|fault status D7 3 6A84|4|product-2: the token is full|0|
ready|copies|6|fault pull-before 68 1|4|product-2: product-ca: @|0|
ready|copies|6|fault pull-during 68 1|4|product-2: product-ca: @|0|
ready|copies|6|fault short 68 1 10|4|product-2: product-ca: the PKCS#11 module reports an error|0|
ready|copies|6|fault pull-before 68 3|4|product-2: sealer: @|0|
ready|copies|6|fault status D7 12 6A84|4|product-2: product-ca: the token is full|0|
ready|copies|6|fault status D7 16 6A84|4|product-2: sealer: the token is full|0|
# certificates are written to a copy, and to the first holder
ready|copies|6|fault pull-during E4 6|4|@|0|
ready|copies|6|fault pull-during E4 8|4|@|0|
ready|copies|6|fault status D7 19 6A84|4|product-2: the token is full|0|
ready|copies|6|fault status D7 20 6A84|4|product-2: |0|
ready|copies|6|fault pull-during D7 20|4|product-2: @|0|
ready|copies|6|fault status D7 23 6A84|4|product-2: the token is full|0|
ready|copies|6|fault pull-during D7 24|4|product-2: @|0|
ready|copies|5|fault pull-during E4 4|4|@|0|
ready|copies|5|fault pull-during E4 6|4|@|0|
ready|copies|5|fault pull-during D7 21|4|product-1: @|0|
ready|copies|5|fault pull-during D7 22|4|product-1: @|0|
ready|copies|5|fault pull-during D7 26|4|product-1: @|0|
ready|copies|6|fault pull-during 24 1|4|product-2: @|0|
# a card that is used from now on
copied|crl|product-2|fault swap * 0 CARDS/other.product-2|4|product-2: |0|
copied|crl|product-2|fault pull-during 68 2|4|product-2: CRL: @|0|product-2 01 1
# backup
copied|backup|product-2|fault pull-before * 0|4|product-2: no such token is present|0|
copied|backup|product-2|fault swap * 0 CARDS/other.product-2|4|product-2: |0|
copied|backup|product-2|do other_dkek|4|product-2: product-ca: the wrapped key is damaged, or was wrapped under another|0|
copied|backup|product-2|fault pull-before 72 1|4|product-2: product-ca: @|0|
copied|backup|product-2|fault pull-during 72 1|4|product-2: product-ca: @|0|
copied|backup|product-2|fault pull-after 72 2|4|product-2: sealer: @|0|
copied|backup|product-2|fault status 72 2 6F00|4|product-2: sealer: the card refuses the command|0|
copied|backup|product-2|fault short 72 2 20|4|product-2: sealer: the card's answer is out of form|0|
copied|backup|product-2|fault status D7 1 6A84|4|product-2: the token is full|0|
copied|backup|product-2|fault pull-during 24 1|4|product-2: |0|
copied|backup|product-2|do words|1|words of B: they are of another secret|0|
copied|backup|product-2|do taken|5|product.backup|0|
# restore
kept|restore|7||0|PIN of product-3 changed|0|
kept|restore|product-1|fault pull-before * 0|0|PIN of product-3 changed|0|
kept|restore|7|do truncate|3|in/product.backup: line 8: is missing|0|
kept|restore|7|do change|4|product-3: sealer: the wrapped key is damaged|0|
kept|restore|7|do words|1|words of B: they are of another secret|0|
kept|restore|7|fault swap * 0 CARDS/other.product-2|4|product-3: not in a reader that could be asked|0|
kept|restore|7|fault pull-before * 0|4|product-3: not in a reader that could be asked|0|
kept|restore|7|fault pull-before 50 1|4|product-3: @|0|
kept|restore|7|fault pull-before 52 5|4|product-3: @|0|
kept|restore|7|fault pull-before 52 6|4|product-3: @|0|
kept|restore|7|fault pull-during 74 1|4|product-3: product-ca: @|0|
kept|restore|7|fault pull-before 74 2|4|product-3: sealer: @|0|
kept|restore|7|fault status 74 2 6A84|4|product-3: sealer: the token is full|0|
kept|restore|7|fault pull-during 68 1|4|product-3: product-ca: @|0|
kept|restore|7|fault pull-before 68 2|4|product-3: product-ca: @|0|
kept|restore|7|fault pull-during E4 1|4|product-3: @|0|
kept|restore|7|fault status D7 12 6A84|4|product-3: sealer: the token is full|0|
kept|restore|7|fault pull-after 24 1|4|product-3: |0|
END
}

# ---- bases -------------------------------------------------------------------
plan_of() { # PLAN
	file=$dir/$1.yaml
}

# ceremony NAME DAY TOKEN... STEPS: NAME.yaml, with the operators' cards and these
ceremony() {
	name=$1
	{
		sed -n '/^date:/q; p' "$repo/tests/crash/genesis.yaml" |
			sed "s/^ceremony: .*/ceremony: $1/"
		echo "date: 2026-12-${2}T09:00:00Z"
		sed -n '/^roles:/,/op-carol/p' "$repo/tests/crash/genesis.yaml"
		shift 2
		while [ $# -gt 1 ]; do
			echo "  - {label: $1, module: softhsm}"
			shift
		done
		printf 'steps:\n%s\n' "$1"
	} >"$name.yaml"
}

plans() {
	ceremony ready 01 root-1 "$(sed -n '/^  - quorum:/,/reason:/p' \
		"$repo/tests/crash/genesis.yaml" | sed '/custodians:/a\
      backup: {threshold: 2, custodians: [Rita Sand, Sven Tal]}')"
	ceremony copies 02 root-1 product-1 product-2 "  - product-ca:
      issuer: root-1
      subject: CN=Copied CA
      sealer: CN=Copied Sealer
      key: p256
      years: 20
      crl-days: 90
      tokens: [product-1, product-2]"
	ceremony crl 03 product-2 \
		'  - crl: {token: product-2, out: a.crl, crl-days: 60}'
	ceremony backup 04 product-2 \
		'  - backup: {token: product-2, out: product.backup}'
	ceremony restore 05 product-3 \
		'  - restore: {token: product-3, from: product.backup}'
}

bases() {
	mkdir in r && plans && keep blank && on_cards ready && keep ready &&
		on_cards copies && keep copied && on_cards backup &&
		cp r/out/product.backup in && keep kept && other product-2
}

# ---- what else is wrong ------------------------------------------------------
# another DKEK than B's is on the card
other_dkek() {
	sed 's/^dkek 1 0 ..../dkek 1 0 0000/' "$cards/card6" >"$cards/next" &&
		! cmp -s "$cards/card6" "$cards/next" &&
		mv "$cards/next" "$cards/card6"
}
undo_other_dkek() {
	dkek=$(grep '^dkek' base.copied/card6)
	sed "s/^dkek .*/$dkek/" "$cards/card6" >"$cards/next" &&
		mv "$cards/next" "$cards/card6"
}
# the words of S stand on the paper of B
words() {
	paper=$(find r -name REHEARSAL-WORDS-OF-B)
	cp "$paper" paper && cp "${paper%B}S" "$paper"
}
undo_words() {
	cp paper "$paper"
}
taken() {
	mkdir -p r/out && echo another >r/out/product.backup
}
undo_taken() {
	rm r/out/product.backup
}
truncate() {
	head -n 7 base.kept/in/product.backup >in/product.backup
}
undo_truncate() {
	cp base.kept/in/product.backup in
}
change() {
	awk '$1 == "key" && $2 == "sealer" {
		c = substr($4, 40, 1) == "A" ? "B" : "A"
		$4 = substr($4, 1, 39) c substr($4, 41)
	} 1' base.kept/in/product.backup >in/product.backup
}
undo_change() {
	undo_truncate
}

# each holder has the same keys by the record, and answers
settled() { # PLAN
	jq -e -s '[.[] | select(.type == "act.result").body
			| select(.keys != null and (.label | startswith("product")))]
		| ([.[] | .label] | unique | length) >= 2
		and ([.[] | .keys | map(.spki)] | unique | length) == 1' \
		$S/transcript.jsonl && [ "$(card_labels | grep -c '^product-')" = \
		"$(jq '[.tokens[] | select(.label | startswith("product"))]
			| length' status.json)" ]
}

faults "$@"
