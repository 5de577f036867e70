#!/bin/sh
# image.sh SOURCE WORK CACHE OUT: build the image of what source.sh put into
# SOURCE, in the folder WORK, which is made anew, from the packages in CACHE, as
# OUT.iso.  OUT.iso is there whole or not at all; beside it OUT.manifest.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$1 work=$2 cache=$3 out=$4
recipe=$source/src/ceremony/image
lock=$recipe/packages.lock
start=$(date +%s)

VERSION=$(sed -n 's/^version=//p' "$source/release")
COMMIT=$(sed -n 's/^commit=//p' "$source/release")
SOURCE_DATE_EPOCH=$(sed -n 's/^epoch=//p' "$source/release")
export VERSION COMMIT SOURCE_DATE_EPOCH

step() {
	printf '%4d s  %s\n' $(($(date +%s) - start)) "$*"
}

inside() {
	sh "$here/inside.sh" "$work/root" sh "/src/ceremony/image/$1"
}

[ "$(uname -m)" = x86_64 ] || {
	echo "image: what builds it runs on x86_64, and this machine is" \
	    "$(uname -m)" >&2
	exit 1
}
mkdir -p "${work%/*}" "${out%/*}"
trap 'rm -rf "$work" "$out.iso.new" "$out.manifest.new"' EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$work"
mkdir "$work"
echo "image of $VERSION, commit $COMMIT"
step "packages: compare with the lock, unpack the build root"
sh "$here/unpack.sh" "$lock" build "$cache" "$work/root"
step "packages: compare with the lock, unpack what goes in"
mkdir "$work/root/image"
sh "$here/unpack.sh" "$lock" image "$cache" "$work/root/image/packages" \
    "$recipe/files"
step "programs: compile"
cp -R "$source/src" "$work/root/src"
inside compile.sh
step "root: modules, libraries, files"
inside root.sh
inside list.sh
step "initrd: pack"
inside initrd.sh
step "iso: boot loaders, medium"
inside iso.sh
step "done"
cp "$work/root/image/image.iso" "$out.iso.new"
cp "$work/root/image/manifest" "$out.manifest.new"
mv "$out.manifest.new" "$out.manifest"
mv "$out.iso.new" "$out.iso"
printf '\nwhat is in it: %s\n%s: %s octets\n' "$out.manifest" "$out.iso" \
    "$(stat -c %s "$out.iso")"
sh "$here/inside.sh" "$work/root" /src/build/bin/anchorite words \
    /image/image.iso >"$work/words"
sed "1s/^/SHA-256 /; q" "$work/words"
sed -n 2p "$work/words" | xargs -n 8
