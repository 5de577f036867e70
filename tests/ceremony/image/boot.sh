# shellcheck shell=sh disable=SC2034,SC2154
# A ceremony on the bootable image as it is, for scripts that source this: held
# with keys and eyes only, and judged on the host afterwards.  They say before
#   firmware  bios or uefi
#   plans     the kind of the medium that the plan and the request come on
#   outputs   the kind of the medium that the response goes to
# and then  held  goes through all steps.  Screens are kept, as pictures and as
# text, in $BUILD/image/screens/$firmware, and times.txt.  ISO names another image.
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
carried=${carried:-batch.yaml line3.request} # on the medium of the plan
not_for="it is the image that machines start from"

iso=${ISO:-}
for file in "$BUILD"/anchorite-*.iso; do
	[ -n "$iso" ] || [ ! -f "$file" ] || iso=$file
done

# nothing_to_boot: why this cannot be tried here, or nothing
nothing_to_boot() {
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
	mkdir brought || return
	for name in $carried; do
		cp "ready/in/$name" brought || return
	done
	stick_ext4 "$vm/state1.img" media && vm_medium "$vm/state1.img" STATE001 &&
		cp "$vm/state1.img" "$vm/state2.img" &&
		tune2fs -U random "$vm/state2.img" >out 2>&1 &&
		vm_medium "$vm/state2.img" STATE002 &&
		"stick_$plans" "$vm/plans.img" brought/* &&
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

# answer TEXT: typed, then Enter
answer() {
	vm type "$1" press enter
}

# menu TITLE NUMBER: what is chosen on the screen of that title
menu() {
	vm see $SHORT "^$1\$" asked $SHORT '^Type a number.*, then Enter: *$' &&
		answer "$2"
}

# goes_on EXPRESSION: a command has ended like this, and Enter goes on
goes_on() {
	vm see $LONG "^-- $1" asked $SHORT '^Enter goes on\. *$' press enter
}

# pick PROMPT EXPRESSION: when it is asked, the number in the row that matches
pick() {
	vm asked $SHORT "$1" || return
	number=$(vm text | sed -n "s/^ *\([0-9][0-9]*\)  *$2.*/\1/p" | tail -n 1)
	[ -n "$number" ] && answer "$number"
}

# not_the_boot_stick PROMPT: when it is asked, that stick is no choice, nor is
# what the firmware reads of it
not_the_boot_stick() {
	vm asked $SHORT "$1" \
		see 5 "^  -  sd[a-z] is there, and not for this: $not_for\$" \
		see 5 "^  -  sd[a-z][0-9] is there, and not for this: $not_for\$"
}

# pin ID: asked for, and typed
pin() {
	vm asked $LONG "^$1: PIN of card op-$1: *\$" secret "pin-of-$1" press enter
}

# words_below TEXT: the 32 words below it on the screen, in one line
words_below() {
	vm text | awk -v text="$1" '
		index($0, text) { on = 1; next }
		on { print }' | tr -s ' \n' ' ' | sed 's/^ //' | cut -d ' ' -f 1-32
}

# state_read NAME: what is on the medium, in the folder NAME
state_read() {
	folder_of_ext4 "$vm/$1.img" "$1" && rm -f "$1/anchorite-state/ledger.db"
}

# note TEXT: said, and kept beside the screens
note() {
	echo "# $firmware: $1" | tee -a "$screens/times.txt"
}

# ---- the steps ---------------------------------------------------------------
power_on() {
	vm_start "$firmware" "$iso"
}

started() {
	begin=$(date +%s)
	power_on &&
		vm asked $LONG '^Enter goes on, r reads it again: *$' || return
	note "$(($(date +%s) - begin)) s from power to the first screen"
	# a stick that is slow to come
	vm see 5 'read back now' 2>first || vm type r press enter see $SHORT 'read back now'
}

image_shown() {
	"$anchorite" words "$iso" >image.words && sed -n 's/^/^ */; s/$/$/; 1p' image.words >image.hex &&
		vm see $SHORT "$(cat image.hex)" see 5 "$(words_of "$iso")" &&
		shot image && vm press enter
}

clock_confirmed() {
	vm see $SHORT '^CLOCK$' asked $SHORT '^Enter if it is right' &&
		vm see 5 "$(date -u +%Y-%m-%d) [0-9:]* UTC" && shot clock &&
		vm press enter see $SHORT '^MAIN MENU$' && shot menu
}

# a machine without a camera: whoever wants to read with one is told
no_camera() {
	menu 'MAIN MENU' 7 && menu 'QR CODES' 2 &&
		vm see $SHORT '^No camera is there' asked $SHORT '^Enter goes on\. *$' &&
		vm not 'camera /dev|Where is it to go' && shot no-camera &&
		vm press enter && menu 'QR CODES' 0
}

plan_taken() {
	menu 'MAIN MENU' 1 && menu 'CHOOSE A PLAN' t &&
		not_the_boot_stick '^Medium for a file ending in' &&
		pick '^Medium for a file ending in \.yaml: its number' '.* PLANS' &&
		vm asked $SHORT '^Choose a file ending in \.yaml: its number' \
			press enter asked $SHORT '^Compare with what came with it' \
			see 5 "$(words_of ready/in/batch.yaml)" &&
		shot take && vm press enter asked $SHORT '^Its name here' press enter &&
		goes_on 'anchorite media: done'
}

plan_chosen() {
	pick '^Type a number or t, then Enter: *$' 'batch\.yaml' &&
		vm asked $SHORT '^y chooses this plan' \
			see 5 "$(words_of ready/in/batch.yaml)" &&
		shot plan && answer y && vm see $SHORT '\| batch\.yaml$'
}

# QEMU's reader says that it has a PIN pad, and has none
pins_at_keyboard() {
	menu 'MAIN MENU' 3 && menu 'HOLD THE CEREMONY' 5 &&
		vm see $SHORT 'PINs +all at the keyboard' && shot hold
}

request_taken() {
	menu 'HOLD THE CEREMONY' 1 &&
		pick '^Medium for line3\.request: its number' '.* PLANS' &&
		vm asked $SHORT '^File for line3\.request:' press enter &&
		vm asked $SHORT '^Compare with what came with it.*stop\) *$' \
			see 5 "$(words_of ready/in/line3.request)" &&
		shot request && vm press enter
}

plan_approved() {
	vm see $SHORT 'SHA-256 of the plan, in words' asked $SHORT 'hex digits\): *$' &&
		shot plan-words && answer "$(words_of ready/in/batch.yaml)"
}

worklist_approved() {
	vm see $SHORT "$UNITS entries: $UNITS to certify, 0 known before, 0 refused" \
		see $SHORT 'SHA-256 of the worklist, in words' \
		asked $SHORT 'hex digits\): *$' || return
	words=$(words_below 'SHA-256 of the worklist')
	shot worklist && [ "$(echo "$words" | wc -w)" = 32 ] && answer "$words"
}

batch_signed() {
	# Ctrl-S and Scroll Lock hold nothing
	pin alice && pin bert && vm press ctrl-s press scroll_lock press ctrl-u &&
		vm see $LONG "^ *$UNITS certificates signed" \
			see $SHORT '^ *PIN of product-1 changed' && shot signed &&
		pin alice && pin bert
}

head_written_down() {
	vm see $LONG '^head, to be written down' \
		asked $SHORT '^Medium for line3\.response: its number' || return
	words_below 'head, to be written down' >head.words
	shot head && [ "$(wc -w <head.words)" = 32 ]
}

witnessed() {
	vm press alt-f2 see $SHORT "$(cat head.words)" && shot witness && vm press alt-f1
}

response_written() {
	not_the_boot_stick '^Medium for line3\.response: its number' || return
	pick '^Medium for line3\.response: its number' '.* OUT' &&
		vm see $LONG 'written and compared: line3\.response' && shot written &&
		goes_on 'anchorite run: done'
}

powered_off() {
	menu 'HOLD THE CEREMONY' 0 && menu 'MAIN MENU' 12 &&
		vm asked $SHORT '^Power off\? y' && shot power-off &&
		vm press ctrl-s press scroll_lock press ctrl-u && answer y && vm gone $LONG
}

# ---- on the host -------------------------------------------------------------
# audit_of STATUS FINDINGS OPTION...: of the state that was read
audit_of() {
	status=$1 findings=$2
	shift 2
	run "$status" "$audit" verify state1/anchorite-state \
		--anchor "$(cat ready/anchor)" "$@" &&
		[ "$(grep -c '^finding: ' out)" = "$findings" ]
}

# genesis was held elsewhere, the batch on this image
record_verified() {
	digest=$(sha256sum <"$iso" | cut -d ' ' -f 1)
	other=$(sha256sum </dev/null | cut -d ' ' -f 1)
	state_read state1 && audit_of 0 0 && audit_of 1 1 --image "$digest" &&
		says out 'ceremony genesis says of no image' &&
		audit_of 1 2 --image "$other"
}

copies_equal() {
	state_read state2 && diff -r state1 state2 >out
}

response_accepted() {
	"file_of_$outputs" "$vm/out.img" line3.response >taken.response &&
		run 0 "$factory" accept --request ready/in/line3.request \
			--response taken.response --order ready/line3.order \
			--root "$(cat ready/root)" --out accepted &&
		[ "$(find accepted/certs -name '*.crt' | wc -l)" = $UNITS ]
}

nothing_else_touched() {
	cmp "$vm/boot.iso" "$iso" && sha256sum <"$vm/disk.img" |
		cmp - disk.before && [ "$(vm_sent)" = 0 ]
}

# ---- all of it ------------------------------------------------------------------
# step FUNCTION NAME: what comes after one that failed is not tried
step() {
	if [ -n "$failed" ]; then
		rm -f out
		echo "not tried after $failed" >err
		false
	else
		"$1" 2>err || {
			failed=$1
			false
		}
	fi
	ok "$firmware: $2"
}

# begun WHY: a folder for the steps; there are none, for this reason, unless empty
begun() {
	[ -z "$1" ] || {
		skip "a ceremony on the image, $firmware" "$1"
		echo "1..$n"
		return 1
	}
	failed='' began=$(date +%s)
	scratch boot
	trap 'vm_stop; chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT
}

held() {
	begun "$(nothing_to_boot)" || return 0
	step made_ready "cards, a log on two media, a plan and a request on $plans"
	step started "the image starts"
	step image_shown "its medium is read back: the words of the image"
	step clock_confirmed "the clock is confirmed"
	step no_camera "there is no camera, which is told"
	step plan_taken "a plan is taken from its medium"
	step plan_chosen "and chosen, by its words"
	step pins_at_keyboard "PINs are to be typed at the keyboard"
	step request_taken "the ceremony begins; the request is taken"
	signed_and_judged
}

# what comes behind the request, up to the end of all
signed_and_judged() {
	step plan_approved "the plan's words are typed"
	step worklist_approved "and those of the worklist"
	step batch_signed "two operators come twice, $UNITS certificates are signed"
	step head_written_down "the head is written down"
	step witnessed "the second console says the same"
	step response_written "the response is written to $outputs"
	step powered_off "the machine goes off"
	step record_verified "the auditor verifies the state, and which image it was"
	step copies_equal "both copies of it are the same"
	step response_accepted "the factory accepts $UNITS certificates"
	step nothing_else_touched "boot medium and built-in disk are as they were, nothing was sent"
	note "$(($(date +%s) - began)) s for all of it"
	echo "1..$n"
}
