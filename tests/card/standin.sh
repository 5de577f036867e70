# shellcheck shell=sh disable=SC2154,SC2034
# Virtual cards in readers inside each process (module_pcsc.c), for scripts that
# source lib.sh of the custodian's tests before: no pcscd, no namespace.  Helper
# processes have no environment of ours: the cards are listed beside the module.
#
#   standin_readers 5          blank cards in new readers; $cards/card1 and so on
#   control 1 'reader-pad 1'   see card_control.h; without a line: well again
standin_readers() {
	cards=$(mktemp -d "$dir/cards.XXXXXX") || exit 1
	ln -sf "$BUILD/tests/card/module_pcsc.so" module_pcsc.so
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1))
		echo "$cards/card$i"
	done >module_pcsc.so.cards
	echo "app default { reader_driver pcsc {
		provider_library = $dir/module_pcsc.so;
	} }" >opensc.conf
	OPENSC_CONF=$dir/opensc.conf
	export OPENSC_CONF
	# a card in a reader is none of the signer's files
	rm -rf "$dir/standin"
	echo "WIDEN=$dir:$BUILD/tests/card" | wrap_signer "$dir/standin"
	anchorite=$dir/standin/bin/anchorite
}

control() { # NUMBER [LINE...]
	number=$1
	shift
	{ [ $# = 0 ] || printf '%s\n' "$@"; } >"$cards/card$number.control.next" &&
		mv "$cards/card$number.control.next" "$cards/card$number.control"
}
