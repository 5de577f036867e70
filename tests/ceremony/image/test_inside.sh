#!/bin/sh
# TAP: what cannot be seen on the image's screen: devices, networks, modules,
# files, sockets, processes and their limits, and what is plugged in later.
# shellcheck disable=SC2016,SC2119,SC2154 # for the guest to expand; tap.sh and vm.sh
set -u
BUILD=${BUILD:?}
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
here=$repo/tests/ceremony/image
# shellcheck source=tests/tap.sh
. "$repo/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR source=vm.sh
. "$here/vm.sh"
# shellcheck source-path=SCRIPTDIR source=sticks.sh
. "$here/sticks.sh"
# shellcheck source-path=SCRIPTDIR source=inside.sh
. "$here/inside.sh"
why=$(inside_needs mkfs.vfat mcopy zstd)
[ -z "$why" ] || {
	skip 'inside of the image' "$why"
	echo "1..$n"
	exit 0
}
scratch inside
trap 'vm_stop; chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT

# lines WORD...: the output has these, one a line, and no other
lines() {
	[ $# = 0 ] || printf '%s\n' "$@" >want
	[ $# != 0 ] || : >want
	sort -o out out && sort want | cmp -s - out && return
	{ echo 'wanted:' && cat want; } >>err
	return 1
}

# plugged ID LINE: QEMU plugs it in, and the guest has seen it; unplugged ID
plugged() {
	vm tell "device_add $2,id=$1" >>out 2>err
}
unplugged() {
	vm tell "device_del $1" >>out 2>err
}

# refused TEXT: it is written where people are told of it
refused() {
	inside_until "grep -q '$1' /run/anchorite/refused" &&
		inside 'cat /run/anchorite/refused' && says out "$2"
}

# ---- the machine: what it has, and what must not be seen of it -------------------
"$BUILD/tests/card/tool_card" new card1 >out 2>err &&
	"$BUILD/tests/card/tool_card" new card2 >>out 2>>err &&
	echo 'protocol t0' >card1.control && echo 'protocol t0' >card2.control &&
	inside_begin && stick_vfat "$vm/stick.img" && stick_vfat "$vm/late.img" &&
	stick_vfat "$vm/disk.img" && mkdir "$vm/phone" &&
	cp "$vm/disk.img" "$vm/nvme.img" && cp "$vm/disk.img" "$vm/virtio.img" &&
	cp "$vm/disk.img" "$vm/sdcard.img" &&
	cp "$iso" "$vm/boot.img" && sha256sum "$vm"/*.img >before &&
	vm_medium "$vm/boot.img" BOOT0001 && vm_medium "$vm/stick.img" STICK001 && vm_card card1 &&
	vm_disk "$vm/disk.img" && vm_networks
ok 'a machine with everything in it'
inside_start \
	-device usb-kbd,bus=usb.0 -device usb-mouse,bus=usb.0 \
	-chardev null,id=nothing -device usb-serial,bus=usb.0,chardev=nothing,always-plugged=on \
	-drive "if=none,id=nvme,format=raw,file=$vm/nvme.img" \
	-device nvme,drive=nvme,serial=NVME0001 \
	-drive "if=none,id=virtio,format=raw,file=$vm/virtio.img" \
	-device virtio-blk-pci,drive=virtio \
	-device sdhci-pci -drive "if=none,id=sd,format=raw,file=$vm/sdcard.img" \
	-device sd-card,drive=sd -device virtio-serial-pci -device virtio-balloon-pci \
	-drive "if=none,id=late,format=raw,file=$vm/late.img" \
	-chardev "socket,path=$vm/late,server=on,wait=off,id=late" \
	-audiodev none,id=sound -netdev user,id=late,restrict=on &&
	inside_until 'dmesg | grep -q "anchorite-init: ready"'
ok 'the kernel and the initrd of the image start, as they are'
inside_until 'test -S /run/pcscd/pcscd.comm && test -S /run/anchorite/witness &&
	[ $(ls -l /proc/[0-9]*/exe | grep -c /usr/bin/anchorite) = 2 ]'
ok 'its programs run'

# ---- networks ---------------------------------------------------------------------
inside 'cat /sys/bus/pci/devices/*/class | cut -c 1-6 | sort' &&
	[ "$(grep -c 0x0200 out)" = 2 ] && grep -q 0x0106 out && grep -q 0x0108 out &&
	grep -q 0x0100 out && grep -q 0x0805 out
ok 'the kernel sees two network cards, and four controllers of disks'
inside 'ls -1 /sys/class/net' && lines lo &&
	inside 'cat /sys/class/net/lo/flags' && lines 0x8
ok 'but no network interface, only lo, which is down'
inside 'ls -d /sys/class/bluetooth/* /sys/class/ieee80211/* /sys/class/rfkill/*
	/sys/class/tty/ttyUSB* /sys/class/tty/ttyACM* /sys/class/wwan/*
	/sys/bus/thunderbolt /sys/bus/firewire 2>/dev/null | grep .'
[ $? = 1 ]
ok 'no Bluetooth, wireless, modem, Thunderbolt, FireWire'
inside 'for t in tcp udp raw icmp packet; do
	[ ! -e /proc/net/$t ] || sed -n "2,\$p" /proc/net/$t; done' && lines
ok 'no socket of any network'
inside 'awk "\$4 == \"00010000\" { print \$8 }" /proc/net/unix | sort' &&
	lines /run/anchorite/init /run/anchorite/witness /run/pcscd/pcscd.comm
ok 'three sockets are listened at: of pcscd, of init, of the witness'

# ---- disks ------------------------------------------------------------------------
inside 'for d in /sys/block/*; do readlink -f $d; done' &&
	[ -s out ] && ! grep -v /usb out
ok 'no disk but those on USB'
inside 'sed -n "2,\$p" /proc/swaps; cat /sys/power/state | grep -w disk;
	cat /sys/power/disk' && lines '[disabled]'
ok 'no swap, no hibernation'

# ---- the kernel -------------------------------------------------------------------
inside 'cat /sys/kernel/security/lockdown' && says out '[confidentiality]'
ok 'lockdown'
inside 'cat /proc/cmdline' &&
	(for word in init_on_alloc=1 init_on_free=1 module.sig_enforce=1 \
		debugfs=off nohibernate ipv6.disable=1; do
		grep -qw -e "$word" out || exit 1
	done)
ok 'memory is cleared, as the kernel was told'
zstd -dc "$vm/boot/initrd" 2>err | cpio -i --quiet --to-stdout \
	etc/anchorite/kernel-line >out 2>>err && lines "$inside_line"
ok 'the boot loader says what the image says, word for word'
inside 'cat /proc/sys/kernel/tainted' && lines 0
ok 'the kernel has nothing in it that is not its own'
inside 'cd /proc/sys && for f in kernel/modules_disabled
	kernel/kexec_load_disabled kernel/sysrq kernel/yama/ptrace_scope
	kernel/core_pattern kernel/dmesg_restrict kernel/kptr_restrict
	kernel/modprobe fs/suid_dumpable user/max_user_namespaces
	kernel/unprivileged_bpf_disabled; do echo "$f $(cat $f)"; done' &&
	sort out -o out && lines 'kernel/modules_disabled 1' \
	'kernel/kexec_load_disabled 1' 'kernel/sysrq 0' \
	'kernel/yama/ptrace_scope 3' 'kernel/core_pattern /dev/null/none' \
	'kernel/dmesg_restrict 1' 'kernel/kptr_restrict 2' 'kernel/modprobe ' \
	'fs/suid_dumpable 0' 'user/max_user_namespaces 0' \
	'kernel/unprivileged_bpf_disabled 1'
ok 'its settings'
inside 'cut -d " " -f 1 /proc/modules' && sort out >loaded && [ -s loaded ] &&
	xorriso -osirrox on -indev "$iso" -extract /boot/initrd initrd >out 2>&1 &&
	zstd -dc initrd | cpio -i --quiet --to-stdout etc/anchorite/modules \
		>listed 2>err && sed 's|.*/||; s|\.ko$||; s|-|_|g' listed | sort >names &&
	comm -23 loaded names >out && lines
ok 'no module but those of the list'
sed 's/#.*//' "$repo/ceremony/image/modules" | awk '$1 == "deny" { print $2 }' \
	>denied && [ -s denied ] && sed 's|.*/\(kernel/.*\)|\1|' listed >paths &&
	! grep -F -f denied paths >out
ok 'and the list has nothing of what must not be'
inside 'for m in $(cut -d " " -f 1 /proc/modules); do
	[ -n "$(ls /sys/module/$m/holders)" ] || echo $m; done' &&
	sed 's/#.*//; /^deny/d' "$repo/ceremony/image/modules" |
	awk 'NF { print $1 }' | sort >asked && sort out >users && comm -23 users asked >out && lines
ok 'each is there for a reason that is written down, or needed by one that is'
file=$(grep '/isofs.ko$' listed)
inside "/test/tool module $file" && lines EPERM
ok 'no module can be loaded, by root, with no filter'
inside 'mount -t debugfs debugfs /mnt 2>&1; mount | grep -c debugfs; true' &&
	grep -qx 0 out
ok 'no debugfs'
inside 'dd if=/dev/mem bs=4096 count=1 2>&1; dd if=/proc/kcore bs=1 count=1 2>&1; true' &&
	[ "$(grep -c 'not permitted' out)" = 2 ]
ok 'nobody reads memory of the kernel, root with no filter neither'

# ---- file systems -----------------------------------------------------------------
inside 'cut -d " " -f 2-4 /proc/mounts | sed "s/,relatime//; s/,size=[^,]*//;
	s/,nr_inodes=[^,]*//; s/,inode64//; s/,mode=[0-9]*//; s/,gid=[0-9]*//" | sort' &&
	lines '/ rootfs ro' '/proc proc rw,nosuid,nodev,noexec,hidepid=invisible' \
	'/proc/sys proc ro,nosuid,nodev,noexec,hidepid=invisible' \
	'/proc/sysrq-trigger proc ro,nosuid,nodev,noexec,hidepid=invisible' \
	'/sys/kernel/security securityfs rw,nosuid,nodev,noexec' \
	'/sys sysfs rw,nosuid,nodev,noexec' \
	'/dev devtmpfs rw,nosuid,noexec' '/dev/pts devpts rw,nosuid,noexec,ptmxmode=600' \
	'/run tmpfs rw,nosuid,nodev,noexec' '/tmp tmpfs rw,nosuid,nodev,noexec' \
	'/var tmpfs rw,nosuid,nodev,noexec'
ok 'nothing is mounted but memory, and nothing runs from where is written'
inside 'touch /x 2>&1; touch /usr/bin/x 2>&1; true' &&
	[ "$(grep -c 'Read-only' out)" = 2 ]
ok 'the root cannot be written'
inside 'cp /test/busybox /run/x; /run/x true 2>&1; s=$?; rm /run/x; exit $s'
[ $? = 126 ]
ok 'what is written does not run'
inside 'find / -xdev -path /test -prune -o \( -perm -4000 -o -perm -2000 \) -print;
	find /run /tmp /var /dev -perm -4000 -print' && lines
ok 'no file is setuid or setgid'
inside 'find / -xdev -path /test -prune -o ! -type l ! -perm -1000
	\( -perm -20 -o -perm -2 \) -print; find /run /var ! -type s ! -type l -perm -2 -print;
	find /tmp ! -type l -perm -2 ! -perm -1000 -print' && lines
ok 'no file can be written by others than its owner'
inside 'find /bin/ /sbin/ /usr/local/ -type f -perm -111 2>/dev/null | sort' &&
	lines /bin/anchorite /bin/anchorite-audit /sbin/mke2fs /sbin/pcscd
ok 'four programs that can be called, and no shell'

# ---- processes --------------------------------------------------------------------
# but for those that look
each='for p in /proc/[0-9]*; do exe=$(readlink $p/exe) || continue;
	case $exe in ""|/test/*) continue ;; esac;'
inside "$each"' echo "$exe $(awk "/^Uid/ { print \$2, \$3, \$4 }" $p/status)"; done |
	sort' && lines '/usr/bin/anchorite 0 0 0' '/usr/bin/anchorite 0 0 0' \
	'/usr/libexec/anchorite/anchorite-init 0 0 0' '/usr/sbin/pcscd 100 100 100'
ok 'init, menu, witness, and pcscd as its own user'
inside "$each"' awk "/^(NoNewPrivs|Seccomp):/ { print \$1, \$2 }" $p/status;
	done | sort | uniq -c | sed "s/^ *//"' &&
	lines '4 NoNewPrivs: 1' '4 Seccomp: 2'
ok 'all of them with the filter, and without new privileges'
inside "$each"' case $exe in *pcscd) cat $p/status ;; esac; done |
	awk "/^Cap(Prm|Eff|Inh|Amb)/ { print \$2 }" | sort -u' &&
	lines 0000000000000000
ok 'pcscd with no capability'
# NET_ADMIN NET_RAW SYS_MODULE SYS_RAWIO SYS_PTRACE SYS_BOOT MKNOD MAC_OVERRIDE
# MAC_ADMIN SYSLOG PERFMON BPF CHECKPOINT_RESTORE
never=$((1 << 12 | 1 << 13 | 1 << 16 | 1 << 17 | 1 << 19 | 1 << 22 | 1 << 27 |
	1 << 32 | 1 << 33 | 1 << 34 | 1 << 38 | 1 << 39 | 1 << 40))
inside "$each"' case $exe in */anchorite) awk "/^CapBnd/ { print \$2 }" $p/status ;;
	esac; done' && [ "$(wc -l <out)" = 2 ] && (while read -r bound; do
	[ $((0x$bound & never)) = 0 ] || exit 1
done <out)
ok 'what no program can have: network, modules, ports, memory, the end, devices'
inside "$each"' for f in $p/fd/*; do readlink $f; done; done |
	grep -v -e ^/dev/ -e ^socket: -e ^anon_inode: -e ^pipe:; true' && lines
ok 'no file is open'

# ---- in the shell that a plan can ask for: bound like every program ----------------
inside 'ls -l /proc/[0-9]*/exe; /test/tool sockets | grep -x "made 2.0";
	/test/tool calls' && says out 'made 2.0' && ! says out 'keyctl EPERM' && ! says out anchorite/shell &&
	! says out 'io_uring_setup EPERM'
ok 'without the filter there would be sockets of networks; no shell runs'
inside_shell
ok 'the image opens its shell'
over_console '/test/tool sockets' && lines 'made 1.0' 'made 16.15' 'other 0' \
	'refused 93'
ok 'sockets within the machine, and of the kernel'\''s word of devices; no other'
over_console '/test/tool calls' && [ -s out ] && ! grep -v ' EPERM$' out
ok 'no module, no other kernel, no other process'\''s memory, no key in the kernel'
over_console '/test/bin/mount -o remount,rw /; /test/bin/mount -t tmpfs t /mnt;
	echo 1 >/proc/sys/kernel/sysrq; echo h >/proc/sysrq-trigger; true' &&
	[ "$(grep -c -e 'not permitted' -e 'denied' -e 'Read-only' out)" = 4 ] &&
	inside 'grep -c . /proc/mounts; cat /proc/sys/kernel/sysrq' && lines 11 0
ok 'nothing can be mounted, no setting changed'
over_console '/test/tool old' && lines 'i386 signal 31' 'x32 signal 31'
ok 'no calls of other architectures'
over_console 'umount /proc/sys; echo "|/x" >/proc/sys/kernel/core_pattern'
[ $? = 1 ] && says out 'Operation not permitted' && says out 'Read-only file system'
ok 'the kernel starts no program for it, which would outlive it'
over_console '/usr/bin/anchorite card list opensc' && says out 'blank'
ok 'the card in the reader is seen'
# somebody in its room whose parent does not take note of its end
inside 'for p in /proc/[0-9]*; do case $(readlink $p/exe) in
	*anchorite/shell) echo ${p#/proc/} >/run/shell ;; esac; done;
	nsenter -t $(cat /run/shell) -p /test/bin/sleep 1000 >/dev/null 2>&1 & echo $! >/run/enters' &&
	inside_until 'e=$(cat /run/enters); grep . /proc/$e/task/$e/children >/run/sleeps' &&
	inside 'kill -STOP $(cat /run/enters); kill $(cat /run/holds)' &&
	inside_until 'grep -q "^State:.Z" /proc/$(cat /run/sleeps | tr -d " ")/status' &&
	inside '/test/tool ask nothing; kill -0 $(cat /run/shell)' &&
	lines 'no: not a word that init knows' &&
	inside 'kill -CONT $(cat /run/enters); rm /run/shell /run/enters /run/sleeps /run/holds'
ok 'init serves while a shell takes long to end'
inside_until "dmesg | grep -q 'the shell is closed'" && vm press alt-f1
ok 'the shell is gone with who asked for it'

# ---- keys -------------------------------------------------------------------------
# Show_Registers, Show_Memory, Show_State, Scroll_Lock, Boot, SAK, KeyboardSignal
inside 'dumpkmap </dev/tty1 | tail -c +264 | od -An -v -t x2 | tr -s " " "\n" |
	sort | uniq -c | sort -n' && says out ' 0200' && says out ' 0201' &&
	! grep -e ' 020[2349cf]$' -e ' 0212$' out
ok 'no key restarts the machine, shows its memory or holds a screen'
vm see 120 'Enter goes on' press ctrl-s press scroll_lock press ctrl-u press enter see 60 '^CLOCK$'
ok 'nor does Ctrl-S'

# ---- what is plugged in ------------------------------------------------------------
inside 'cat /run/anchorite/refused' && says out 'QEMU USB Mouse' &&
	says out 'QEMU USB SERIAL' && says out 'USB Network' && [ "$(wc -l <out)" = 3 ]
ok 'at the start: mouse, modem and network are refused, and people are told'
inside_ask booted
ok 'the clock is confirmed'
plugged kbd usb-kbd,bus=usb.0 && refused keyboard 'it came after the start' &&
	unplugged kbd # which has the keys now
ok 'another keyboard is refused'
plugged tablet usb-tablet,bus=usb.0 && refused Tablet Tablet
ok 'a tablet is refused'
plugged net usb-net,bus=usb.0,netdev=late && inside_until \
	'[ $(grep -c "USB Network" /run/anchorite/refused) = 2 ]' &&
	inside 'ls -1 /sys/class/net' && lines lo
ok 'a network card is refused'
plugged audio usb-audio,bus=usb.0,audiodev=sound && refused Audio Audio &&
	inside 'ls /proc/asound /sys/class/sound 2>/dev/null | grep -c .'
[ "$(cat out)" = 0 ]
ok 'a sound card is refused'
plugged phone "usb-mtp,bus=usb.0,rootdir=$vm/phone" && refused filesharing 'still camera'
ok 'a phone is refused'
plugged mouse usb-mouse,bus=usb.0 && inside_until \
	'[ $(grep -c "USB Mouse" /run/anchorite/refused) = 2 ]'
ok 'a mouse is refused'
inside 'for i in /sys/class/input/input*/name; do cat $i; done' &&
	! grep -e Mouse -e Tablet out && [ "$(grep -c 'USB Keyboard' out)" = 1 ]
ok 'none of them gave an input device'
inside 'ls /sys/block | wc -l' && disks=$(cat out)
plugged stick usb-storage,bus=usb.0,drive=late,serial=LATE0001 &&
	inside_until "[ \$(ls /sys/block | wc -l) = $((disks + 1)) ]"
ok 'a stick is taken'
inside 'grep -c /dev/sd /proc/mounts'
[ "$(cat out)" = 0 ]
ok 'and not mounted'
plugged reader usb-ccid,bus=usb.0 &&
	plugged card ccid-card-passthru,chardev=late,bus=reader.0
ok 'a card reader is plugged in'
# what a card says before its reader is there is lost
"$BUILD/tests/card/tool_card" passthru "$vm/late" card2 >>"$vm/cards.log" \
	2>&1 </dev/null &
vm_pids="$vm_pids $!"
inside_shell && for _ in 1 2 3 4 5 6 7 8 9 10; do
	over_console '/usr/bin/anchorite card list opensc' || break
	[ "$(grep -c ' blank ' out)" -lt 2 ] || break
done && [ "$(grep -c ' blank ' out)" = 2 ]
ok 'it is taken, and the card in it seen'
inside_shell_closed && vm press alt-f1
unplugged reader && unplugged stick &&
	inside_until "[ \$(ls /sys/block | wc -l) = $disks ]"
ok 'both are let go'

# ---- the end -----------------------------------------------------------------------
inside 'dmesg | grep -e "not fit" -e BUG: -e "Call Trace" -e Oops'
[ $? = 1 ]
ok 'nothing was wrong'
vm press ctrl-s press scroll_lock
inside '(sleep 1; /test/tool ask power-off) >/dev/null 2>&1 &' && vm gone 120
ok 'it powers itself off, whatever was pressed to hold the screen'
vm_sent >out && lines 0
ok 'no octet went to a network'
sha256sum -c before >out 2>err
ok 'no medium was written to, nor a disk'

# ---- a word more ---------------------------------------------------------------------
vm_stop
inside_begin && inside_more=' init_on_free=0' && inside_start &&
	inside_until 'dmesg | grep "anchorite-init: not fit: the kernel was not told"'
ok 'a kernel that was told otherwise as well holds no ceremony'
echo "1..$n"
