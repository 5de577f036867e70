# shellcheck shell=sh disable=SC2034,SC2154
# For scripts that use removable media: ext4 in files, behind loop devices.
# Sourced behind lib.sh.  $media is empty where those are not permitted.
tag=$$ # in labels: other tests may have media of their own
loops=
# drop DEVICE: puts it out, if it is one of ours; numbers are used again
drop() {
	case $(losetup -n -O BACK-FILE "$1" 2>/dev/null) in
	"$dir"/*) losetup -d "$1" ;;
	esac
}
trap 'for l in $loops; do drop "$l"; done
	chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT

media=
if command -v losetup >/dev/null && truncate -s 1M probe.img &&
	probe=$(losetup -f --show probe.img 2>/dev/null); then
	losetup -d "$probe"
	# root of a container may have loop devices and not mount
	unshare -m true 2>/dev/null && media=yes
fi
rm -f probe.img
# media are the machine's, and numbered: one such script at a time
[ -z "$media" ] || { exec 9>"${TMPDIR:-/tmp}/anchorite-media.lock" && flock 9; }

# stick NAME LABEL [FOLDER]: NAME.img, ext4 of what is in the folder
stick() {
	rm -f "$1.img"
	truncate -s 16M "$1.img"
	mke2fs -q -F -t ext4 -L "$2" ${3:+-d "$3"} "$1.img" >err 2>&1
}

# attach NAME [OPTION]: puts it in; its device in $loop
attach() {
	loop=$(losetup -f --show ${2:+"$2"} "$1.img") || return 1
	loops="$loops $loop"
	echo "$loop" >"$1.loop"
}

# detach NAME: pulls it
detach() {
	drop "$(cat "$1.loop")"
}

# on NAME FILE: what stands on it, read without mounting
on() {
	debugfs -R "cat \"$2\"" "$1.img" 2>/dev/null
}

# boot_image NAME: NAME.img, an ISO 9660 volume of 100 sectors, named as the
# bootable image is
boot_image() {
	{
		head -c 32768 /dev/zero
		printf '\001CD001\001\000%32s%-32s' '' ANCHORITE_IMAGE
		printf '\0\0\0\0\0\0\0\0\144\0\0\0\0\0\0\144'
		head -c 40 /dev/zero
		printf '\000\010\010\000'
		head -c 1916 /dev/zero
		yes octets | head -c 169984
	} >"$1.img" && truncate -s 1M "$1.img"
}
