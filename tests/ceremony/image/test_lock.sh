#!/bin/sh
# shellcheck disable=SC1091,SC2154
# TAP: the recipe of the image lets in what its lists name and nothing else:
# lock, packages, kernel modules, libraries.  Packages of a few octets are made
# here; nothing is fetched and no image is built.
set -u
here=$(cd "$(dirname "$0")" && pwd)
recipe=$(cd "$here/../../../ceremony/image" && pwd)
BUILD=$(cd "${BUILD:-$here/../../../build}" && pwd)
. "$here/../../tap.sh"
scratch lock

refused() { # STATUS TEXT COMMAND...: ends in STATUS and says so
	want_status=$1 text=$2
	shift 2
	run "$want_status" "$@" && says err "$text"
}

# ---- lines of the lock -------------------------------------------------------------

digest=$(printf '%064d' 7)
good="image libx 1:2.3-4+b1 amd64 $digest 12 pool/main/libx/libx_2.3-4_amd64.deb"

line() { # NAME TEXT LINE
	printf '# a lock\n%s\n%s\n' "build other 1 all $(printf '%064d' 8) 9 pool/o.deb" \
	    "$3" >lock
	refused 1 "lock:3: $2" sh "$recipe/locked.sh" lock
	ok "lock: $1"
}
with() { # NUMBER WORD: the good line with another word
	echo "$good" | awk -v n="$1" -v w="$2" '{ $n = w; print }'
}
line 'unknown set' 'no set is called demo' "$(with 1 demo)"
line 'name with capitals' 'not the name of a package' "$(with 2 LibX)"
line 'name that is an option' 'not the name of a package' "$(with 2 -x)"
line 'name that is a path' 'not the name of a package' "$(with 2 a/b)"
line 'version of letters' 'not a version' "$(with 3 newest)"
line 'another architecture' 'not an architecture' "$(with 4 arm64)"
line 'short digest' 'not a SHA-256' "$(with 5 "${digest#0}")"
line 'long digest' 'not a SHA-256' "$(with 5 "0$digest")"
line 'digest in capitals' 'not a SHA-256' "$(with 5 "$(printf '%064d' 0 | tr 0 A)")"
line 'digest that is a path' 'not a SHA-256' "$(with 5 "$(printf '%061d' 0)/..")"
line 'size zero' 'not a size' "$(with 6 0)"
line 'size with a sign' 'not a size' "$(with 6 -5)"
line 'size of ten digits' 'not a size' "$(with 6 1000000000)"
line 'path upwards' 'not a path in the pool' "$(with 7 pool/../x.deb)"
line 'path upwards in the middle' 'not a path in the pool' \
    "$(with 7 pool/a/../../x.deb)"
line 'hidden path' 'not a path in the pool' "$(with 7 pool/.x.deb)"
line 'path from the root' 'not a path in the pool' "$(with 7 /pool/x.deb)"
line 'path of another host' 'not a path in the pool' \
    "$(with 7 http://example.com/pool/x.deb)"
line 'path that is no package' 'not a path in the pool' "$(with 7 pool/x.tar)"
line 'path with a word for a shell' 'not a path in the pool' \
    "$(with 7 "pool/\$(x).deb")"
line 'eight words' 'not seven words' "$good more"
line 'six words' 'not seven words' "${good% *}"
line 'two spaces' 'not seven words' "$(echo "$good" | sed 's/ /  /')"
line 'tab' 'not seven words' "$(echo "$good" | tr ' ' '\t')"
line 'empty line' 'not seven words' ''
line 'second line for a package' 'a second line for other' "$(with 2 other)"
line 'second package with a digest' 'a second package with this digest' \
    "$(with 5 "$(printf '%064d' 8)")"
echo '# nothing' >lock
refused 1 'names no package' sh "$recipe/locked.sh" lock
ok 'lock: empty'
refused 1 'make image-lock' sh "$recipe/locked.sh" absent
ok 'lock: absent'
{
	echo "build one 1 all $(printf '%064d' 1) 9 pool/1.deb"
	echo "both two 1 all $(printf '%064d' 2) 9 pool/2.deb"
	echo "image three 1 all $(printf '%064d' 3) 9 pool/3.deb"
} >lock
sets() {
	[ "$(sh "$recipe/locked.sh" lock "$1" | cut -d' ' -f2 | xargs)" = "$2" ]
}
sets '' 'one two three' && sets build 'one two' && sets image 'two three'
ok 'lock: its sets'

# ---- packages ------------------------------------------------------------------------

# deb NAME FILE...: NAME.deb with these files, its line in the lock
deb() {
	name=$1
	shift
	rm -rf tree
	mkdir -p tree/DEBIAN
	printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: t\nDescription: t\n' \
	    "$name" >tree/DEBIAN/control
	for file in "$@"; do
		mkdir -p "tree/${file%/*}"
		echo "$name" >"tree/$file"
	done
	dpkg-deb --root-owner-group -b tree "debs/$name.deb" >/dev/null
	sum=$(sha256sum <"debs/$name.deb")
	echo "image $name 1 all ${sum%% *} $(stat -c %s "debs/$name.deb")" \
	    "pool/main/$name.deb" >>lock
}

: >lock
mkdir debs
deb one lib/x86/libone.so usr/share/doc/one/copyright etc/one
deb two usr/bin/two
mkdir -p mirror/pool/main
cp debs/*.deb mirror/pool/main
of() { # NAME: its file in the cache
	echo "cache/$(awk -v name="$1" '$2 == name { print $5 }' lock).deb"
}

run 0 sh "$recipe/fetch.sh" lock cache debs && cmp -s debs/one.deb "$(of one)" &&
    cmp -s debs/two.deb "$(of two)"
ok 'fetch: from a folder, whatever the files are called'
run 0 sh "$recipe/fetch.sh" lock cache /nonexistent && [ ! -s out ]
ok 'fetch: nothing, when all is there'
rm "$(of two)"
mkdir less
cp debs/one.deb less
refused 1 'two 1 SHA-256' sh "$recipe/fetch.sh" lock cache less
ok 'fetch: a folder that lacks one'
cp debs/two.deb less/two.deb
printf 'x' >>less/two.deb
refused 1 'two 1 SHA-256' sh "$recipe/fetch.sh" lock cache less
ok 'fetch: a folder with another of that name'
[ "$(ls cache)" = "$(basename "$(of one)")" ]
ok 'fetch: nothing else is kept'

# an apt that knows of a mirror on this disk alone
mkdir bin
cat >bin/apt-get <<EOF
#!/bin/sh
echo "Packages main bookworm copy:$dir/mirror/"
EOF
chmod +x bin/apt-get
helper=/usr/lib/apt/apt-helper
if [ -x $helper ]; then
	run 0 env PATH="$dir/bin:$PATH" sh "$recipe/fetch.sh" lock cache &&
	    cmp -s debs/two.deb "$(of two)"
	ok 'fetch: from a mirror'
	rm "$(of two)"
	cp debs/one.deb mirror/pool/main/two.deb
	refused 77 'two 1 SHA-256' env PATH="$dir/bin:$PATH" \
	    sh "$recipe/fetch.sh" lock cache
	ok 'fetch: a mirror that has another'
	rm mirror/pool/main/two.deb
	refused 77 'published with the release' env PATH="$dir/bin:$PATH" \
	    sh "$recipe/fetch.sh" lock cache &&
	    says err "does not know Debian's bookworm-security" &&
	    ! says err "Debian's bookworm:"
	ok 'fetch: a mirror that has it no longer, an archive that apt does not know'
else
	skip 'fetch: from mirrors' "no $helper"
fi
run 0 sh "$recipe/fetch.sh" lock cache debs
run 0 sh "$recipe/publish.sh" lock cache published &&
    run 0 sh "$recipe/fetch.sh" published/packages.lock cache2 published &&
    cmp -s debs/two.deb published/two.deb && diff -r cache cache2
ok 'publish: what it leaves serves another'

unpack() { # [FILES]
	rm -rf root
	sh "$recipe/unpack.sh" lock image cache root "$@"
}
nothing_in_root() {
	[ -z "$(find root -mindepth 1)" ]
}
run 0 unpack && [ -f root/usr/lib/x86/libone.so ] && [ -L root/lib ] &&
    [ -f root/usr/bin/two ] && [ ! -e root/usr/share/doc/one ]
ok 'unpack: one /usr, no manuals'
sed 's/^image two/both two/' lock >lock2
run 0 sh "$recipe/unpack.sh" lock2 build cache root2 &&
    [ -f root2/usr/bin/two ] && [ ! -e root2/etc/one ]
ok 'unpack: packages of the other set stay out'
printf '# why\none lib/x86/libone.so\ntwo usr/bin/*\n' >files
run 0 unpack files && [ -f root/usr/lib/x86/libone.so ] &&
    [ -f root/usr/bin/two ] && [ ! -e root/etc/one ]
ok 'unpack: paths that are named'
echo 'two usr/bin/three' >>files
refused 123 'two was not unpacked' unpack files
ok 'unpack: a path that is not in its package'
printf 'one etc/one\n' >files
refused 123 'names no path of two' unpack files
ok 'unpack: a package of which nothing is wanted'

cp "$(of two)" kept
printf 'x' | dd of="$(of two)" bs=1 seek=80 conv=notrunc 2>/dev/null
refused 1 'not the one of the lock' unpack && nothing_in_root
ok 'unpack: one octet changed'
cp kept "$(of two)"
printf 'x' >>"$(of two)"
refused 1 'has not the' unpack && nothing_in_root
ok 'unpack: one octet more'
rm "$(of two)"
refused 1 'fetch it first' unpack && nothing_in_root
ok 'unpack: a package that is not there'
cp debs/one.deb "$(of two)"
refused 1 'two: ' unpack && nothing_in_root
ok 'unpack: another package under its digest'
cp kept "$(of two)"
# who may write the cache does, once the digests were compared
mkdir late
cat >late/sha256sum <<EOF
#!/bin/sh
$(command -v sha256sum) "\$@" || exit
cp "$dir/debs/one.deb" "$dir/$(of two)"
EOF
chmod +x late/sha256sum
run 0 env PATH="$dir/late:$PATH" sh "$recipe/unpack.sh" lock image cache root3 &&
    [ "$(cat root3/usr/bin/two)" = two ] && cmp -s debs/one.deb "$(of two)" &&
    [ ! -e root3.packages ]
ok 'unpack: a cache that changes after it was compared'
sed -i 's/^image two/demo two/' lock
refused 1 'no set is called demo' unpack && nothing_in_root
ok 'unpack: a lock that is refused'

# ---- kernel modules --------------------------------------------------------------------

mkdir -p modules/kernel/fs/ext4 modules/kernel/lib modules/kernel/drivers/net
touch modules/kernel/fs/ext4/ext4.ko modules/kernel/fs/jbd2.ko \
    modules/kernel/lib/crc-16.ko modules/kernel/drivers/net/e1000.ko \
    modules/kernel/lib/odd.ko
cat >modules/modules.dep <<'EOF'
kernel/fs/ext4/ext4.ko: kernel/fs/jbd2.ko kernel/lib/crc-16.ko
kernel/fs/jbd2.ko: kernel/lib/crc-16.ko
kernel/lib/crc-16.ko:
kernel/drivers/net/e1000.ko: kernel/lib/crc-16.ko
kernel/lib/odd.ko: kernel/drivers/net/e1000.ko kernel/lib/crc-16.ko
kernel/lib/torn.ko: kernel/lib/gone.ko
EOF
echo kernel/drivers/rtc/rtc-cmos.ko >modules/modules.builtin
closure() { # LINE...
	printf '%s\n' '# a list' "$@" 'deny kernel/drivers/net/ no network' >list
	sh "$recipe/modules.sh" list modules
}
run 0 closure 'ext4 the state' 'crc_16 sums' &&
    [ "$(xargs <out)" = 'kernel/lib/crc-16.ko kernel/fs/jbd2.ko kernel/fs/ext4/ext4.ko' ]
ok 'modules: what they need comes first, each once'
run 0 closure 'rtc_cmos the clock' && [ ! -s out ]
ok 'modules: what the kernel has in itself'
refused 1 'e1000.ko, needed for e1000, is against: deny kernel/drivers/net/' \
    closure 'e1000 why not'
ok 'modules: a denied one'
refused 1 'e1000.ko, needed for odd, is against' closure 'odd curiosity'
ok 'modules: a denied one behind another'
refused 1 'gone.ko, needed for torn, is not in the package' closure 'torn x'
ok 'modules: one that is needed and not there'
refused 1 'no such module' closure 'nonesuch x'
ok 'modules: one that this kernel has not'
refused 1 'has no reason' closure 'ext4'
ok 'modules: one without a reason'

# ---- libraries and modes -----------------------------------------------------------------

program=$BUILD/image/anchorite-init
place() { # PATH...: into a root beside the program
	rm -rf root
	mkdir -p root/usr/bin root/usr/lib/x86_64-linux-gnu
	ln -s usr/lib root/lib
	cp "$program" root/usr/bin
	ldd "$program" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p' | while read -r lib; do
		cp "$lib" root/usr/lib/x86_64-linux-gnu
	done
	cp /lib64/ld-linux-x86-64.so.2 root/usr/lib/x86_64-linux-gnu
	mkdir root/lib64
	ln -s ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 root/lib64
}
place
run 0 sh "$recipe/needed.sh" root
ok 'libraries: all there'
rm root/usr/lib/x86_64-linux-gnu/libseccomp.so.2
refused 1 '/usr/bin/anchorite-init needs libseccomp.so.2' \
    sh "$recipe/needed.sh" root
ok 'libraries: one is missing'
place
rm root/usr/lib/x86_64-linux-gnu/libc.so.6
refused 1 'libseccomp.so.2 needs libc.so.6' sh "$recipe/needed.sh" root
ok 'libraries: one that a library needs is missing'
place
rm root/lib64/ld-linux-x86-64.so.2
refused 1 'needs /lib64/ld-linux-x86-64.so.2' sh "$recipe/needed.sh" root
ok 'libraries: the loader is missing'
mkdir -p bare/usr
refused 1 'not read at all' sh "$recipe/needed.sh" bare
ok 'libraries: no program at all'

run 0 sh "$recipe/plain.sh" root
ok 'modes: plain'
chmod u+s root/usr/bin/anchorite-init
refused 1 '/usr/bin/anchorite-init' sh "$recipe/plain.sh" root
ok 'modes: setuid'
chmod u-s,g+s root/usr/bin/anchorite-init
refused 1 '/usr/bin/anchorite-init' sh "$recipe/plain.sh" root
ok 'modes: setgid'
chmod g-s root/usr/bin/anchorite-init
mkfifo root/pipe
refused 1 '/pipe' sh "$recipe/plain.sh" root
ok 'modes: a pipe'

# ---- the sources ----------------------------------------------------------------------------

in_tree() {
	git -C sources -c user.name=t -c user.email=t@example.com "$@" >/dev/null 2>&1
}
says_commit() { # SUFFIX: what the image would say of the tree
	rm -rf taken
	run 0 sh "$recipe/source.sh" sources taken && diff -r -x .git sources taken/src &&
	    [ "$(sed -n 's/^commit=//p' taken/release)" = \
		"$(git -C sources rev-parse HEAD)$1" ]
}
mkdir -p sources/a/b
echo 'VERSION = 7' >sources/Makefile
echo text >sources/a/b/file
echo more >sources/a-b
in_tree init -q && in_tree add . && in_tree commit -q -m one
run 0 says_commit '' && grep -qx 'version=7' taken/release
ok 'sources: as committed'
echo other >>sources/a/b/file
says_commit -modified
ok 'sources: a file that differs'
in_tree checkout -- . && in_tree update-index --assume-unchanged a-b
echo other >>sources/a-b
says_commit -modified
ok 'sources: a file that git was told to take as unchanged'
in_tree update-index --no-assume-unchanged a-b && in_tree checkout -- . &&
    in_tree config core.autocrlf true && rm sources/a-b && in_tree checkout -- a-b
in_tree diff --quiet HEAD && says_commit -modified
ok 'sources: line ends that git changed'
in_tree config core.autocrlf false && rm sources/a-b && in_tree checkout -- a-b
echo new >sources/new
in_tree add new && says_commit -modified
ok 'sources: a file that is not committed'
in_tree rm -q -f --cached new && rm sources/new && in_tree rm -q a-b
says_commit -modified
ok 'sources: a file that is gone'
in_tree reset -q --hard && says_commit ''
ok 'sources: as committed again'
mkdir none
refused 1 'is not a git work tree' env GIT_CEILING_DIRECTORIES="$dir" \
    sh "$recipe/source.sh" none taken2
ok 'sources: no work tree'

# ---- the lists of this tree ---------------------------------------------------------------

names() { # FILE: the names that `packages` wants, but the kernel's
	sed 's/#.*//' "$recipe/packages" | awk -v set="${1-}" '
		set == "" || $1 == set { for (i = 2; i <= NF; i++) print $i }' |
	    grep -v '^linux-image-' | sort -u
}
sh "$recipe/locked.sh" "$recipe/packages.lock" | cut -d' ' -f2 |
    grep -v '^linux-image-' | sort >locked
names >wanted
run 0 cmp wanted locked
ok 'lists: the lock is that of the wanted packages'
[ "$(sh "$recipe/locked.sh" "$recipe/packages.lock" image |
    grep -c ' linux-image-[0-9.-]*-amd64 ')" = 1 ]
ok 'lists: one kernel'
names image >wanted
awk '/^#/ { next } NF != 2 { print "bad " $0 } { print $1 }' \
    "$recipe/files" | grep -v '^linux-image-' | sort -u >named
run 0 cmp wanted named
ok 'lists: files of each package of the image, and of no other'
run 0 awk '/^#/ || NF == 0 { next } NF < 2 { print; bad = 1 } END { exit bad }' \
    "$recipe/kernel-line"
ok 'lists: a reason for each word to the kernel'

echo "1..$n"
