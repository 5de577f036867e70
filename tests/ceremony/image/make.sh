#!/bin/sh
# make.sh RECIPE CACHE IMAGE MAKE: the image for the tests that start it.  Where
# it cannot be built for want of packages or of namespaces there is none, which
# is said, and these tests are skipped; a build that fails is a failure.
set -eu
recipe=$1 cache=$2 image=$3 make=$4
readonly gone=77 # as fetch.sh says it

left_out() {
	rm -f "$image.iso" "$image.manifest"
	echo "the image is left out, and so are the tests that start it: $1"
	exit 0
}

[ "$(dpkg --print-architecture)" = amd64 ] || left_out "this is no amd64"
git rev-parse HEAD >/dev/null 2>&1 || left_out "this is no git work tree"
spaces=--mount
[ "$(id -u)" = 0 ] || spaces='--user --map-root-user --mount'
# shellcheck disable=SC2086 # words on purpose
unshare $spaces true 2>/dev/null || left_out "no namespaces here"
status=0
sh "$recipe/fetch.sh" "$recipe/packages.lock" "$cache" || status=$?
[ $status != $gone ] || left_out "packages are not to be had any more"
[ $status = 0 ] || exit $status
exec "$make" image NO_DEPS=1
