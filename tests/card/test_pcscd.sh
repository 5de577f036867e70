#!/bin/sh
# The virtual card in the readers of a real pcscd, through vpcd.  pcscd's
# socket is compiled in and vpcd listens everywhere, so both run in namespaces
# of their own: nobody else's pcscd is touched, and no port is open outside.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(CDPATH='' cd -- "$(dirname "$0")" && pwd)/lib.sh"
tool=$BUILD/tests/card/tool_card

if [ "${1:-}" != inside ]; then
	options=-mn
	[ "$(id -u)" = 0 ] || options=-Urmn
	if ! unshare $options true 2>err; then
		echo "ok 1 - pcscd # SKIP no namespaces here: $(cat err)"
		echo 1..1
		exit 0
	fi
	unshare $options sh "$repo/tests/card/test_pcscd.sh" inside
	exit
fi

mount -t tmpfs tmpfs /run && mkdir /run/pcscd && ip link set lo up || exit 1
configure ''
cat >reader.conf <<'END'
FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:0x8C7B
LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID 0x8C7B
END
pcscd --foreground --info --config "$dir/reader.conf" >pcscd.log 2>&1 &
pcscd=$!
$tool vpcd 35963 one >tool.log 2>&1 &
card=$!
# shellcheck disable=SC2086 # none, one or two words
trap '[ -z "$card$pcscd" ] || kill $card $pcscd; rm -rf "$dir"' EXIT

# within COMMAND...: it succeeds within a bounded number of looks
within() {
	i=0
	until "$@"; do
		i=$((i + 1))
		[ $i -lt 2000 ] || return 1
		opensc-tool -l >out 2>err # takes a while
	done
}

# inserted: there is a card in the reader (opensc-tool --wait misses one that
# comes as it starts)
inserted() {
	run 0 opensc-tool -n && tells 'SmartCard-HSM'
}

# noticed: pcscd saw that the card is gone
noticed() {
	grep -q 'Card Removed' pcscd.log
}

within inserted
ok "pcscd finds the card"
run 0 opensc-tool -l && tells 'Virtual PCD 00 00'
ok "in a reader of vpcd"
run 0 pkcs11-tool --init-token --label vpcd --so-pin $so &&
	run 0 pkcs11-tool --init-pin --login --login-type so --so-pin $so \
		--new-pin $pin
ok "it is initialised"
make_key EC:prime256v1 10 small && make_key EC:secp384r1 11 large &&
	make_key rsa:2048 12 rsa
ok "keys are made"
printf 'a text\n' >text
for d in sha256 sha384; do openssl dgst -$d -binary -out text.$d text; done
sign_and_verify small 10 sha256 && sign_and_verify large 11 sha384
ok "it signs"
agree small 10 prime256v1
ok "and agrees on a secret"
p11 --test && tells 'No errors' && ! tells 'ERR:'
ok "pkcs11-tool --test finds no errors"
head -c 3000 /dev/urandom >data
p11 --write-object data --type data --label open &&
	run 0 pkcs11-tool --read-object --type data --label open -o data.back &&
	cmp data data.back
ok "long commands pass"
uses=$(sed -n 's/^key 01 \([0-9]*\) .*/\1/p' one)
echo 'fault pull-during 68 1' >one.control
! p11 --sign --mechanism ECDSA --id 10 -i text.sha256 -o none &&
	grep -q "^key 01 $((uses + 1)) " one && ! run 0 opensc-tool -n
ok "pulled at a signature"
within noticed
ok "and noticed"
: >one.control
within inserted && sign_and_verify small 10 sha256
ok "and put back"
kill "$pcscd"
wait "$card"
ok "the card ends with its reader"
wait "$pcscd"
pcscd='' card=''
echo "1..$n"
