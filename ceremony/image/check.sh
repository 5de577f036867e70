#!/bin/sh
# check.sh TREE CACHE DIR: build the image twice, in DIR, in ways as unlike as
# two people's machines, and compare.  Exits 1 unless the octets are the same.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$1 cache=$(cd "$2" && pwd) dir=$3
rm -rf "$dir"
mkdir -p "$dir/one" "$dir/other/folder"
dir=$(cd "$dir" && pwd)
sh "$here/source.sh" "$tree" "$dir/one/source"
cp -R "$dir/one/source" "$dir/other/folder/source"

echo "first: as it comes"
(umask 022 && TZ=UTC0 LC_ALL=C sh "$here/image.sh" "$dir/one/source" \
    "$dir/one/work" "$cache" "$dir/one/image")

other="sh $here/image.sh $dir/other/folder/source"
other="$other $dir/other/folder/work $cache $dir/other/image"
said="umask 077, time zone Nepal's, locale tr_TR, a clock 400 days on, one CPU"
other="taskset 1 $other"
if [ "$(id -u)" = 0 ]; then
	nobody=$(id -u nobody)
	chown -R "$nobody" "$dir/other"
	other="setpriv --reuid=$nobody --regid=$nobody --clear-groups $other"
	other="unshare --uts sh -c 'hostname other && exec $other'"
	said="$said, user nobody, host name other"
fi
printf '\nsecond: %s\n' "$said"
(umask 077 && export TZ='<+0545>-5:45' LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 \
    HOME=/nonexistent CLOCK=+400d && eval "exec $other")

echo
sha256sum "$dir/one/image.iso" "$dir/other/image.iso"
cmp "$dir/one/image.iso" "$dir/other/image.iso" || {
	echo "image: two builds differ: their parts are told of in" \
	    "$dir/one/image.manifest and $dir/other/image.manifest" >&2
	exit 1
}
rm -rf "$dir"
echo "the same octets"
