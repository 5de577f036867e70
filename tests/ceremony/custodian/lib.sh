# shellcheck shell=sh disable=SC2034
# For the scripts of this folder: a scratch folder that is the working folder
# and goes away at the end, TAP, rehearsals.  The plans are those of
# docs/examples, their dates moved to where the machine's clock is, so that
# tools that know no other time can judge what is made.
BUILD=${BUILD:?}
repo=${repo:-$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)}
anchorite=$BUILD/bin/anchorite
factory=$BUILD/bin/anchorite-factory
audit=$BUILD/bin/anchorite-audit
devices=$BUILD/tests/demo/tool_devices
bundle=$BUILD/tests/ceremony/custodian/tool_bundle
liar=$BUILD/tests/ceremony/custodian/tool_liar
collude=$BUILD/tests/ceremony/custodian/tool_collude
# shellcheck source=tests/wrap.sh
. "$repo/tests/wrap.sh"
# shellcheck source=tests/tap.sh
. "$repo/tests/tap.sh"
scratch custodian

sha256() { # FILE
	sha256sum <"$1" | cut -d' ' -f1
}

# day N: noon of the day so many days from today
day() {
	date -u -d "$1 days" +%Y-%m-%dT12:00:00Z
}

# plan EXAMPLE DAY [SED-EXPRESSION...]: the plan on standard output
plan() {
	file=$repo/docs/examples/$1.yaml date=$(day "$2")
	shift 2
	set -- "$@" -e "s/^date: .*/date: $date/"
	set -- "$@" -e "s/expiry: .*/expiry: $(day +400)/"
	set -- "$@" -e "s/receipts: .*/receipts: $(day +430)/"
	sed "$@" "$file"
}

# genesis: a station, a genesis plan and its rehearsal in ./r; the sed
# expressions change the plan
genesis() {
	mkdir -p in
	run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	    --key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 "$@" >genesis.yaml &&
	    run 0 "$anchorite" rehearse genesis.yaml --dir r --in in
}

# genesis_now: without changes
genesis_now() {
	genesis -e ""
}

# request NAME FOLDER...: in/NAME of the CSRs in these folders
request() {
	name=$1
	shift
	run 0 "$factory" request --order r/out/line3.order --key line3.key \
	    --out "in/$name" "$@"
}

# rehearse STATUS PLAN
rehearse() {
	run "$1" "$anchorite" rehearse "$2" --dir r --in in
}

# refuses NAME STATUS TEXT PLAN: in one line that holds the text
refuses() {
	rehearse "$2" "$4" && says err "$3" && [ "$(wc -l <err)" = 1 ]
	ok "$1"
}

# holds EXPRESSION FILE: one of the file's lines fulfils the jq expression
holds() {
	jq -e -s "any(.[]; $1)" "$2" >out 2>err
}

# every file below a folder with its digest, ledger.db apart: a cache
digests() {
	find "$1" -type f ! -name 'ledger.db*' -exec sha256sum {} + | sort -k2
}

# records TYPE: the bodies of these records, one a line
records() {
	jq -c "select(.type == \"$1\").body" r/state/transcript.jsonl
}

# flip FILE OFFSET: the lowest bit of one octet
flip() {
	octet=$(od -An -tu1 -j "$2" -N 1 "$1")
	octal=$(printf %03o $((octet ^ 1)))
	printf '%b' "\\0$octal" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>err
}

# install_liar NAME: ./NAME/bin/anchorite, whose anchorite-NAME is the liar
install_liar() {
	mkdir "$1" && cp -R "$BUILD/bin" "$BUILD/libexec" "$1" || return 1
	helper=$1/libexec/anchorite/anchorite-$1
	mv "$helper" "$helper.honest" && cp "$liar" "$helper"
}
