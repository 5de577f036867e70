# shellcheck shell=sh disable=SC2034
# For the scripts of this folder: a scratch folder that is the working folder
# and goes away at the end, TAP, and OpenSC's tools on virtual cards.
BUILD=${BUILD:?}
repo=$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$repo/tests/tap.sh"
scratch card
so=3537363231383830
pin=648219

# tells TEXT: a line of the output or of the errors holds it
tells() {
	grep -qF -e "$1" out err
}

# configure LIBRARY: OpenSC finds its readers through it; "" is pcscd
configure() {
	cat >opensc.conf <<END
app default {
	reader_driver pcsc {
		${1:+provider_library = $1;}
		connect_exclusive = true;
		disconnect_action = reset;
	}
	framework pkcs15 { use_pin_caching = false; use_file_caching = no; }
}
app opensc-pkcs11 {
	pkcs11 { lock_login = true; slots_per_card = 1; max_virtual_slots = 32; }
}
END
	OPENSC_CONF=$dir/opensc.conf
	export OPENSC_CONF
}

p11() { # ARGUMENT...: pkcs11-tool, logged in
	run 0 pkcs11-tool --login --pin "$pin" "$@"
}

make_key() { # TYPE ID LABEL
	p11 --keypairgen --key-type "$1" --id "$2" --label "$3" &&
		run 0 pkcs15-tool --read-public-key "$2" -o "$3.pub"
}

# sign_and_verify LABEL ID DIGEST: ECDSA by the card, judged by openssl
sign_and_verify() {
	p11 --sign --mechanism ECDSA --id "$2" --signature-format openssl \
		-i "text.$3" -o sig &&
		run 0 openssl pkeyutl -verify -pubin -inkey "$1.pub" \
			-in "text.$3" -sigfile sig
}

# agree LABEL ID CURVE: the same secret on both sides
agree() {
	openssl ecparam -name "$3" -genkey -noout -out own.pem 2>err &&
		openssl pkey -in own.pem -pubout -outform DER -out own.der &&
		p11 --derive --mechanism ECDH1-DERIVE --id "$2" -i own.der -o z &&
		run 0 openssl pkeyutl -derive -inkey own.pem -peerkey "$1.pub" \
			-out z.own &&
		cmp z z.own >out 2>err
}
