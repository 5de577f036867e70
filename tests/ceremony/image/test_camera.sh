#!/bin/sh
# TAP: a file that is shown to the image as a film of QR codes is taken whole.
# The camera is the kernel's virtual one: its modules, which the image does not
# have, come from the package that the image's own come from.
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
digest=$(awk '$2 ~ /^linux-image-[0-9]/ { print $5 }' \
	"$repo/ceremony/image/packages.lock")
deb=${IMAGE_CACHE:-$repo/build/image/cache}/$digest.deb
why=$(inside_needs dpkg-deb)
[ -n "$why" ] || [ -f "$deb" ] ||
	why='the kernel of the image is not in IMAGE_CACHE, make image-packages fetches it'
[ -z "$why" ] || {
	skip 'the camera of the image' "$why"
	echo "1..$n"
	exit 0
}
case $deb in /*) ;; *) deb=$PWD/$deb ;; esac
scratch camera
screens=$BUILD/image/screens/camera
trap 'vm_stop; chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT
OCTETS=6000

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

head -c $OCTETS /dev/urandom >request &&
	run 0 "$BUILD/bin/anchorite-factory" qr show request --png film &&
	run 0 "$BUILD/tests/ceremony/qr/tool_photo" mild 1 film.grey film/*.png
ok 'a film'
inside_begin && camera_modules && cp film.grey "$add/film.grey" &&
	cp "$BUILD/tests/ceremony/image/tool_feed" "$add/feed"
ok 'a camera'
inside_start && inside_until 'test -S /run/anchorite/init' &&
	inside_until 'test -c /dev/video0 && test -c /dev/video1'
ok 'the image starts with it'
inside '/test/feed /test/film.grey /dev/video0 /dev/video1 >/run/feed 2>&1 &' &&
	inside_until 'grep -q rolling /run/feed || ! cat /run/feed'
ok 'the film is before it'
inside_shell && vm type 'clear; anchorite qr scan /dev/video0 --out /run/anchorite/in/request' \
	press enter
ok 'somebody has it read'
inside_until 'test -s /run/anchorite/in/request' &&
	inside 'sha256sum </run/anchorite/in/request' &&
	[ "$(cut -d ' ' -f 1 out)" = "$(sha256sum <request | cut -d ' ' -f 1)" ]
ok 'it is taken whole'
run 0 "$BUILD/bin/anchorite" words request &&
	words=$(sed -n '2,$p' out | tr -s ' \n' ' ' | sed 's/^ //; s/ $//') &&
	[ "$(echo "$words" | wc -w)" = 32 ] && vm see 60 "$words"
ok 'and the screen says it in the words that the host says'
mkdir -p "$screens" && shot scanned
ok 'a picture of it is kept'
inside 'grep -c . /proc/1/status >/dev/null; dmesg | grep -e BUG: -e Oops; true' &&
	[ ! -s out ]
ok 'nothing was wrong'
echo "1..$n"
