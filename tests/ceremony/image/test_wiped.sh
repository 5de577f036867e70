#!/bin/sh
# TAP: after the image has powered itself off nothing that was secret stands in
# the machine's memory.  QEMU keeps that in a file, which outlives the guest.
# shellcheck disable=SC2016,SC2119,SC2154 # for the guest to expand; tap.sh and vm.sh
set -u
BUILD=${BUILD:?}
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
here=$repo/tests/ceremony/image
# shellcheck source=tests/tap.sh
. "$repo/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR source=vm.sh
. "$here/vm.sh"
# shellcheck source-path=SCRIPTDIR source=inside.sh
. "$here/inside.sh"
why=$(inside_needs)
[ -z "$why" ] || {
	skip 'memory of the image' "$why"
	echo "1..$n"
	exit 0
}
scratch wiped
trap 'vm_stop; chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT
# new ones each time; none of them is in this script, nor goes over the line
name() { # COUNT: so many letters and digits
	LC_ALL=C tr -dc 'a-km-z2-9' </dev/urandom | head -c "$1"
}
pin=$(name 15)
so=$(LC_ALL=C tr -dc '0-9a-f' </dev/urandom | head -c 16)
shown=$(name 20)
written=$(name 20)
planted=$(name 20)

# counted: how often each stands in memory, in $pins $sos $showns $writtens
# $planteds
counted() {
	"$BUILD/tests/ceremony/image/tool_count" "$memory" "$pin" "$so" \
		"$shown" "$written" "$planted" >out 2>err || return
	# shellcheck disable=SC2046
	set -- $(cat out)
	pins=$1 sos=$2 showns=$3 writtens=$4 planteds=$5
}

"$BUILD/tests/card/tool_card" new card1 >out 2>err &&
	echo 'protocol t0' >card1.control && inside_begin && vm_card card1 &&
	memory=$vm/memory && inside_line="$inside_line planted=$planted" &&
	inside_start -machine memory-backend=memory -object \
	"memory-backend-file,id=memory,size=${VM_MEMORY}M,share=on,mem-path=$memory" &&
	inside_until 'test -S /run/anchorite/init'
ok 'the image starts, with memory that can be looked at'
counted && [ "$pins $sos $showns $writtens" = '0 0 0 0' ] && [ "$planteds" -gt 0 ]
ok 'what the kernel was started with is found; nothing else was said yet'

# ---- on the first console, where the menu is; it echoes -----------------------------
vm see 120 'Enter goes on' && vm type "$shown" && counted && [ "$showns" -gt 0 ]
ok 'what is typed before the menu is in memory'

# ---- in a program, that does not echo -------------------------------------------------
inside_shell && vm type "echo $written >/run/anchorite/in/file" press enter &&
	inside_until 'test -s /run/anchorite/in/file' && counted && [ "$writtens" -gt 0 ]
ok 'what is written into a file is in memory'
vm type 'clear; anchorite card init op-wanda --module opensc --no-pinpad' press enter \
	see 120 '^New SO PIN of card op-wanda.*: *$' secret "$so" press enter \
	see 60 'once more: *$' secret "$so" press enter \
	see 60 '^New PIN of card op-wanda.*: *$' secret "$pin" &&
	vm not "$pin" && counted && [ "$pins" -gt 0 ]
ok 'a PIN that is being typed is in memory, and not on the screen'
vm press enter see 60 'once more:(.|.)* once more: *$' secret "$pin" press enter \
	see 120 'op-wanda: ready and empty'
ok 'the card has it'
counted
ok "then the PIN stands there $pins times, the SO PIN $sos times"

# ---- off ------------------------------------------------------------------------------
inside '(sleep 1; /test/tool ask power-off) >/dev/null 2>&1 &' && vm gone 120 &&
	[ -s "$memory" ]
ok 'it powers itself off, and its memory is looked at'
counted && [ "$planteds" -gt 0 ]
ok 'what the kernel was started with is still found'
[ "$pins" = 0 ] && [ "$sos" = 0 ]
ok 'of the PIN and the SO PIN nothing is left'
[ "$writtens" = 0 ]
ok 'nor of the file'
[ "$showns" = 0 ]
ok 'nor of what was on the screen'
echo "1..$n"
