#!/bin/sh
# Media made and read without mounting them hold what they should.
set -u
BUILD=${BUILD:?}
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=sticks.sh
. "$here/sticks.sh"
# shellcheck source=tests/tap.sh
. "$here/../../tap.sh"
for tool in mke2fs debugfs mkfs.vfat mkfs.exfat mcopy xorriso fls; do
	command -v $tool >/dev/null || {
		skip "sticks" "no $tool here"
		echo "1..$n"
		exit 0
	}
done
scratch sticks
echo one >one.txt
head -c 100000 /dev/urandom >two.bin

stick_vfat v.img one.txt two.bin && files_of_vfat v.img >out &&
	printf 'one.txt\ntwo.bin\n' | cmp - out && file_of_vfat v.img two.bin | cmp - two.bin
ok "vfat"
stick_partitioned p.img && mcopy -i "p.img@@1048576" one.txt two.bin ::/ &&
	files_of_partitioned p.img >out && printf 'one.txt\ntwo.bin\n' | cmp - out &&
	file_of_partitioned p.img two.bin | cmp - two.bin &&
	run 1 mdir -b -i p.img ::/
ok "a partition with vfat, and none without"
stick_exfat x.img && files_of_exfat x.img >out && [ ! -s out ] &&
	fsck.exfat -n x.img >out 2>&1
ok "exfat, empty"
stick_iso9660 i.img one.txt two.bin && xorriso -osirrox on -indev i.img \
	-extract / iso >out 2>err && cmp iso/two.bin two.bin
ok "iso9660"
mkdir -p s/anchorite-state/objects && cp two.bin s/anchorite-state/objects &&
	stick_ext4 e.img s && folder_of_ext4 e.img back >out 2>err &&
	cmp back/anchorite-state/objects/two.bin two.bin
ok "ext4, with a folder"
dumpe2fs -h e.img >out 2>err && grep -q 'volume name: *ANCHORITE' out &&
	grep -q 'Errors behavior: *Remount read-only' out
ok "it is as a state medium is made"
echo "1..$n"
