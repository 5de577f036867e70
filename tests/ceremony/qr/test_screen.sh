#!/bin/sh
# Codes on a terminal: what it shows is read from pictures of it, and it is left
# as it was.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../custodian/lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
ur=$BUILD/tests/ceremony/qr/tool_ur
screen=$BUILD/tests/ceremony/qr/tool_screen

head -c 1500 /dev/zero | openssl enc -aes-128-ctr \
	-K 000102030405060708090a0b0c0d0e0f -iv 00000000000000000000000000000000 >file
printf 'one code' >small
escape=$(printf '\033')

# around: the terminal's settings before and after a program, and its status; the
# file module has variables for it
: >module
cat >around <<'EOF'
trap : INT
stty -g >before
# shellcheck disable=SC2046 # variables on purpose
env $(cat module) "$@"
echo $? >status
stty -g >after
EOF

# at ROWS COLUMNS [WHEN DO]... -- ARGUMENT...: qr show at such a terminal, its
# writing in log, its pictures in shown/
at() {
	rm -rf log shown before after status
	mkdir shown
	rows=$1 columns=$2
	shift 2
	set -- "$@" --
	todo=''
	while [ "$1" != -- ]; do
		todo="$todo '$1' '$2'"
		shift 2
	done
	shift
	args=''
	while [ "$1" != -- ]; do
		args="$args '$1'"
		shift
	done
	eval "LC_ALL=C.UTF-8 run 0 expect '$repo/tests/ceremony/qr/screen.exp' \
		$rows $columns log $todo -- sh around '$anchorite' qr show $args"
}

# left_alone: the terminal is as it was
left_alone() {
	cmp before after && [ "$(cat status)" = 0 ] &&
		[ "$(grep -c "$escape\[?1049h" log)" = 1 ] &&
		[ "$(grep -c "$escape\[?1049l" log)" = 1 ] &&
		grep -q "$escape\[?25h" log &&
		! sed "1,/$escape\[?1049l/d" log | grep -q "$escape"
}

# shows FILE: the pictures of the terminal carry it
shows() {
	"$screen" "$rows" "$columns" shown <log >pictures &&
		zbarimg -q --raw -Sdisable -Sqrcode.enable shown/*.pgm 2>/dev/null |
		"$ur" >back 2>>err && cmp back "$1"
}

for size in "25 80 6 30" "37 100 12 10" "67 240 25 1"; do
	# shellcheck disable=SC2086 # words on purpose
	set -- $size
	at "$1" "$2" -- file --frames 40 --rate 30 && left_alone && shows file
	ok "$2x$1: a file, in frames that fit"
	for word in $("$anchorite" words file | tail -n 1); do
		grep -qF "$word" log || echo "$word" >>err
	done
	[ ! -s err ] && says log 'file' && says log '1500 octets'
	ok "$2x$1: its name and words"
done
at 67 240 -- file --version 27 --frames 2 && left_alone && shows file
ok "240x67 has room for version 27"
at 25 80 -- small --frames 2 && left_alone && shows small &&
	! says log 'pass 1' && says log 'Ctrl-C or q ends it.'
ok "one code has no bar"
at 25 80 -- file --frames 35 --rate 30 && says log '[#' && says log 'pass 1' &&
	says log 'pass 2'
ok "many have one"
printf '\003' >key
at 25 80 'pass 2' "$(cat key)" -- file --rate 30 && left_alone && shows file
ok "Ctrl-C ends it"
at 25 80 '9 of' q -- file && left_alone
ok "so does q"
printf '\032' >key
at 25 80 '3 of' "$(cat key)" -- file && left_alone
ok "and Ctrl-Z, instead of leaving the terminal in the middle"
rm -f log
run 0 expect "$repo/tests/ceremony/qr/screen.exp" 25 80 log '3 of' term \
	-- "$factory" qr show file && grep -q "$escape\[?1049l" log
ok "SIGTERM is an orderly end too"
at 25 80 '3 of' 'size 10 30' 'The code needs 25 rows and 49 columns.' \
	'size 50 90' '[' q -- file && left_alone
ok "a window that becomes too small says so"

# A screen that has no room, and standard input that is none.
small_window() {
	run 5 expect "$repo/tests/ceremony/qr/screen.exp" 10 20 log -- \
		"$anchorite" qr show "$@" && says log "$want_text" &&
		! grep -q "$escape" log
}
rm -f log
want_text='no room for a code of version 1'
small_window file
ok "no room for any code"
rm -f log
want_text='no room for a code of version 20'
small_window file --version 20
ok "no room for that version"
printf '%s\n' "exec '$anchorite' qr show file --frames 3 </dev/null" >without
rm -f log
run 0 expect "$repo/tests/ceremony/qr/screen.exp" 25 80 log -- sh without &&
	grep -q "$escape\[?1049l" log
ok "no keys"

# ---- a console and a framebuffer out of files --------------------------------
console=$BUILD/tests/ceremony/qr/module_console.so
make_font() {
	head -c 8192 /dev/zero | openssl enc -aes-128-ctr \
		-K 00 -iv 00 2>/dev/null
}
make_font >font.before

# on_console FONT ARGUMENT...: as at, on a console with that font
on_console() {
	rm -f font.set
	cp "$1" font
	shift
	echo "LD_PRELOAD=$console CONSOLE_FONT=$dir/font" >module
	at "$@"
	: >module
}

# glyph FONT NUMBER: rows of a glyph
glyph() {
	tail -c +$((32 * $2 + 1)) "$1" | head -c 16 | od -An -v -tx1 | tr -d ' \n'
}

case $BUILD in
*/san) skip "a console and a framebuffer" "no module before ASan" ;;
*)
	on_console font.before 25 80 -- file --frames 40 --rate 30 &&
		left_alone && cmp font font.before && shows file &&
		! grep -q "$(printf '\342\226')" log
	ok "a console, whose font is put back"
	[ "$(glyph font.set 219)" = ffffffffffffffffffffffffffffffff ] &&
		[ "$(glyph font.set 223)" = ffffffffffffffff0000000000000000 ] &&
		[ "$(glyph font.set 220)" = 0000000000000000ffffffffffffffff ] &&
		[ "$(cmp -l font.set font.before | wc -l)" -le 96 ]
	ok "three glyphs were blocks meanwhile"
	printf '\003' >key
	on_console font.before 25 80 '9 of' "$(cat key)" -- file && left_alone &&
		[ -e font.set ] && cmp font font.before
	ok "Ctrl-C puts the font back too"
	export CONSOLE_ONCE=yes
	on_console font.before 25 80 -- file --frames 2 && left_alone &&
		says log "the console's font could not be put back: load it again with setfont"
	ok "a console that keeps the blocks"
	unset CONSOLE_ONCE
	: >font.short
	on_console font.short 25 80 -- file --frames 40 --rate 30 && left_alone &&
		[ ! -e font.set ] && shows file
	ok "a console that does not give its font: half blocks as they are"

	head -c $((640 * 480 * 3)) /dev/zero >fb
	cp fb fb.before
	# until the code has been drawn, at most a hundred looks
	cat >look <<-'EOF'
	for i in $(seq 100); do
		{ printf 'P6 640 480 255\n'; cat fb; } >fb.ppm
		zbarimg -q --raw -Sdisable -Sqrcode.enable fb.ppm >seen 2>/dev/null && exit
	done
	EOF
	echo "LD_PRELOAD=$console FRAMEBUFFER=640x480" >module
	at 25 80 "${escape}[2J" 'sh sh look' '' q -- small --framebuffer fb
	left_alone && "$ur" <seen | cmp - small && cmp fb fb.before
	ok "a framebuffer, which is put back"
	echo "LD_PRELOAD=$console FRAMEBUFFER=300x200" >module
	at 25 80 -- small --framebuffer fb --version 22
	[ "$(cat status)" = 5 ] &&
		says log 'the screen has no room for a code of version 22' &&
		cmp fb fb.before
	ok "one that has no room"
	;;
esac
echo "1..$n"
