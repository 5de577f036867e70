#!/bin/sh
# compile.sh (inside the build root): our programs, from the sources in /src,
# into /image/programs, without what a debugger would want.
set -eu
programs='bin/anchorite bin/anchorite-audit libexec/anchorite/anchorite-reader
libexec/anchorite/anchorite-signer libexec/anchorite/anchorite-media'
init=build/image/anchorite-init
out=/image/programs

ln -sf mawk /usr/bin/awk
# shellcheck disable=SC2086,SC2046 # words on purpose
make -C /src -s -j"$(nproc)" NO_DEPS=1 CC=gcc CFLAGS=-O2 SHELL=/usr/bin/dash \
    $(printf 'build/%s ' $programs) $init >/image/compile.log 2>&1 || {
	tail -n 30 /image/compile.log >&2
	exit 1
}
mkdir -p $out/bin $out/libexec/anchorite
for program in $programs; do
	strip -o "$out/$program" "/src/build/$program"
done
strip -o $out/libexec/anchorite/anchorite-init /src/$init
