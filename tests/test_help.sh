#!/bin/sh
# What every program says of itself, and of what it does not know.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/.." && pwd)
# shellcheck source-path=SCRIPTDIR source=ceremony/custodian/lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"

# helps PROGRAM COMMAND...
helps() {
	name=$1 bin=$BUILD/bin/$1
	shift
	run 0 "$bin" --help && [ ! -s err ] && says out "$name" && mv out help
	ok "$name --help"
	run 0 "$bin" --version && [ ! -s err ] &&
		grep -qE "^$name [0-9]+\.[0-9]+\.[0-9]+\$" out
	ok "$name --version"
	run 2 "$bin" && [ -s err ]
	ok "$name without a command"
	run 2 "$bin" nonsense && says err nonsense && [ ! -s out ]
	ok "$name: unknown command"
	run 2 "$bin" --nonsense && says err --nonsense && [ ! -s out ]
	ok "$name: unknown option"
	! "$bin" --help >/dev/full 2>err && says err "cannot be written"
	ok "$name: output that cannot be written"
	! "$bin" --help >&- 2>err && says err "cannot be written"
	ok "$name: no standard output"
	for c in "$@"; do
		says help "$c" && run 0 "$bin" "$c" --help && [ ! -s err ] &&
			says out "usage: $name $c"
		ok "$name $c --help"
		run 2 "$bin" "$c" --nonsense && [ -s err ] && [ ! -s out ]
		ok "$name $c: unknown option"
	done
}

helps anchorite run rehearse plan card media status words qr menu
helps anchorite-factory station-key request accept check qr
helps anchorite-audit verify show words
run 2 "$anchorite" plan check --nonsense && says err --nonsense
ok "anchorite plan check: unknown option"
for kind in genesis batch crl quorum-change recovery backup restore; do
	run 0 "$anchorite" plan new $kind && mv out $kind.yaml &&
		run 3 "$anchorite" plan check $kind.yaml &&
		says err "$kind.yaml:"
	ok "plan new $kind, which has places left to fill in"
done
run 2 "$anchorite" plan new nonsense && says err "genesis, batch, crl, quorum-change, recovery, backup, restore, destroy and retire"
ok "plan new: unknown kind"
for plan in "$repo"/docs/examples/*.yaml; do
	run 0 "$anchorite" plan check "$plan" && says out 'words: '
	ok "plan check ${plan##*/}"
	run 0 "$anchorite" plan print "$plan" && [ "$(wc -l <out)" -gt 20 ]
	ok "plan print ${plan##*/}"
done
echo "1..$n"
