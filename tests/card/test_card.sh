#!/bin/sh
# Other people's tools take the virtual card for a SmartCard-HSM: OpenSC's, in
# process, with nothing of pcscd.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(CDPATH='' cd -- "$(dirname "$0")" && pwd)/lib.sh"
VIRTUAL_CARDS=$dir/one:$dir/two
export VIRTUAL_CARDS
configure "$BUILD/tests/card/module_pcsc.so"
echo 'serial ANC00000001' >one.control
echo 'serial ANC00000002' >two.control

run 0 opensc-tool -l && tells 'Virtual Reader 00' && tells 'Virtual Reader 01'
ok "opensc-tool lists the readers"
run 0 opensc-tool -n && tells 'SmartCard-HSM'
ok "and knows the card"
run 0 opensc-tool --atr && tells '3b:fe:18:00:00:81:31:fe:45:80:31:81:54:48:53:4d'
ok "by its ATR"
run 0 sc-hsm-tool && tells 'has never been initialized'
ok "sc-hsm-tool finds it blank"
run 0 pkcs11-tool -L && tells ANC00000001 && tells ANC00000002
ok "two cards have two serials"

unset VIRTUAL_CARDS
printf '%s\n' "$dir/two" "$dir/one" >opensc.conf.cards
run 0 pkcs11-tool --list-token-slots && grep -c ANC0000000 out | grep -qx 2 &&
	tells 'Virtual Reader 01'
ok "they are listed by a file, too"
rm opensc.conf.cards
VIRTUAL_CARDS=$dir/one:$dir/two
export VIRTUAL_CARDS

# ---- PINs --------------------------------------------------------------------
run 0 pkcs11-tool --init-token --slot-index 0 --label first --so-pin $so &&
	run 0 pkcs11-tool --init-pin --login --login-type so --so-pin $so \
		--new-pin $pin
ok "pkcs11-tool initialises it"
run 0 pkcs11-tool -L && tells 'first (UserPIN)'
ok "the label is there"
p11 --pin 111111 -O
! p11 --pin 111111 -O && tells CKR_PIN_INCORRECT && run 0 pkcs11-tool -L &&
	tells 'final user PIN try'
ok "wrong PINs are counted"
run 0 pkcs11-tool --login --pin $pin --change-pin --new-pin 77777777 &&
	! p11 -O && run 0 pkcs11-tool --login --pin 77777777 -O
ok "the user PIN is changed"
run 0 pkcs11-tool --login --login-type so --so-pin $so --init-pin --new-pin $pin &&
	p11 -O
ok "and set by the SO"
run 0 pkcs11-tool --login --login-type so --so-pin $so --change-pin \
	--new-pin 1a2b3c4d5e6f7081 &&
	! run 0 pkcs11-tool --login --login-type so --so-pin $so --init-pin \
		--new-pin 999999 && run 0 sc-hsm-tool && tells 'SO-PIN tries left    : 14'
ok "so is the SO PIN, and its tries are counted"
so=1a2b3c4d5e6f7081

# ---- keys --------------------------------------------------------------------
printf 'a text\n' >text
for d in sha256 sha384; do openssl dgst -$d -binary -out text.$d text; done
make_key EC:prime256v1 10 small && make_key EC:secp384r1 11 large &&
	make_key rsa:2048 12 rsa
ok "keys are made"
sign_and_verify small 10 sha256 && sign_and_verify large 11 sha384
ok "openssl verifies their ECDSA signatures"
agree small 10 prime256v1 && agree large 11 secp384r1
ok "and agrees with them on a secret"
p11 --sign --mechanism SHA256-RSA-PKCS --id 12 -i text -o sig &&
	run 0 openssl dgst -sha256 -verify rsa.pub -signature sig text
ok "PKCS#1 v1.5"
p11 --sign --mechanism SHA256-RSA-PKCS-PSS --id 12 -i text -o sig &&
	run 0 openssl dgst -sha256 -verify rsa.pub -signature sig \
		-sigopt rsa_padding_mode:pss text
ok "PSS, over a DigestInfo"
p11 --sign --mechanism RSA-PKCS-PSS --hash-algorithm SHA256 --id 12 \
	-i text.sha256 -o sig &&
	run 0 openssl dgst -sha256 -verify rsa.pub -signature sig \
		-sigopt rsa_padding_mode:pss text
ok "PSS, over a digest"
grep -q '^key 01 2 ' one && grep -q '^key 02 2 ' one
ok "the card counts the uses of each key"
p11 --test && tells 'No errors' && ! tells 'ERR:'
ok "pkcs11-tool --test finds no errors"
cp out test.txt
p11 --delete-object --type privkey --id 12 && ! grep -q '^key 03' one &&
	grep -q '^gone 03 ' one
ok "a key is deleted, and its uses stay counted"

# ---- objects -----------------------------------------------------------------
run 0 openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem \
	-subj /CN=ca
run 0 openssl req -new -key ca.key -subj /CN=card -out card.csr &&
	run 0 openssl x509 -req -in card.csr -force_pubkey small.pub -CA ca.pem \
		-CAkey ca.key -CAcreateserial -out card.pem
openssl x509 -in card.pem -outform DER -out card.der 2>err
run 0 sc-hsm-tool --export-for-pub-key-auth small.pka --key-reference 1 &&
	[ -s small.pka ] && grep -q '^file CE01 67' one
ok "the attestation of a key is read"
p11 --write-object card.der --type cert --id 10 --label small &&
	run 0 pkcs11-tool --read-object --type cert --id 10 -o card.back &&
	cmp card.der card.back
ok "a certificate is written and read"
grep -q '^file CE01 30' one && ! grep -q '^file CE01 67' one
ok "in the place of the attestation"
head -c 3000 /dev/urandom >data
p11 --write-object data --type data --label open &&
	p11 --write-object text --type data --label closed --private &&
	run 0 pkcs11-tool --read-object --type data --label open -o data.back &&
	cmp data data.back && p11 --read-object --type data --label closed \
	-o text.back && cmp text text.back
ok "so are data objects"
! run 0 pkcs11-tool --read-object --type data --label closed -o none
ok "a private one only after login"
run 0 pkcs15-tool -D && tells 'Private EC Key [small]' &&
	tells 'Private EC Key [large]' && tells 'X.509 Certificate [small]' &&
	tells 'Data object' && tells 'ANC00000001'
ok "pkcs15-tool lists them all"

# ---- DKEK --------------------------------------------------------------------
run 0 sc-hsm-tool --reader 1 --initialize --so-pin $so --pin $pin \
	--dkek-shares 0 --label second &&
	run 0 sc-hsm-tool --reader 1 && tells 'DKEK shares          : 0'
ok "sc-hsm-tool initialises the other with a DKEK of its own"
VIRTUAL_CARDS=$dir/two
make_key EC:secp384r1 21 copied && make_key rsa:2048 22 moved
for k in 1 2; do
	run 0 sc-hsm-tool --wrap-key wrapped.$k --key-reference $k --pin $pin &&
		run 0 sc-hsm-tool --unwrap-key wrapped.$k --key-reference $k \
			--pin $pin --force && tells 'Key successfully imported'
	ok "wraps key $k and imports it again"
done
sign_and_verify copied 21 sha384 &&
	p11 --sign --mechanism SHA256-RSA-PKCS --id 22 -i text -o sig &&
	run 0 openssl dgst -sha256 -verify moved.pub -signature sig text
ok "they are the same keys"
VIRTUAL_CARDS=$dir/one
! run 0 sc-hsm-tool --wrap-key none --key-reference 1 --pin $pin &&
	tells 'not initialized for key wrap'
ok "a card without a DKEK does not wrap"

# ---- faults ------------------------------------------------------------------
echo 'fault pull-during 68 1' >one.control
! p11 --sign --mechanism ECDSA --id 10 -i text.sha256 -o none &&
	run 0 opensc-tool -l && tells 'No '
ok "pulled at a signature, and away"
: >one.control
sign_and_verify small 10 sha256
ok "and put back"
echo 'fault lock 20 1' >one.control
! p11 -O && tells CKR_PIN_LOCKED
ok "a PIN that is locked"
run 0 pkcs11-tool --login --login-type so --so-pin $so --init-pin --new-pin $pin &&
	p11 -O
ok "and unblocked"
echo 'fault atr * 0 3B00' >one.control
run 0 opensc-tool --atr && tells '3b:00'
ok "another ATR"
echo 'protocol t0' >one.control
run 0 opensc-tool -n && tells 'SmartCard-HSM' && p11 -O && tells small
ok "T=0: it is found by its applet"
sign_and_verify small 10 sha256
ok "T=0: it signs"
echo "pin-pad $pin" >one.control
run 0 pkcs11-tool -L && tells 'PIN pad present'
ok "a PIN pad"
echo "1..$n"
