#!/bin/sh
# list.sh (inside the build root): /image/manifest: what the image holds, for
# people who check it and for diff: packages with the octets taken of each,
# kernel modules with their reasons, files with mode, octets and digest, links.
set -eu
here=/src/ceremony/image

# octets FIND-ARGUMENT...: of the files that find gives
octets() {
	find "$@" -type f -exec stat -c %s {} + | awk '{ s += $1 } END { print s + 0 }'
}

packages() {
	cd /image/packages
	sh $here/locked.sh $here/packages.lock image |
	    while read -r _ name version _; do
		case $name in
		linux-image-*) sum=$(octets /image/root/usr/lib/modules \
		    /image/boot/vmlinuz) ;;
		*) sum=$(awk -v name="$name" '$1 == name {
			sub(/^(lib|lib64|bin|sbin)\//, "usr/&", $2)
			print $2 }' $here/files | while read -r path; do
				octets . -path "./$path"
			done | awk '{ s += $1 } END { print s + 0 }') ;;
		esac
		echo "package $name $version $sum"
	done
}

# needed_by PATH: the first module of the image that cannot be without it
needed_by() {
	awk -v path="$1" '
		FNR == NR { taken[$1]; next }
		{ sub(/:$/, "", $1) }
		$1 in taken {
			for (i = 2; i <= NF; i++)
				if ($i == path) {
					sub(/.*\//, "", $1)
					sub(/\.ko$/, "", $1)
					print "needed by " $1
					exit
				}
		}' /image/module-paths modules.dep
}

# what is on the list has its reason there, the others come with it
modules() {
	cd /image/modules
	while read -r path; do
		name=${path##*/}
		name=$(echo "${name%.ko}" | tr - _)
		why=$(sed -n "s/^$name  *//p" $here/modules)
		echo "module $path $(stat -c %s "$path")" \
		    "${why:-$(needed_by "$path")}"
	done </image/module-paths
}

files() {
	cd /image/root
	find . -type f | LC_ALL=C sort | while read -r file; do
		digest=$(sha256sum <"$file")
		echo "file $(stat -c '%a %s' "$file") ${digest%% *} ${file#.}"
	done
	find . -type l | LC_ALL=C sort | while read -r file; do
		echo "link ${file#.} $(readlink "$file")"
	done
}

{
	cat /image/root/etc/anchorite/release
	(packages)
	(modules)
	(files)
	echo "setuid $(find /image/root -perm /6000 | wc -l)"
} >/image/manifest
awk '{ n[$1]++ } $1 == "file" { s += $3 } END {
	print "        " n["package"] " packages, " n["module"] " modules, " \
	    n["file"] " files, " int(s / 1000000 + 0.5) " MB in memory" }' \
    /image/manifest
