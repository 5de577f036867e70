# shellcheck shell=sh disable=SC2154,SC2034
# What the menu of the bootable image shows, here at a terminal like any other.
# Needs room.sh.  Where loop devices are not permitted there is no boot medium to
# be read, and no screen of it: $unseen has the names of such screens.
# shellcheck source=tests/ceremony/custodian/media.sh
. "$repo/tests/ceremony/custodian/media.sh"
# shellcheck source=tests/ceremony/menu/lib.sh
. "$repo/tests/ceremony/menu/lib.sh"
unseen=
export ANCHORITE_TEST_CLOCK=1801735815 # a Thursday in 2027

# at_menu WHEN DO... -- [OPTION...]: what it shows in ./shown
at_menu() {
	menu 0 "$@"
}
# screen NAME TITLE: the last one of this title that was shown
screen() {
	tr '\f' '\n' <shown | awk -v title="$2" '
		$0 == title { text = bar; on = 1 }
		/^anchorite [0-9].* UTC/ { bar = $0 "\n"; on = 0 }
		on { text = text $0 "\n" }
		END { printf "%s", text }' |
		sed -e 's/.*\r//' -e 's/loop[0-9]*, loop device, serial .*/sda, Stick, serial 0123456789/' |
		plain >"screens/$1"
	[ -s "screens/$1" ]
}

if [ -z "$media" ]; then
	unseen=menu-image
	skip "the boot medium" "loop devices are not permitted here"
else
	# an ISO 9660 volume of 100 sectors
	{
		head -c 32768 /dev/zero
		printf '\001CD001\001\000%32s%-32s' '' ANCHORITE
		printf '\0\0\0\0\0\0\0\0\144\0\0\0\0\0\0\144'
		head -c 40 /dev/zero
		printf '\000\010\010\000'
		head -c 1916 /dev/zero
		yes octets | head -c 169984
	} >boot.img && truncate -s 1M boot.img && attach boot &&
		at_menu "$first" ^D -- ./menu.sh --loop &&
		screen menu-image 'THIS MACHINE' && detach boot
	ok "the boot medium, read back"
fi
init=$BUILD/tests/ceremony/menu/tool_init
rm -rf root && mkdir root && {
	"$init" root/init told &
	pid=$!
	while [ ! -S root/init ]; do :; done
}
at_menu "$first" "" "$right" "" "$number" ^D -- ./menu.sh &&
	screen menu-clock CLOCK && screen menu-main 'MAIN MENU'
ok "the clock, and the menu"
at_menu "$number" "$off" "Power off? y" y "The machine goes off" "sh true" \
	"$on" ^D -- ./menu.sh &&
	screen menu-off 'POWER OFF'
ok "power off"
kill "$pid"
