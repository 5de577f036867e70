#!/bin/sh
# Across the gap by light alone: every file that a factory and a ceremony
# exchange over a batch of 40 is shown as codes, photographed at 720p with
# losses, and read on the other side.  Nothing else is copied.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
photo=$BUILD/tests/ceremony/qr/tool_photo

# words: the digest in words, as show and scan say it
words() {
	sed -n '/ in words:$/,$p' out | grep '^  ' | tr -s ' \n' '  '
}

# photograph LENS ENDING: every picture of codes/, one in three is lost
photograph() {
	mkdir photos || return 1
	i=0
	for picture in codes/*.png; do
		i=$((i + 1))
		[ $((i % 3)) = 0 ] && [ "$codes" -gt 1 ] && continue
		"$photo" "$1" $i "photos/$i$2" "$picture" || return 1
	done
}

# carry NAME FROM TO FILE OUT LENS ENDING: FROM and TO are the programs on the
# two sides; what arrives is what left, and both say the same words
carry() {
	name=$1 from=$2 to=$3 file=$4 arrived=$5
	rm -rf codes photos
	# a code holds 890 octets; twice as many codes, for the losses
	codes=$((2 * $(wc -c <"$file") / 890 + 1))
	run 0 "$from" qr show "$file" --png codes --frames $codes &&
		left=$(words) &&
		photograph "$6" "$7" 2>err &&
		run 0 "$to" qr scan photos --out "$arrived" &&
		cmp "$file" "$arrived" >>err 2>&1 && [ -n "$left" ] &&
		[ "$(words)" = "$left" ]
	ok "$name"
	rm -rf codes photos
}

mkdir in factory ceremony || exit 1

# ---- genesis, with the station's file ----------------------------------------
run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key factory/line3.key --out factory/line3.station
ok 'factory: a station'
carry 'its file comes to the ceremony' "$factory" "$anchorite" \
	factory/line3.station in/line3.station mild .png
plan demo-1-genesis -20 >genesis.yaml &&
	run 0 "$anchorite" rehearse genesis.yaml --dir r --in in
ok 'ceremony: genesis'
root=$(awk '/^  root key, for stations/ { getline; print }' out)
anchor=$(sed -n '/^anchor of this log/{n;p;}' out)
carry 'its work order comes to the factory' "$anchorite" "$factory" \
	r/out/line3.order factory/line3.order moderate .jpg

# ---- a batch of 40 -----------------------------------------------------------
"$devices" make units 28 --first 340A91F0 && "$devices" bad bad &&
	run 0 "$factory" request --order factory/line3.order \
		--key factory/line3.key --out factory/line3.request units bad
ok 'factory: a request of 40'
carry 'it comes to the ceremony' "$factory" "$anchorite" \
	factory/line3.request in/line3.request moderate .jpg
plan demo-2-batch -10 >batch.yaml && rehearse 0 batch.yaml
ok 'ceremony: the batch'
carry 'its response comes to the factory' "$anchorite" "$factory" \
	r/out/line3.response factory/line3.response hard .pgm
run 0 "$factory" accept --request factory/line3.request \
	--response factory/line3.response --order factory/line3.order \
	--root "$root" --date "$(day -9)" --out accepted &&
	[ "$(find accepted/certs -name '*.crt' | wc -l)" = 29 ]
ok 'factory: 29 of them are certified'
run 0 "$audit" verify r/state --anchor "$anchor"
ok 'auditor: everything is in order'

echo "1..$n"
