# shellcheck shell=sh disable=SC2034,SC2154
# A ceremony on the bootable image as it is, for scripts that source this: held
# with keys and eyes only, and judged on the host afterwards.  They say before
#   firmware  bios or uefi
#   plans     the kind of the medium that the plan and the request come on
#   outputs   the kind of the medium that the response goes to
# and then go through the steps of boot.sh in order.
#
# Bounds are in seconds, and there for what hangs: nothing here depends on how
# fast the guest is.
BUILD=${BUILD:?}
repo=${repo:-$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)}
here=$repo/tests/ceremony/image
# shellcheck source=tests/tap.sh
. "$repo/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR source=vm.sh
. "$here/vm.sh"
# shellcheck source-path=SCRIPTDIR source=sticks.sh
. "$here/sticks.sh"
anchorite=$BUILD/bin/anchorite
factory=$BUILD/bin/anchorite-factory
audit=$BUILD/bin/anchorite-audit
LONG=300 # a start of the machine, a batch
SHORT=60 # an answer
UNITS=20

# nothing_to_boot: why this cannot be tried here, or nothing
nothing_to_boot() {
	iso=${ISO:-}
	for file in "$BUILD"/anchorite-*.iso; do
		[ -n "$iso" ] || [ ! -f "$file" ] || iso=$file
	done
	[ -n "$iso" ] || {
		echo 'no image here, make image makes it'
		return
	}
	for tool in qemu-system-x86_64 expect mke2fs debugfs mkfs.vfat \
		mkfs.exfat mcopy xorriso fls; do
		command -v "$tool" >/dev/null || {
			echo "no $tool here"
			return
		}
	done
	[ -f "$OVMF/OVMF_CODE_4M.fd" ] || echo 'no OVMF here'
}

# made_ready: cards, a log of one ceremony on two media, a plan and a request
made_ready() {
	sh "$here/prepare.sh" ready >out 2>err || return
	vm_new && screens=$BUILD/image/screens/$firmware || return
	rm -rf "$screens" && mkdir -p "$screens" &&
		mkdir media && cp -a ready/state media/anchorite-state &&
		rm -f media/anchorite-state/ledger.db || return
	stick_ext4 "$vm/state1.img" media && vm_medium "$vm/state1.img" STATE001 &&
		cp "$vm/state1.img" "$vm/state2.img" &&
		tune2fs -U random "$vm/state2.img" >out 2>&1 &&
		vm_medium "$vm/state2.img" STATE002 &&
		"stick_$plans" "$vm/plans.img" ready/in/* &&
		vm_medium "$vm/plans.img" PLANS001 &&
		"stick_$outputs" "$vm/out.img" && vm_medium "$vm/out.img" OUT00001 ||
		return
	for label in op-alice op-bert op-carol product-1; do
		vm_card "ready/cards/$label"
	done
	# what must not be seen: a disk with a log on it, and networks
	cp "$vm/state1.img" "$vm/disk.img" && vm_disk "$vm/disk.img" &&
		sha256sum <"$vm/disk.img" >disk.before && vm_networks
}

# words_of TEXT: words or digits as `anchorite words` prints them, in one line
words_of() {
	"$anchorite" words "$1" | sed -n '2,$p' | tr -s ' \n' ' ' |
		sed 's/^ //; s/ $//'
}

# number_of EXPRESSION: the number before what was offered on the screen; a row
# of its own
number_of() {
	vm text | sed -n "s/^ *\([0-9][0-9]*\)  *$1.*/\1/p" | tail -n 1
}

# answer TEXT: typed, then Enter
answer() {
	vm type "$1" press enter
}

# pick EXPRESSION: its number, then Enter
pick() {
	number=$(number_of "$1")
	[ -n "$number" ] && answer "$number"
}

# pin ID: asked for and typed
pin() {
	vm see $LONG "^$1: PIN of card op-$1: *\$" secret "pin-of-$1" press enter
}

# words_shown TEXT: the 32 words below it on the screen, in one line
words_shown() {
	vm text | awk -v text="$1" '
		index($0, text) { on = 1; next }
		on { print }' | tr -s ' \n' ' ' | sed 's/^ //' | cut -d ' ' -f 1-32
}

# typed_back TEXT: the words that are shown below it are typed
typed_back() {
	vm see $LONG "$1(.|.)*hex digits\): *\$" || return
	words=$(words_shown "$1")
	[ "$(echo "$words" | wc -w)" = 32 ] && answer "$words"
}

# the rows of the state on a medium, as a folder
state_read() {
	folder_of_ext4 "$vm/$1.img" "$1" && rm -f "$1/anchorite-state/ledger.db"
}
