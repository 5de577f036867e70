#!/bin/sh
# TAP: layers.sh and links.sh find what they should, one fault at a time on a
# small tree made for it, and nothing in this one.
set -u
lint=$(cd "$(dirname "$0")" && pwd)
BUILD=${BUILD:-$lint/../../build}
BUILD=$(cd "$BUILD" && pwd)
# shellcheck source=tests/tap.sh
. "$lint/../tap.sh"
scratch lint

# finds TEXT COMMAND...: it ends in 1, and says so
finds() {
	text=$1
	shift
	run 1 "$@" && says out "$text"
}
# nothing COMMAND...: it finds nothing
nothing() {
	run 0 "$@" && [ ! -s out ]
}

# ---- layers -------------------------------------------------------------------

# a tree that is in order
tree() {
	rm -rf tree
	for d in ca smartcard transfer ceremony/quorum ceremony/record \
	    ceremony/process ceremony/custodian ceremony/auditor \
	    ceremony/factory ceremony/image/init; do
		mkdir -p "tree/$d"
		echo 'int x;' >"tree/$d/x.h"
	done
	cat >"tree/ceremony/process/x.c" <<-'EOF'
	#include "ceremony/process/x.h"
	#include <stdio.h>
	#include "ca/x.h"
	/* exit(1) and printf("x") in a comment,
	 * time(NULL) in its second line */
	snprintf(a, 1, "exit(1); printf(x)");
	dprintf(fd, "x");
	_exit(1); /* of a forked child */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	EOF
	cat >"tree/ceremony/custodian/x.c" <<-'EOF'
	#include "smartcard/x.h"
	int main(void) { printf("x"); exit(0); time(NULL); }
	EOF
}

# wrong NAME FILE LINE WANT: with this line in this file the check must fail
# and say so
wrong() {
	tree
	printf '%s\n' "$3" >>"tree/$2"
	run 1 sh "$lint/layers.sh" tree && grep -F "$2:" out | grep -qF -e "$4"
	ok "$1"
}

tree
nothing sh "$lint/layers.sh" tree
ok 'layers: a tree in order'

while IFS='|' read -r from to; do
	wrong "layers: $from includes $to" "$from/x.h" \
	    "#include \"$to/x.h\"" "$from may not include $to/x.h"
done <<'EOF'
ca|smartcard
ca|transfer
smartcard|ca
transfer|smartcard
transfer|ceremony/record
ceremony/quorum|ceremony/record
ceremony/record|smartcard
ceremony/record|ceremony/process
ceremony/process|ceremony/custodian
ceremony/custodian|ceremony/factory
ceremony/auditor|smartcard
ceremony/auditor|ceremony/factory
ceremony/factory|smartcard
ceremony/factory|ceremony/auditor
ceremony/image/init|ceremony/process
EOF
wrong 'layers: include with blanks' ca/x.h '  #  include  "transfer/x.h"' \
    'ca may not include transfer/x.h'

while IFS='|' read -r code what; do
	wrong "layers: library with $code" ca/x.h "	$code" \
	    "a library may not $what"
done <<'EOF'
printf("x");|print
fprintf(stderr, "x");|print
fputs(text, stdout);|print
perror("x");|print
exit(1);|exit
abort();|exit
t = time(NULL);|read the clock
clock_gettime(CLOCK_REALTIME, &ts);|read the clock
gettimeofday(&tv, NULL);|read the clock
x = getpass("PIN");|prompt
/* a comment */ exit(1);|exit
EOF

tree
mkdir "tree/ceremony/util"
echo 'int x;' >"tree/ceremony/util/x.c"
finds 'ceremony/util: a folder without a rule' sh "$lint/layers.sh" tree
ok 'layers: unknown folder'

nothing sh "$lint/layers.sh"
ok 'layers: the real tree'

# ---- links --------------------------------------------------------------------

programs='bin/anchorite bin/anchorite-audit bin/anchorite-factory
libexec/anchorite/anchorite-reader libexec/anchorite/anchorite-signer
libexec/anchorite/anchorite-media image/anchorite-init'

# the real programs under their names, but for PROGRAM, which is another
swapped() { # NAME PROGRAM OTHER WANT
	rm -rf build
	mkdir -p build/bin build/libexec/anchorite build/image
	for p in $programs; do
		ln -s "$BUILD/$p" "build/$p"
	done
	rm "build/$2"
	[ "$3" = - ] || cp "$3" "build/$2"
	finds "$2: $4" env BUILD="$dir/build" sh "$lint/links.sh"
	ok "$1"
}

signer=$BUILD/libexec/anchorite/anchorite-signer
reader=$BUILD/libexec/anchorite/anchorite-reader
swapped 'links: operator with token code' bin/anchorite "$signer" \
    'links libp11'
swapped 'links: operator with a YAML parser' bin/anchorite "$reader" \
    'links libyaml'
swapped 'links: auditor with token code' bin/anchorite-audit "$signer" \
    'holds token_open'
swapped 'links: auditor with the registry' bin/anchorite-audit \
    "$BUILD/bin/anchorite-factory" 'holds registry_open'
swapped 'links: factory that certifies' bin/anchorite-factory "$signer" \
    'holds cert_sign'
swapped 'links: reader with token code' libexec/anchorite/anchorite-reader \
    "$signer" 'links libp11'
swapped 'links: reader with a data base' libexec/anchorite/anchorite-reader \
    "$BUILD/bin/anchorite-factory" 'links libsqlite3'
swapped 'links: signer with parsers' libexec/anchorite/anchorite-signer \
    "$reader" 'links libjansson'
swapped 'links: init with cryptography' image/anchorite-init "$signer" \
    'links libcrypto'
strip -o stripped "$signer"
swapped 'links: program without symbols' libexec/anchorite/anchorite-signer \
    stripped 'has no symbols'
swapped 'links: program missing' bin/anchorite - 'was not built'

nothing env BUILD="$BUILD" sh "$lint/links.sh"
ok 'links: the real programs'
echo "1..$n"
