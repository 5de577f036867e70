#!/bin/sh
# initrd.sh (inside the build root): /image/root as one archive that the kernel
# unpacks into memory, /image/boot/initrd.  The same files give the same octets.
set -eu
# the number of threads shapes the output
readonly level=10 threads=2
cd /image/root
find . -print0 | LC_ALL=C sort -z |
    cpio --null --create --format=newc --reproducible --owner=+0:+0 --quiet \
	>/image/root.cpio
zstd -q -f -$level -T$threads --check /image/root.cpio -o /image/boot/initrd
rm /image/root.cpio
