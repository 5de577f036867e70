#!/bin/sh
# cards.sh: eight virtual cards in the readers of a pcscd of our own.
set -u
BUILD=${BUILD:?}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=cards.sh
. "$here/cards.sh"
cards_enter "$@" || {
	echo "ok 1 - cards # SKIP $why"
	echo 1..1
	exit 0
}
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
trap 'stop_cards; rm -rf "$dir"' EXIT
configure ''

control_new() { # NUMBER LINE: of a card that is not made yet
	echo "$2" >"$cards/card$1.control"
}

for i in 1 2 3 4 5 6 7 8; do control_new $i "serial ANC0000000$i"; done
start_cards 8
ok "pcscd sees eight cards"
run 0 pkcs11-tool -L && grep -c 'serial num *: ANC0000000' out | grep -qx 8
ok "OpenSC finds all of them"
run 0 opensc-tool -l && tells 'Virtual PCD 3 00 01' &&
	run 0 opensc-tool --reader 7 -n && tells 'SmartCard-HSM'
ok "the eighth is in the eighth reader"
! card_of first
ok "no card has the label yet"
slot=$(pkcs11-tool -L 2>err | awk '/^Slot/ { s = $2 } /ANC00000005/ { print s }')
run 0 pkcs11-tool --init-token --slot-index "${slot:-none}" --label first \
	--so-pin $so &&
	run 0 pkcs11-tool --init-pin --slot-index "${slot:-none}" --login \
		--login-type so --so-pin $so --new-pin $pin
ok "one of them gets a label"
card_of first | grep -qx "$cards/card5" && serial_of first | grep -qx ANC00000005
ok "by which its file is found"
first() { # ARGUMENT...: pkcs11-tool with that token
	run 0 pkcs11-tool --token-label 'first (UserPIN)' --login --pin $pin "$@"
}
first --keypairgen --key-type EC:prime256v1 --id 10 --label key &&
	uses_of first | grep -qx 0
ok "its key was not used"
head -c 32 /dev/urandom >digest
first --sign --mechanism ECDSA --id 10 -i digest -o sig &&
	uses_of first | grep -qx 1
ok "and now it was, once"
pull first && ! first --sign --mechanism ECDSA --id 10 -i digest -o sig
ok "pulled, it does not sign"
insert first && first --sign --mechanism ECDSA --id 10 -i digest -o sig &&
	uses_of first | grep -qx 2
ok "put in again, it does"
# OpenSC asks a second time
control first 'fault status 68 1 6F00' 'fault status 68 2 6F00' &&
	! first --sign --mechanism ECDSA --id 10 -i digest -o sig &&
	uses_of first | grep -qx 2
ok "it fails as it is told"
stop_cards
start_cards 8 && uses_of first | grep -qx 2 && run 0 pkcs11-tool -L && tells first
ok "another pcscd, the same cards"
pids="$pcscd_pid $card_pids"
stop_cards
for pid in $pids; do ! kill -0 "$pid" 2>/dev/null || echo "$pid"; done >out
[ ! -s out ]
ok "all of it ends"
echo "1..$n"
