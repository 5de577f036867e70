#!/bin/sh
# A ceremony from the menu alone, from the first screen to powering off, with
# loop devices for media: a state medium made, a plan taken, the ceremony held,
# stopped, gone on with, its log copied and audited, a file put on a medium.
set -u
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../custodian/lib.sh
. "$repo/tests/ceremony/custodian/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../custodian/media.sh
. "$repo/tests/ceremony/custodian/media.sh"
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$repo/tests/ceremony/menu/lib.sh"
people=$repo/tests/ceremony/custodian/people.exp
init=$BUILD/tests/ceremony/menu/tool_init
if [ -z "$media" ]; then
	skip "a ceremony from the menu" "loop devices or mounts are not permitted here"
	echo "1..$n"
	exit 0
fi

mkdir -p tokens files stations
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"

# held STATUS WORD=VALUE...: people at the menu; ./shown is what it shows
held() {
	want=$1
	shift
	run "$want" expect "$people" log=raw paper=paper words="$words" "$@" -- \
		./menu.sh --loop --module softhsm
	good=$?
	sed 's|\r$||' raw | sed 's/'"$(printf '\033')"'\[H'"$(printf '\033')"'\[J/\f/g' >shown
	cat shown >>all-shown
	cat shown err >err.all && mv err.all err
	return $good
}

plan demo-1-genesis -20 >files/genesis.yaml
words=$("$anchorite" plan check files/genesis.yaml | sed -n 's/^words: //p')
run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out files/line3.station
mkdir files/sub && echo x >"files/$(printf '\033')[31mred.yaml"
stick "in$tag" "IN$tag" files && attach "in$tag"
stick "out$tag" "OUT$tag" && attach "out$tag"
for s in "one$tag" "two$tag"; do truncate -s 16M "$s.img" && attach "$s"; done
mkdir root
"$init" root/init told >/dev/null 2>&1 &
initpid=$!
trap 'kill $initpid 2>/dev/null; for l in $loops; do drop "$l"; done
	chmod -R u+rwX "$dir"; rm -rf "$dir"' EXIT
while [ ! -S root/init ]; do :; done

held 0 serial="one$tag.img" number="6,2,=one$tag.img,S$tag,,0" && says shown "is a state medium now: S$tag"
ok "a state medium is made"
held 0 serial="two$tag.img" number="6,2,=two$tag.img,S$tag,,2,=two$tag.img,S$tag,,2,,0" &&
	says shown "is a state medium now: S$tag" &&
	says shown "is not empty (ext4): to lose what is on it, say --erase" &&
	says shown "a file is missing, or not as it must be (3)"
ok "another one; one that is not empty is refused"
held 0 serial="two$tag.img" number="6,2,=two$tag.img,S$tag,erase,0" && says shown "--erase --loop" &&
	says shown "is a state medium now: S$tag"
ok "but not when what is on it is to be lost"

held 0 medium="=in$tag.img" file=2, number="1,t,1,0" && cmp files/genesis.yaml root/plans/genesis.yaml 2>>err &&
	says shown "Choose a file ending in .yaml: its number" && ! says shown "line3.station"
ok "a plan is taken from a medium, by its ending"
held 0 medium="=in$tag.img,q" file=3,,q number="1,t,t,0" && says shown 'red.yaml'
ok "stopped while a file was picked"

menu 0 "$number" 8 "$number" 1 "Where to?" 2 "its number" ^C \
	"stopped by you (130)" "sh true" "$on" "" "$number" 0 "$number" ^D -- \
	./menu.sh --loop --module softhsm
ok "Ctrl-C while a medium is asked for"

before="3,2,S$tag,1"
held 0 stop=pin medium="=in$tag.img" file=, number="$before,0" && says shown "To go on, choose 1 here again" &&
	says shown "stopped by you (130)" && says shown "--state media:S$tag" &&
	says shown "--image root/image.json"
ok "the ceremony is begun, and stopped"
held 0 medium="=in$tag.img,=out$tag.img" file=, number="$before,0" &&
	says shown "written and compared: line3.order" && says shown "-- anchorite run: done (0)."
ok "and gone on with, to its end"
held 0 number="4,1,S$tag,2,3,,0" && says shown "op-alice" && says shown "-- anchorite status: done (0)." &&
	says shown "the anchor was not given (3)"
ok "its log is copied into memory, looked at and audited"
run 3 "$audit" verify root/state && jq '.medium //= "-"' root/image.json >image &&
	jq -e -s --slurpfile i image 'any(.[]; .type == "ceremony.open" and .body.image == $i[0])' \
		root/state/transcript.jsonl >/dev/null
ok "which says what image this machine was started from"
on "out$tag" line3.order >got && cmp got root/state/objects/"$(sha256 got)" 2>>err
ok "the work order is on the medium"
echo hello >root/out/note.txt
held 0 medium="=out$tag.img" number="8,2,3,1,0" && says shown "written and compared: note.txt" &&
	[ "$(on "out$tag" note.txt)" = hello ]
ok "a file is put on a medium"
rm root/out/note.txt && echo other >root/out/note.txt
held 0 medium="=out$tag.img,q" number="8,2,3,1,0" &&
	says shown "note.txt: is there already and is not overwritten" && [ "$(on "out$tag" note.txt)" = hello ]
ok "and not over another one"
held 0 number="6,5,S$tag,0,12,y,0" && says shown "has the whole state now" && says shown "The machine goes off" &&
	[ "$(sort -u told)" = "booted
power-off" ]
ok "the state is copied back, and the machine powered off"
kill $initpid
fits
echo "1..$n"
