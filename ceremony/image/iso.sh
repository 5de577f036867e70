#!/bin/sh
# iso.sh (inside the build root): /image/image.iso, which BIOS and UEFI start
# from a disc or from a stick, out of /image/boot.  The boot loader reads its
# few lines from itself: it has no menu, no command line and no file of its own
# on the medium, and looks at no other medium.
set -eu
here=/src/ceremony/image
iso=/image/image.iso
grub=/usr/lib/grub
line=$(cat /image/root/etc/anchorite/kernel-line)

# config NAME: grub-NAME.cfg filled in
config() {
	sed "s|@LINE@|$line|; s|@VERSION@|$VERSION|
	    s|@COMMIT@|$COMMIT|" "$here/grub-$1.cfg" >"/image/grub-$1.cfg"
}

config bios
config uefi
# shared by both: what a config may say
words='iso9660 linux echo sleep halt all_video video'
# shellcheck disable=SC2086 # words on purpose
grub-mkimage -O i386-pc-eltorito -d $grub/i386-pc -p /boot/grub \
    -c /image/grub-bios.cfg -o /image/boot/bios.img \
    biosdisk part_msdos vbe vga video_fb $words
mkdir -p /image/esp
# shellcheck disable=SC2086
grub-mkimage -O x86_64-efi -d $grub/x86_64-efi -p /boot/grub \
    -c /image/grub-uefi.cfg -o /image/esp/bootx64.efi \
    part_msdos part_gpt fat regexp efi_gop efi_uga $words
touch -d "@$SOURCE_DATE_EPOCH" /image/esp/bootx64.efi
mkfs.vfat -C --invariant -i 414E4348 -n ANCHOR_BOOT /image/boot/efi.img 1440 \
    >/dev/null
mmd -i /image/boot/efi.img ::/EFI ::/EFI/BOOT
mcopy -m -i /image/boot/efi.img /image/esp/bootx64.efi \
    ::/EFI/BOOT/BOOTX64.EFI

mkdir -p /image/iso
mv /image/boot /image/iso/boot
cp /image/root/etc/anchorite/release /image/iso/release
find /image/iso -type d -exec chmod 755 {} +
find /image/iso -type f -exec chmod 644 {} +
find /image/iso -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
xorriso -no_rc -as mkisofs -quiet -o $iso \
    -V ANCHORITE_IMAGE -R -uid 0 -gid 0 -no-pad \
    -b boot/bios.img -no-emul-boot -boot-load-size 4 -boot-info-table \
    --grub2-boot-info --grub2-mbr $grub/i386-pc/boot_hybrid.img \
    --protective-msdos-label --mbr-force-bootable \
    -eltorito-alt-boot -efi-boot-part --efi-boot-image -e boot/efi.img \
    -no-emul-boot \
    /image/iso >/image/xorriso.log 2>&1 || {
	cat /image/xorriso.log >&2
	exit 1
}

# the medium says itself how long it is (ECMA-119, 8.4.8), so that it can be
# read back whole
blocks=$(od -An -tu4 -j $((16 * 2048 + 80)) -N 4 $iso)
[ $((blocks * 2048)) = "$(stat -c %s $iso)" ] || {
	echo "image: the volume has $blocks blocks, the file" \
	    "$(stat -c %s $iso) octets" >&2
	exit 1
}
