#!/bin/sh
# TAP: the image's first process does nothing where it is not the first.
set -u
here=$(cd "$(dirname "$0")" && pwd)
BUILD=${BUILD:-$here/../../../build}
BUILD=$(cd "$BUILD" && pwd)
# shellcheck source=tests/tap.sh
. "$here/../../tap.sh"
scratch init

run 1 "$BUILD/image/anchorite-init" && [ ! -s out ] &&
    says err 'runs as the first process of the image only'
ok 'init ends at once where it is not the first process'

echo "1..$n"
