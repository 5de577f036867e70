# shellcheck shell=sh disable=SC2154,SC2034
# What the menu of the bootable image shows, here at a terminal like any other.
# Needs room.sh, desk.sh, and media.sh of the custodian's tests.
# shellcheck source=tests/ceremony/menu/lib.sh
. "$repo/tests/ceremony/menu/lib.sh"
export ANCHORITE_TEST_CLOCK=1801735815 # a Thursday in 2027

# screen NAME TITLE: the last one of this title that was shown
screen() {
	tr '\f' '\n' <shown | awk -v title="$2" '
		function over() {
			if (keep)
				text = buffer
			keep = 0
		}
		/^anchorite [0-9].* UTC \| / { over(); buffer = "" }
		{ buffer = buffer $0 "\n" }
		$0 == title { keep = 1 }
		END { over(); printf "%s", text }' |
		sed -e 's/.*\r//' -e 's|root/|/run/anchorite/|' \
			-e 's/loop[0-9]*, loop device, serial .*/sda, Stick, serial 0123456789/' |
		plain >"screens/$1"
	[ -s "screens/$1" ]
}

if [ -n "$media" ]; then
	boot_image boot && attach boot && menu 0 "$first" ^D -- ./menu.sh --loop &&
		screen menu-image 'THIS MACHINE' && detach boot
	ok "a boot medium is read back"
fi
# another one, of whoever uses this machine too, would be shown beside it
[ "$(grep -c '^   Medium  \|read back now' screens/menu-image 2>/dev/null)" = 2 ] || {
	unseen="$unseen menu-image"
	skip "the screen of the boot medium" "no loop device, or another such medium"
}
init=$BUILD/tests/ceremony/menu/tool_init
rm -rf root && mkdir -p root/plans && cp genesis.yaml root/plans && {
	"$init" root/init told &
	pid=$!
	while [ ! -S root/init ]; do :; done
}
menu 0 "$first" "" "$right" "" "$number" ^D -- ./menu.sh &&
	screen menu-clock CLOCK && screen menu-main 'MAIN MENU'
ok "the clock, and the menu"
menu 0 "$number" 1 "$number" 1 "y chooses" y "$number" 3 "$number" 0 \
	"$number" ^D -- ./menu.sh && screen menu-choose 'CHOOSE A PLAN' &&
	screen menu-plan 'THE PLAN' && screen menu-hold 'HOLD THE CEREMONY'
ok "a plan is chosen"
for name in us de fr gb es it ch; do
	: >sys/usr/share/anchorite/keymaps/$name.bmap
done
menu 0 "$number" 2 "$number" 0 "$number" 4 "$number" 0 "$number" 5 \
	"$number" 0 "$number" 6 "$number" 0 "$number" 9 "$number" 0 \
	"$number" 10 "$on" "" "$number" ^D -- ./menu.sh &&
	screen menu-rehearse 'REHEARSE THE PLAN' &&
	screen menu-log 'LOOK AT A LOG' && screen menu-cards CARDS &&
	screen menu-media MEDIA && screen menu-keyboard 'KEYBOARD LAYOUT' &&
	screen menu-refused 'USB DEVICES THAT WERE REFUSED'
ok "its rooms"
menu 0 "$number" "$off" "Power off? y" y "The machine goes off" "sh true" \
	"$on" ^D -- ./menu.sh && screen menu-off 'POWER OFF'
ok "power off"
kill "$pid"
