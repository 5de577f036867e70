#!/test/bin/sh
# The first process of a guest that is looked into: it starts a shell on the
# serial line, free of all that the image's own first process lays upon others,
# and becomes that one.  inside.sh puts it into the guest.
PATH=/test/bin
export PATH

# its words are "TAG COMMAND"; see tool_line.c
serve() {
	stty -echo -opost
	while read -r tag command; do
		[ -n "$tag" ] || continue
		sh -c "$command" </dev/null 2>&1
		printf '\036%s %d\n' "$tag" $?
	done
}

# not yet there in /dev; without null nothing runs beside
mknod /test/line c 4 64
mknod /dev/null c 1 3
# shellcheck disable=SC2094 # a line has two ends
serve </test/line >/test/line 2>&1 &
# what the test wants done before
# shellcheck source=/dev/null
[ ! -f /test/before ] || . /test/before
exec /usr/libexec/anchorite/anchorite-init
