#!/bin/sh
# inside.sh ROOT COMMAND...: run it in the build root: no network, no other file
# of this machine, an environment of its own.  Root rights are not needed where
# the kernel lets users make namespaces.  CLOCK=+400d: by another clock.
set -eu
root=$1
shift
spaces='--mount --net --uts --ipc'
[ "$(id -u)" = 0 ] || spaces="--user --map-root-user $spaces"
mkdir -p "$root/dev" "$root/tmp"
for device in null zero urandom; do
	[ -e "$root/dev/$device" ] || : >"$root/dev/$device"
done
clock=
[ -z "${CLOCK-}" ] || clock="FAKETIME=$CLOCK NO_FAKE_STAT=1
LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
# shellcheck disable=SC2086 # words on purpose
unshare $spaces true 2>/dev/null || {
	echo "image: this machine lets $(id -un) make no namespaces: run as" \
	    "root, or allow them (sysctl kernel.unprivileged_userns_clone=1)" >&2
	exit 1
}
# shellcheck disable=SC2016,SC2086
exec unshare $spaces sh -c '
	for device in null zero urandom; do
		mount --bind /dev/$device "$1/dev/$device" || exit
	done
	umask 022
	exec chroot "$@"' sh "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin \
    HOME=/tmp TZ=UTC0 LC_ALL=C VERSION="$VERSION" \
    COMMIT="$COMMIT" SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" $clock "$@"
