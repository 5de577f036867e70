# shellcheck shell=sh disable=SC2016,SC2034,SC2154
# A look inside the image, for scripts that source this after vm.sh: its kernel
# and its initrd as they are, and behind it a second archive that holds a shell
# on a serial line.  That shell is beside the image, not in it: no filter and no
# rule of the image's own first process binds it, so that it sees what is.
#
#   inside_needs               why there can be no such look here, or nothing
#   inside_begin               $add: what comes into the guest's /test; in a new
#                              $vm unless there is one
#   inside_start [ARGUMENT...] of QEMU; after vm_medium and the like.  The kernel
#                              is told $inside_line, as the guest's own list of
#                              its words says, and $inside_more
#   inside COMMAND             by the guest's shell: output in out, its status
#   inside_until COMMAND       again and again until it succeeds
#   inside_ask WORD            the first process of the image obeys
#   over_console COMMAND       the same as inside, in the shell that the image
#                              itself opens (inside_shell), as all its programs
INSIDE_SECONDS=${INSIDE_SECONDS:-300} # for what hangs
iso=${ISO:-}
for file in "$BUILD"/anchorite-*.iso; do
	[ -n "$iso" ] || [ ! -f "$file" ] || iso=$file
done
busybox=$(command -v busybox)

inside_needs() {
	[ -n "$iso" ] || {
		echo 'no image here, make image makes it'
		return
	}
	for tool in qemu-system-x86_64 xorriso cpio "$@"; do
		command -v "$tool" >/dev/null || {
			echo "no $tool here"
			return
		}
	done
	[ -n "$busybox" ] && ! ldd "$busybox" >/dev/null 2>&1 ||
		echo 'no busybox here that needs no library'
}

# the kernel's line is in the loader of the medium, which has no other file
inside_begin() {
	[ -n "$vm" ] || vm_new || return
	xorriso -osirrox on -indev "$iso" -extract /boot "$vm/boot" \
		>"$vm/xorriso.log" 2>&1 || return
	inside_line=$(grep -a -o 'linux /boot/vmlinuz .*' "$vm/boot/efi.img" |
		head -n 1 | cut -d ' ' -f 3-)
	[ -n "$inside_line" ] || return
	add=$vm/add/test
	mkdir -p "$add/bin" && cp "$busybox" "$add/busybox" || return
	for name in $(busybox --list); do
		ln -s ../busybox "$add/bin/$name"
	done
	cp "$BUILD/tests/ceremony/image/tool_inside" "$add/tool" &&
		cp "$repo/tests/ceremony/image/inside_init.sh" "$vm/add/init" &&
		chmod 755 "$vm/add/init" "$add/tool"
}

# an archive without compression begins at a multiple of four octets
inside_start() {
	# vga: the size of the screen that GRUB chooses.  The image accepts the line
	# of its recipe only, so that a guest with another brings its own
	inside_said="$inside_line vga=792"
	mkdir -p "$vm/add/etc/anchorite" &&
		echo "$inside_said" >"$vm/add/etc/anchorite/kernel-line" || return
	(cd "$vm/add" && find . | cpio --quiet -o -H newc -R +0:+0) \
		>"$vm/add.cpio" &&
		cp "$vm/boot/initrd" "$vm/initrd" &&
		truncate -s %4 "$vm/initrd" &&
		cat "$vm/add.cpio" >>"$vm/initrd" &&
		rm -rf "$vm/add" "$vm/add.cpio" || return
	vm_run -kernel "$vm/boot/vmlinuz" -initrd "$vm/initrd" \
		-append "$inside_said${inside_more:-}" \
		-chardev "socket,id=line,path=$vm/line,server=on,wait=off" \
		-serial chardev:line "$@"
}

inside() {
	"$BUILD/tests/ceremony/image/tool_line" "$vm/line" "$INSIDE_SECONDS" \
		"$(printf %s "$1" | tr "\n\t" "  ")" >out 2>err
}

inside_until() {
	inside "n=0; until $1; do n=\$((n + 1)); [ \$n -lt $INSIDE_SECONDS ] || exit 1; sleep 1; done"
}

inside_ask() {
	inside "/test/tool ask $1" && grep -qx ok out
}

# the image's own shell, for as long as somebody holds it
inside_shell() {
	inside '/test/tool hold shell >/dev/null 2>&1 & echo $! >/run/holds' &&
		inside_until "ls -l /proc/[0-9]*/exe | grep -q anchorite/shell" &&
		vm press alt-f3 see "$INSIDE_SECONDS" '[#$] *$'
}
inside_shell_closed() {
	inside 'kill $(cat /run/holds); rm /run/holds' &&
		inside_until "! ls -l /proc/[0-9]*/exe | grep -q anchorite/shell"
}

# /run is seen by both
over_console() {
	inside 'rm -f /run/said /run/status' &&
		vm type "($(printf %s "$1" | tr "\n\t" "  ")) >/run/said 2>&1; echo \$? >/run/status" \
			press enter && inside_until 'test -s /run/status' &&
		inside 'cat /run/said; exit $(cat /run/status)'
}
