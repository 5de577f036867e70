#!/bin/sh
# A ceremony on the bootable image whose request came by a camera, and on no
# medium: it is shown as a film of QR codes, somebody at the menu has it read
# into memory, and the batch is signed from there.  The camera is the kernel's
# virtual one: its modules, which the image does not have, come from the package
# that the image's own come from.
# shellcheck disable=SC2016,SC2034,SC2119,SC2154 # for the guest to expand; boot.sh
set -u
firmware=camera plans=vfat outputs=exfat carried=batch.yaml
# shellcheck source-path=SCRIPTDIR source=boot.sh
. "$(dirname "$0")/boot.sh"
# shellcheck source-path=SCRIPTDIR source=inside.sh
. "$here/inside.sh"
digest=$(awk '$2 ~ /^linux-image-[0-9]/ { print $5 }' \
	"$repo/ceremony/image/packages.lock")
deb=${IMAGE_CACHE:-$repo/build/image/cache}/$digest.deb
case $deb in /*) ;; *) deb=$PWD/$deb ;; esac

nothing_to_see() {
	why=$(nothing_to_boot)
	[ -n "$why" ] || why=$(inside_needs dpkg-deb)
	[ -n "$why" ] || [ -f "$deb" ] ||
		why='the kernel of the image is not in IMAGE_CACHE, make image-packages fetches it'
	echo "$why"
}

# the modules of the virtual camera, in the order of loading, into the guest
camera_modules() {
	mkdir kernel && dpkg-deb --fsys-tarfile "$deb" | tar -C kernel -x \
		--wildcards './lib/modules/*/kernel/drivers/media/*' \
		'./lib/modules/*/modules.*' || return
	tree=$(echo kernel/lib/modules/*)
	busybox depmod -b kernel "${tree##*/}" &&
		echo 'vivid the camera of a test' >list &&
		sh "$repo/ceremony/image/modules.sh" list "$tree" >paths &&
		[ -s paths ] && mkdir "$add/modules" || return
	while read -r path; do
		cp "$tree/$path" "$add/modules" || return
		echo "insmod /test/modules/${path##*/}"
	done <paths >"$add/before"
	# a camera that sees what is put out, node 0, and the output, node 1
	sed -i '/vivid/s/$/ n_devs=1 node_types=0x101 num_inputs=1 input_types=3 num_outputs=1 output_types=1 vid_cap_nr=0 vid_out_nr=1/' "$add/before"
}

# the request as a film, and on no medium
film_made() {
	run 0 "$factory" qr show ready/in/line3.request --png film &&
		run 0 "$BUILD/tests/ceremony/qr/tool_photo" mild 1 film.grey film/*.png &&
		note "$(find film -name '*.png' | wc -l) pictures, $(wc -c <ready/in/line3.request) octets" &&
		files_of_vfat "$vm/plans.img" >out && [ "$(cat out)" = batch.yaml ]
}

camera_made() {
	inside_begin && camera_modules && cp film.grey "$add/film.grey" &&
		cp "$BUILD/tests/ceremony/image/tool_feed" "$add/feed" &&
		cp "$iso" "$vm/boot.iso" && vm_medium "$vm/boot.iso" BOOT0001
}

power_on() {
	inside_start
}

film_shown() {
	inside_until 'test -c /dev/video0 && test -c /dev/video1' &&
		inside '/test/feed /test/film.grey /dev/video0 /dev/video1 >/run/feed 2>&1 &' &&
		inside_until 'grep -q rolling /run/feed || ! cat /run/feed' &&
		inside 'grep -q rolling /run/feed'
}

# node 1 gives no pictures: there is one camera, and nobody is asked which
request_scanned() {
	menu 'MAIN MENU' 7 && menu 'QR CODES' 2 &&
		vm asked $SHORT '^Type a number, then Enter: *$' \
			see 5 '1  camera /dev/video0' not 'video1' &&
		shot camera && answer 2 &&
		vm asked $SHORT '^A name for the file' && shot name &&
		begin=$(date +%s) && vm type line3.request press enter \
			see $LONG ' of [0-9]+ parts|^-- anchorite qr: done' && shot reading &&
		vm see $LONG '^-- anchorite qr: done' &&
		note "$(($(date +%s) - begin)) s to read it from the camera"
}

words_told() {
	vm asked $SHORT '^Enter goes on\. *$' \
		see 5 "^/run/anchorite/in/line3.request: $(wc -c <ready/in/line3.request) octets, SHA-256:\$" \
		see 5 "$(words_of ready/in/line3.request)" && shot read &&
		inside 'sha256sum </run/anchorite/in/line3.request' &&
		[ "$(cut -d ' ' -f 1 out)" = "$(sha256sum <ready/in/line3.request | cut -d ' ' -f 1)" ]
}

nothing_wrong() {
	inside 'dmesg | grep -e BUG: -e Oops; true' && [ ! -s out ] &&
		vm press enter && menu 'QR CODES' 0
}

held_from_memory() {
	menu 'HOLD THE CEREMONY' 3 &&
		vm see $SHORT '^ *Inputs +files in memory: 1 in /run/anchorite/in$' &&
		shot memory && menu 'HOLD THE CEREMONY' 1
}

begun "$(nothing_to_see)" || exit 0
step made_ready "cards, a log on two media, a plan on $plans, a request"
step film_made "which is a film of QR codes, and on no medium"
step camera_made "a camera"
step started "the image starts with it"
step image_shown "its medium is read back: the words of the image"
step clock_confirmed "the clock is confirmed"
step film_shown "the film is before the camera"
step request_scanned "somebody at the menu has it read into memory"
step words_told "in the words that the host says"
step nothing_wrong "nothing was wrong"
step plan_taken "a plan is taken from its medium"
step plan_chosen "and chosen, by its words"
step pins_at_keyboard "PINs are to be typed at the keyboard"
step held_from_memory "the ceremony begins, with the request in memory"
signed_and_judged
