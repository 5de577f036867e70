# shellcheck shell=sh
# Media as images, written and read without mounting them, for scripts that
# source this: no right is needed, and no file system of the kernel.
#
#   stick_ext4 IMAGE FOLDER    a state medium of what is in the folder
#   stick_vfat IMAGE [FILE...] and so on, each with these files on it
#   files_of_vfat IMAGE        the names on it, one a line, sorted
#   file_of_vfat IMAGE FILE    its octets
STICK_SIZE=16M
PARTITION=2048 # sectors before a partition

# as `anchorite media prepare` makes them
stick_ext4() {
	truncate -s $STICK_SIZE "$1" && mke2fs -q -F -t ext4 -m 0 -e remount-ro \
		-E lazy_itable_init=0,lazy_journal_init=0,nodiscard \
		-L ANCHORITE -d "$2" "$1" >/dev/null
}

stick_vfat() {
	image=$1
	shift
	truncate -s $STICK_SIZE "$image" && mkfs.vfat -n PLANS "$image" >/dev/null &&
		{ [ $# = 0 ] || mcopy -i "$image" "$@" ::/; }
}

stick_exfat() { # without files: nothing writes them without mounting it
	truncate -s $STICK_SIZE "$1" && mkfs.exfat -L OUT "$1" >/dev/null
}

stick_iso9660() {
	image=$1
	shift
	xorriso -as mkisofs -quiet -V PLANS -R -o "$image" "$@" 2>/dev/null
}

# one partition, vfat, to the end: an MBR has its table at 446 and 55 AA at 510
stick_partitioned() {
	truncate -s $STICK_SIZE "$1" && {
		printf '\0\0\0\0\014\0\0\0\0\010\0\0\0\170\0\0'
	} | dd of="$1" bs=1 seek=446 conv=notrunc 2>/dev/null &&
		printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc \
			2>/dev/null && mkfs.vfat -n OUT --offset $PARTITION "$1" \
		15360 >/dev/null
}

files_of_vfat() {
	mdir -b -i "$1" ::/ | sed 's|^::/||' | sort
}
file_of_vfat() {
	mtype -i "$1" "::/$2"
}
files_of_partitioned() {
	files_of_vfat "$1@@$((PARTITION * 512))"
}
file_of_partitioned() {
	file_of_vfat "$1@@$((PARTITION * 512))" "$2"
}
files_of_exfat() {
	fls -f exfat -F -u "$1" | sed -n 's|^r/r [0-9]*:	||p' | grep -v -e '^\$' \
		-e '(Volume Label Entry)$' | sort
}
file_of_exfat() {
	inode=$(fls -f exfat -F -u "$1" | sed -n "s|^r/r \([0-9]*\):	$2\$|\1|p")
	icat -f exfat "$1" "$inode"
}

# folder_of_ext4 IMAGE FOLDER: what is in anchorite-state, copied
folder_of_ext4() {
	mkdir -p "$2" && debugfs -R "rdump /anchorite-state $2" "$1" 2>/dev/null
}
