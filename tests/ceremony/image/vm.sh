# shellcheck shell=sh disable=SC2034,SC2154
# A guest of QEMU that boots the image, for scripts that source this: in software
# only, so that it runs wherever tests do.
#
#   vm_new                     a new folder $vm; images of media go in there
#   vm_card FILE               a card, personalised, in a reader of its own
#   vm_medium FILE SERIAL      a USB stick
#   vm_disk FILE               a built-in disk
#   vm_networks                three network cards; what the guest sends is counted
#   vm_start bios|uefi ISO     from a USB stick
#   vm DEED...                 before its screen, see tool_vm.c
#   shot NAME                  a picture of it is kept in $screens
#   vm_sent                    how many octets the network cards have sent
#   vm_stop                    in the trap of EXIT, too
#
# Everything is ended by its pid.
VM_MEMORY=512
OVMF=${OVMF:-/usr/share/OVMF}
DISPLAY_OF_VM=${DISPLAY_OF_VM:-none}
vm='' vm_pids='' vm_args='' vm_cards=0 vm_media=0 vm_nets=0 screen_count=0
vm_keyboard=''

# sockets have short names: /tmp
vm_new() {
	vm=$(mktemp -d /tmp/anchorite-vm.XXXXXX) || return
	vm_pids='' vm_args='' vm_cards=0 vm_media=0 vm_nets=0 screen_count=0
}

vm_card() {
	vm_cards=$((vm_cards + 1))
	id=card$vm_cards
	vm_args="$vm_args -chardev socket,path=$vm/$id,server=on,wait=off,id=$id"
	vm_args="$vm_args -device usb-ccid,id=reader$vm_cards,bus=usb.0"
	vm_args="$vm_args -device ccid-card-passthru,chardev=$id,bus=reader$vm_cards.0"
	# it waits for QEMU
	"$BUILD/tests/card/tool_card" passthru "$vm/$id" "$1" \
		>>"$vm/cards.log" 2>&1 </dev/null &
	vm_pids="$vm_pids $!"
}

vm_medium() {
	vm_media=$((vm_media + 1))
	id=medium$vm_media
	vm_args="$vm_args -drive if=none,id=$id,format=raw,file=$1"
	vm_args="$vm_args -device usb-storage,bus=usb.0,drive=$id,removable=on,serial=$2"
}

vm_disk() {
	vm_args="$vm_args -drive if=none,id=disk,format=raw,file=$1"
	vm_args="$vm_args -device ide-hd,bus=ide.0,drive=disk"
}

vm_networks() {
	for card in virtio-net-pci,romfile= e1000,romfile= usb-net,bus=usb.0; do
		vm_nets=$((vm_nets + 1))
		id=net$vm_nets
		vm_args="$vm_args -netdev user,id=$id,restrict=on"
		vm_args="$vm_args -device $card,netdev=$id"
		vm_args="$vm_args -object filter-dump,id=dump$vm_nets,netdev=$id,queue=rx,file=$vm/$id.pcap"
	done
}

# firmware KIND: and with BIOS an old keyboard and a stick that is write-protected,
# with UEFI one on USB and a stick that is not
vm_firmware() {
	case $1 in
	bios) vm_keyboard='' vm_protect=readonly=on ;;
	uefi)
		cp "$OVMF/OVMF_VARS_4M.fd" "$vm/vars.fd" || return
		vm_args="$vm_args -drive if=pflash,format=raw,readonly=on,file=$OVMF/OVMF_CODE_4M.fd"
		vm_args="$vm_args -drive if=pflash,format=raw,file=$vm/vars.fd"
		vm_keyboard='-device usb-kbd,bus=usb.0' vm_protect=readonly=off
		;;
	esac
}

# vm_run ARGUMENT...: QEMU, with what every guest has, these, and $vm_args
vm_run() {
	# shellcheck disable=SC2086
	nice qemu-system-x86_64 -M q35 -accel tcg -m $VM_MEMORY -nodefaults \
		-no-reboot -device VGA -display "$DISPLAY_OF_VM" \
		-qmp "unix:$vm/qmp,server=on,wait=off" \
		-device qemu-xhci,id=usb,p2=15,p3=15 "$@" \
		$vm_args 2>"$vm/qemu.log" &
	vm_pid=$!
	vm_pids="$vm_pids $vm_pid"
}

vm_start() {
	vm_firmware "$1" && cp "$2" "$vm/boot.iso" || return
	# shellcheck disable=SC2086
	vm_run -name "anchorite-$1" $vm_keyboard \
		-drive if=none,id=boot,format=raw,$vm_protect,file="$vm/boot.iso" \
		-device usb-storage,bus=usb.0,drive=boot,removable=on,bootindex=0,serial=BOOT0001
}

vm() {
	"$BUILD/tests/ceremony/image/tool_vm" "$vm/qmp" "$@"
}

shot() {
	screen_count=$((screen_count + 1))
	vm save "$screens/$(printf %02d $screen_count)-$1"
}

# what a capture has beside its head of 24 octets
vm_sent() {
	i=1 sent=0
	while [ $i -le $vm_nets ]; do
		sent=$((sent + $(wc -c <"$vm/net$i.pcap") - 24))
		i=$((i + 1))
	done
	echo $sent
}

vm_stop() {
	for pid in $vm_pids; do kill "$pid" 2>/dev/null || :; done
	for pid in $vm_pids; do wait "$pid" 2>/dev/null || :; done
	vm_pids=''
	[ -z "$vm" ] || rm -rf "$vm"
	vm=''
}
