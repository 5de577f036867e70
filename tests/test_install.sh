#!/bin/sh
# What `make install` installs works from anywhere, and `make uninstall` takes
# it all away.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/.." && pwd)
# shellcheck source-path=SCRIPTDIR source=ceremony/custodian/lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS
to=$dir/image

made() { # TARGET
	run 0 make -C "$repo" --no-print-directory NO_DEPS=1 BUILD="$BUILD" \
		DESTDIR="$to" PREFIX=/opt/anchorite "$1"
}

made install
ok "make install"
(cd "$to" && find . -type f | sort) >installed
for f in bin/anchorite bin/anchorite-audit bin/anchorite-factory \
	libexec/anchorite/anchorite-reader libexec/anchorite/anchorite-signer \
	libexec/anchorite/anchorite-media; do
	echo "./opt/anchorite/$f"
done >want
for page in "$repo"/docs/*.[15]; do
	echo "./opt/anchorite/share/man/man${page##*.}/${page##*/}"
done >>want
sort want | diff - installed >out 2>err
ok "the programs and the manual, nothing else"
anchorite=$to/opt/anchorite/bin/anchorite
factory=$to/opt/anchorite/bin/anchorite-factory
mkdir elsewhere && cd elsewhere && genesis_now && [ -s r/out/line3.order ]
ok "the installed anchorite rehearses, elsewhere"
run 0 "$anchorite" status --state r/state
ok "and tells what it has done"
cd "$dir" || exit 1
rm "$to/opt/anchorite/libexec/anchorite/anchorite-reader"
run 6 "$anchorite" plan check elsewhere/genesis.yaml && says err "install anchorite whole"
ok "without its reader it says so"
made uninstall && [ "$(find "$to" ! -type d | wc -l)" = 0 ] &&
	[ ! -e "$to/opt/anchorite/libexec/anchorite" ]
ok "make uninstall"
echo "1..$n"
