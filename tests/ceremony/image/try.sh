#!/bin/sh
# The bootable image for people who have no hardware: try.sh [bios|uefi].  Cards,
# media, a plan and a request are made, as the boot test has them; what to type
# is said; then the machine is there, in a window, or as text on this terminal
# where there is none.  Everything goes away with it.
set -u
firmware=${1:-uefi} plans=vfat outputs=vfat
# shellcheck source-path=SCRIPTDIR source=boot.sh
. "$(dirname "$0")/boot.sh"
why=$(nothing_to_boot)
[ -z "$why" ] || {
	echo "image-try: $why" >&2
	exit 1
}
scratch try
trap 'vm_stop; chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT
made_ready || {
	cat out err >&2
	exit 1
}
# eight LINE: eight words a line
eight() {
	xargs -n 8 | sed 's/^/    /'
}
cat <<END
The image, as its first screen should say:
$("$anchorite" words "$iso" | sed 's/^/  /')
The plan of the ceremony, batch.yaml, as paper has it:
$(words_of ready/in/batch.yaml | eight)
  or, shorter to type, $(sha256sum <ready/in/batch.yaml | cut -d ' ' -f 1)
Cards are in their readers: op-alice, op-bert, op-carol, product-1.
  PINs: pin-of-alice, pin-of-bert, pin-of-carol.
Media are in: PLANS with the plan and the request, OUT for the response, two of
the state.
What to do: Enter at the first screen, Enter at the clock; then
  1, t       take batch.yaml from PLANS (Enter takes what is offered), 1, y
  3, 5       hold the ceremony; PINs at the keyboard, for this reader has no pad
  1          begin
  12         power off
END
windows=
[ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] ||
	! qemu-system-x86_64 -display help | grep -qx gtk || windows=gtk
if [ -n "$windows" ]; then
	DISPLAY_OF_VM=gtk
	echo "A window opens."
	vm_start "$firmware" "$iso"
	wait "$vm_pid"
else
	echo "This terminal is the machine's. Ctrl-] 1 and 2: its consoles; Ctrl-] q: leave."
	printf 'Enter starts it. '
	read -r _ || exit 1
	vm_start "$firmware" "$iso"
	vm live
fi
