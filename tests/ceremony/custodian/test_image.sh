#!/bin/sh
# What is recorded of the image that a machine was booted from, and what a file
# that tells of it may look like.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
people=$repo/tests/ceremony/custodian/people.exp

mkdir in && run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 >genesis.yaml &&
	plan demo-3-crl -10 -e '/^ *revoke:/d' -e '/340A91FF/d' >crl.yaml
ok "a station and plans"
medium=$(sha256 genesis.yaml) other=$(sha256 crl.yaml)
# tells VERSION MEDIUM: image.json
tells() {
	printf '{"version":"%s","commit":"0123abcd-modified","medium":%s}\n' \
		"$1" "$2" >image.json
}
# image STATE: of its last opening or resumption
image() {
	jq -c 'select(.type == "ceremony.open" or .type == "ceremony.resume").body |
		[.image.version, .image.commit, .image.medium]' \
		"$1/transcript.jsonl" | tail -n 1
}

# ---- refused, and nothing is done ----------------------------------------------
refused() { # NAME TEXT
	run 3 "$anchorite" rehearse genesis.yaml --dir r --in in \
		--image image.json && says err 'image.json: ' && says err "$2" && [ ! -e r/state ]
	ok "$1"
}
rm -f image.json
refused "no such file" "No such file"
mkdir image.json
refused "a folder" "Invalid argument"
rmdir image.json && ln -s genesis.yaml image.json
refused "a link" "Too many levels"
rm image.json && mkfifo image.json
refused "a pipe" "Invalid argument"
rm image.json && tells 0.1.0 "\"$medium\"" && printf '%1024s' '' >>image.json
refused "too long" "over its size limit"
for text in '' '{' '{"version":"1","commit":"c"}' \
	'{"version":"1","commit":"c","medium":null,"more":1}' \
	'{"version":"1","commit":"c","medium":"none"}' \
	'{"version":"","commit":"c","medium":null}' \
	'{"version":"\u001b[2J","commit":"c","medium":null}'; do
	echo "$text" >image.json
	refused "refused: $text" "does not tell of an image"
done

# ---- recorded --------------------------------------------------------------------
tells 0.1.0 "\"$medium\""
run 0 "$anchorite" rehearse genesis.yaml --dir r --in in --image image.json &&
	[ "$(image r/state)" = "[\"0.1.0\",\"0123abcd-modified\",\"$medium\"]" ]
ok "a rehearsal says what it ran from"
run 3 "$audit" verify r/state --image "$medium" &&
	says out 'image        of every ceremony' &&
	says out '             0.1.0, commit 0123abcd-modified'
ok "the auditor shows it, and finds it to be the one given"
run 1 "$audit" verify r/state --quiet --image "$other" &&
	says out 'ran from another medium than the one given'
ok "the auditor was given another"
tells 0.1.0 null
run 0 "$anchorite" rehearse crl.yaml --dir r --in in --image image.json &&
	[ "$(image r/state)" = '["0.1.0","0123abcd-modified","-"]' ]
ok "a medium that was not read back"
run 1 "$audit" verify r/state --image "$medium" &&
	[ "$(grep -c '^finding: ' out)" = 1 ] && says out 'did not read its medium back'
ok "the auditor says which ceremony that was"

# ---- as people run it ------------------------------------------------------------
mkdir tokens outbox
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"
tells 0.1.0 "\"$medium\""
words=$("$anchorite" plan check genesis.yaml | sed -n 's/^words: //p')
run 130 expect "$people" log=shown words="$words" paper=paper stop=words \
	-- "$anchorite" run genesis.yaml --state state --in in --out outbox \
	--image image.json && says shown '--image image.json' &&
	[ "$(image state)" = "[\"0.1.0\",\"0123abcd-modified\",\"$medium\"]" ]
ok "a ceremony that is stopped: recorded, and in the command that goes on"
tells 0.2.0 "\"$other\""
run 130 expect "$people" log=shown words="$words" paper=paper stop=words \
	-- "$anchorite" run genesis.yaml --state state --in in --out outbox \
	--image image.json &&
	[ "$(image state)" = "[\"0.2.0\",\"0123abcd-modified\",\"$other\"]" ]
ok "another image, from which it goes on"
echo "1..$n"
