# shellcheck shell=sh disable=SC2034
# What every test script needs, for scripts that source this: results in TAP,
# programs whose status and words are looked at, a scratch folder.  A script
# ends in  echo "1..$n".
n=0

# scratch NAME: $dir, a new folder in $BUILD, is the working folder, and goes
# away at the end
scratch() {
	dir=$(mktemp -d "$BUILD/$1.XXXXXX") || exit 1
	trap 'chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT
	trap 'exit 1' HUP INT TERM
	cd "$dir" || exit 1
}

ok() { # NAME: the last command's status is the result
	status=$?
	n=$((n + 1))
	if [ $status = 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' out err 2>/dev/null | tail -n 30
	fi
}

skip() { # NAME WHY
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# run STATUS COMMAND...: it ends in STATUS; output in out and err, a stop sheet
# that stood at the end of err in sheet
run() {
	want=$1
	shift
	"$@" >out 2>err </dev/null
	got=$?
	sed -n '/^-- stop sheet /,$p' err >sheet
	sed -i '/^-- stop sheet /,$d' err
	[ $got = "$want" ] || {
		echo "status $got, not $want" >>err
		return 1
	}
}

# says FILE TEXT: a line of the file holds the text
says() {
	grep -qF -e "$2" "$1"
}
