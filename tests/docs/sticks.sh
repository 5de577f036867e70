# shellcheck shell=sh disable=SC2154,SC2034
# Ceremonies whose state, inputs and outputs are on removable media, here loop
# devices, which get the names that sticks have.  Needs room.sh, desk.sh.
# shellcheck source=tests/ceremony/custodian/media.sh
. "$repo/tests/ceremony/custodian/media.sh"

# put_in NAME DEVICE
put_in() {
	attach "$1" && real="$real
		s,/dev/${loop##*/}\\b,/dev/$2,g
		s/\\b${loop##*/} \\{4\\}/$2      /g
		s/\\b${loop##*/}\\b/$2/g"
}
# real NAME: with these names; media of others, who use this machine too, are
# left out
real() {
	plain | sed -e "$real" -e "s/STATE$tag/ANCHORITE/g" \
		-e "s/IN$tag/FILES-IN/g; s/OUT$tag/FILES-OUT/g" \
		-e 's/one.img/4C5300001/g; s/two.img/4C5300002/g' \
		-e 's/files.img/07A100003/g; s/out.img/07A100004/g' \
		-e 's/ loop      / usb       /; s/loop device, serial/Stick, serial/' |
		awk '/^ .* loop[0-9]/ { other = 1; next }
			other && /^ +Stick, serial/ { other = 0; next }
			{ other = 0; print }' >"../screens/$1"
}
# sticks STATUS PLAN WORD=VALUE...: a ceremony on media alone, in ./shown
sticks() {
	want=$1 plan=$2
	shift 2
	words=$("$anchorite" plan check "$plan" | sed -n 's/^words: //p')
	rm -f shown
	run "$want" expect "$people" log=shown paper=paper words="$words" "$@" -- \
		"$anchorite" run "$plan" --state "media:STATE$tag" \
		--in "media:IN$tag" --out "media:OUT$tag" --loop --image image.json
}
# prepared: what is in $loop becomes a state medium
prepared() {
	run 0 expect "$people" log=shown serial="$1.img" -- "$anchorite" media \
		prepare "$loop" --loop --label "STATE$tag"
}
held_on_sticks() (
	cd sticks || exit 1
	real=
	sed 's|/tokens|/sticks/tokens|' ../softhsm.conf >softhsm.conf
	export SOFTHSM2_CONF="$dir/sticks/softhsm.conf"
	cp ../in/line3.station in && cp ../genesis.yaml ../image.json . &&
		plan demo-3-crl -5 -e '/revoke:/d' -e '/- {id:/d' >crl.yaml
	stick files "IN$tag" in && stick out "OUT$tag" &&
		truncate -s 16M one.img two.img && put_in one sdb &&
		prepared one && real stick-prepare <shown && put_in two sdc &&
		prepared two && put_in files sdd && put_in out sde &&
		sticks 0 genesis.yaml medium=, file=, &&
		real stick-genesis <shown && detach two &&
		sticks 0 crl.yaml medium=,, state='the other one is broken' &&
		real stick-one <shown && put_in two sdc &&
		sticks 0 crl.yaml medium=,, && real stick-behind <shown
	good=$?
	cp err ../err
	for name in one two files out; do
		detach $name
	done 2>/dev/null
	exit $good
)
mkdir sticks sticks/in sticks/tokens
if [ -n "$media" ]; then
	held_on_sticks
	ok "ceremonies on media alone"
else
	unseen="$unseen stick-prepare stick-genesis stick-one stick-behind"
	skip "ceremonies on media alone" "loop devices are not permitted here"
fi
