# shellcheck shell=sh disable=SC2034,SC2154
# For the scripts of this folder: the menu at a terminal of its own, with a
# clock of its own.  Sourced behind lib.sh and media.sh of custodian.
here=$repo/tests/ceremony/menu
commit=0123456789abcdef0123456789abcdef01234567

# an image's own files, in ./sys
mkdir -p sys/etc/anchorite sys/usr/share/anchorite/keymaps sys/dev &&
	printf 'version=0.1.0\ncommit=%s\nepoch=1790000000\n' $commit \
		>sys/etc/anchorite/release

# the menu as it is called by all
cat >menu.sh <<END
#!/bin/sh
# a clock of its own goes to the menu, and to what it starts
export LD_PRELOAD=$BUILD/tests/ceremony/menu/module_clock.so
export ANCHORITE_TEST_CLOCK=\${ANCHORITE_TEST_CLOCK:-\$(date +%s)}
exec "$anchorite" menu --root root --system sys "\$@"
END
chmod +x menu.sh

# menu STATUS [WHEN DO]... -- [OPTION...]: ./shown is all that the terminal
# shows
menu() {
	want=$1
	shift
	run "$want" expect "$here/menu.exp" raw "$@"
	good=$?
	sed 's|\r$||' raw | sed 's/'"$(printf '\033')"'\[H'"$(printf '\033')"'\[J/\f/g' >shown
	cat shown >>all-shown
	cat shown err >err.all && mv err.all err
	return $good
}

# past the first screens, on a machine that is not the image
first='Enter goes on, r'
right='Enter if it is right'
number='Type a number'
on='Enter goes on. '
# choices of the main menu
about=11 off=12

# fits: no line of the menu's own is too wide for the console, nor anything but
# ASCII; what was typed wrong on purpose, and what commands print, is left out
fits() {
	tr '\f' '\n' <all-shown | sed '/0000000000/d; s/.*\r//; s/'"$(printf '\303\244')"'//' |
		sed '/^\$ anchorite/,/^-- anchorite/d' >lines
	awk 'length($0) > 79 { print; bad = 1 } END { exit bad }' lines >out 2>err
	ok "every line fits on the console"
	! LC_ALL=C tr -d '\n\t\040-\176' <lines | grep . >out 2>err
	ok "and nothing but ASCII is shown"
}
