#!/bin/sh
# root.sh (inside the build root): what the image will have in memory, in
# /image/root, out of /image/packages (Debian's files), /image/programs and the
# files of this folder.  VERSION, COMMIT and SOURCE_DATE_EPOCH say of what.
set -eu
here=/src/ceremony/image
root=/image/root

# ---- Debian's files, but the modules -----------------------------------------
rm -rf $root
mkdir -p $root
tree=$(echo /image/packages/usr/lib/modules/*)
kernel=${tree##*/}
depmod -b /image/packages "$kernel"
mv "$tree" /image/modules
cp -a /image/packages/. $root
mkdir -p /image/boot
mv $root/boot/vmlinuz-"$kernel" /image/boot/vmlinuz
rmdir $root/boot

# ---- modules, in the order they are loaded in ----------------------------------
sh $here/modules.sh $here/modules /image/modules >/image/module-paths
to=/usr/lib/modules/$kernel
while read -r path; do
	mkdir -p "$root$to/${path%/*}"
	cp "/image/modules/$path" "$root$to/$path"
done </image/module-paths
mkdir -p $root/etc/anchorite
sed "s|^|$to/|" /image/module-paths >$root/etc/anchorite/modules

# ---- our programs ----------------------------------------------------------------
cp -a /image/programs/. $root/usr
ln -s usr/libexec/anchorite/anchorite-init $root/init
mv $root/usr/bin/busybox $root/usr/libexec/anchorite/shell

# ---- files -----------------------------------------------------------------------
cp -R $here/etc/. $root/etc
printf 'version=%s\ncommit=%s\nepoch=%s\n' "$VERSION" "$COMMIT" \
    "$SOURCE_DATE_EPOCH" >$root/etc/anchorite/release
sed 's/#.*//' $here/kernel-line |
    awk 'NF { printf "%s%s", sep, $1; sep = " " } END { print "" }' \
	>$root/etc/anchorite/kernel-line
keymaps=$root/usr/share/anchorite/keymaps
mkdir -p $keymaps
sed 's/#.*//' $here/keymaps | while read -r name source; do
	[ -n "$name" ] || continue
	loadkeys -q -b "$source" >"$keymaps/$name.bmap" || {
		echo "image: keymaps: no $source" >&2
		exit 1
	}
done
for d in proc sys dev run tmp var mnt; do
	mkdir -p $root/$d
done

# ---- what must hold --------------------------------------------------------------
for program in bin/anchorite sbin/pcscd sbin/mke2fs \
    libexec/anchorite/anchorite-init libexec/anchorite/shell; do
	[ -x $root/usr/$program ] || {
		echo "image: there is no /usr/$program" >&2
		exit 1
	}
done
sh $here/needed.sh $root
sh $here/plain.sh $root

# ---- one mode and one time for all -------------------------------------------------
find $root -type d -exec chmod 755 {} +
find $root -type f -perm /111 -exec chmod 755 {} +
find $root -type f ! -perm /111 -exec chmod 644 {} +
find $root -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
