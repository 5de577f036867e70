#!/bin/sh
# links.sh: BUILD=folder of the programs.  Each program links only what it may:
# libraries by name, and code by the symbols in it.  Says each one that is
# there and should not be; exits 1.
set -eu
BUILD=${BUILD:?}
bad=0

complain() {
	echo "$*"
	bad=1
}

# code by what it does; dlopen loads PKCS#11 modules
tokens='token_[a-z_]+|module_(load|free)|C_[A-Z][A-Za-z]+|dlopen'
certifies='cert_sign|crl_sign'
shares='shamir_[a-z]+|share_(wrap|unwrap)|slip39_[a-z]+|pin_(user|so)'
registry='registry_[a-z_]+'
json='json_[a-z_]+'
yaml='yaml_[a-z_]+|plan_yaml_[a-z_]+'
sqlite='sqlite3_[a-z_0-9]+|ledger_[a-z_]+'
# what reads pictures; writing PNG is no reading
pictures='zbar_[a-z_]+|qr_find|picture_read|jpeg_[a-z_]+|png_(read|create_read)_[a-z_]+|png_image_begin_read_[a-z_]+'

# check PROGRAM LIBRARIES SYMBOLS: extended regular expressions of both
check() {
	program=$BUILD/$1
	if [ ! -x "$program" ]; then
		complain "$1: was not built"
		return 0
	fi
	names=$(nm "$program" 2>/dev/null |
	    sed 's/.* \([A-Za-z]\) \([^ @]*\).*/\2/' | sort -u)
	if [ -z "$names" ]; then
		complain "$1: has no symbols: what it holds cannot be told"
		return 0
	fi
	for lib in $(readelf -d "$program" |
	    sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
	    grep -E "^lib($2)[-.]" || :); do
		complain "$1: links $lib"
	done
	for name in $(echo "$names" | grep -Ex "$3" || :); do
		complain "$1: holds $name"
	done
}

check bin/anchorite 'p11|p11-kit|yaml|zbar|jpeg|pcsclite' \
    "$tokens|$shares|$yaml|$registry|$pictures"
check bin/anchorite-audit 'p11|p11-kit|zbar|jpeg|png16|pcsclite' \
    "$tokens|$shares|$certifies|$registry|$pictures"
check bin/anchorite-factory 'p11|p11-kit|yaml|zbar|jpeg|pcsclite' \
    "$tokens|$shares|$certifies|$yaml|$pictures"
check libexec/anchorite/anchorite-reader \
    'p11|p11-kit|sqlite3|pq|pcsclite|zbar|dbus-1|X11|v4l2' \
    "$tokens|$shares|$certifies|$sqlite|$registry"
check libexec/anchorite/anchorite-signer \
    'jansson|yaml|zbar|jpeg|png16|sqlite3|pq' \
    "$json|$yaml|$sqlite|$registry|$pictures"
check libexec/anchorite/anchorite-media \
    'p11|p11-kit|jansson|yaml|zbar|jpeg|png16|sqlite3|pq|pcsclite' \
    "$tokens|$shares|$certifies|$json|$yaml|$sqlite|$registry|$pictures"
# the image's first process: the C library and seccomp, and nothing of ours
check image/anchorite-init \
    'crypto|p11|p11-kit|jansson|yaml|zbar|jpeg|png16|sqlite3|pq|pcsclite|udev|usb|cap|mount|blkid|kmod' \
    "$tokens|$shares|$certifies|$json|$yaml|$sqlite|$registry|$pictures"
exit $bad
