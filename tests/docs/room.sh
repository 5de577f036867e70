# shellcheck shell=sh disable=SC2034
# The ceremonies that the handbooks show, held by people at a terminal with soft
# tokens; for the script of this folder.  What the terminal shows is kept in
# screens/NAME, without what moves its cursor.
repo=${repo:-$(CDPATH='' cd -- "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/ceremony/custodian/lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
people=$repo/tests/ceremony/custodian/people.exp
unseen= # screens that this machine cannot show
mkdir -p screens in tokens outbox
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" \
	>softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"
# what the bootable image says of itself
echo medium >medium
printf '{"version":"%s","commit":"%s","medium":"%s"}\n' \
	"$("$anchorite" --version | cut -d' ' -f2)" \
	"$(echo commit | sha1sum | cut -c1-40)" \
	"$(sha256sum <medium | cut -c1-64)" >image.json

# plain: what a person sees of what a terminal gets, with the folders that the
# bootable image has, and without what only soft tokens need
plain() {
	sed -e 's/\r//g' -e 's/\x1b\[[0-9;?]*[A-Za-z]//g' -e "s|$dir/||g" \
		-e "s|$dir\$|/run/anchorite|" -e "s|$BUILD/bin/||g" \
		-e 's/SOFTHSM2_CONF=[^ ]* //'
}

# witness: one listens at ./sock; seen NAME: what was shown to it, and it goes
say=$BUILD/tests/ceremony/menu/tool_say
witness() {
	rm -f sock
	"$anchorite" witness --at sock >witnessed 2>err &
	witness=$!
	while [ ! -S sock ] && kill -0 "$witness"; do :; done
}
seen() {
	# who comes next is turned away when all that came before is shown
	"$say" sock </dev/null
	kill "$witness" && plain <witnessed >"screens/$1"
}

# printed NAME STATUS COMMAND...: what it prints, where no terminal is
printed() {
	name=$1
	shift
	run "$@"
	good=$?
	cat out err sheet | plain >"screens/$name"
	return $good
}

# held NAME STATUS PLAN [more=OPTIONS] [WORD=VALUE...]: the ceremony of PLAN.yaml
held() {
	name=$1 want=$2 plan=$3 more=
	shift 3
	case ${1:-} in
	more=*)
		more=${1#more=}
		shift
		;;
	esac
	words=$("$anchorite" plan check "$plan.yaml" | sed -n 's/^words: //p')
	rm -f shown
	run "$want" expect "$people" log=shown paper=paper words="$words" "$@" \
		-- sh -c "exec '$anchorite' run $plan.yaml --state state --in in \
		--out outbox --image image.json $more"
	good=$?
	plain <shown >"screens/$name"
	cp "screens/$name" err
	return $good
}
