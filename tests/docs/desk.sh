# shellcheck shell=sh disable=SC2154
# What an auditor has on the desk: desk/state, desk/earlier, a copy of before the
# last ceremony, and from papers desk/anchor.words and desk/image.words.  Needs
# room.sh.
run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 >genesis.yaml && witness && {
	held genesis 0 genesis more="--witness $dir/sock"
	good=$?
	seen witness && [ $good = 0 ]
}
ok "genesis, held by people at a terminal, and a witness"
"$devices" make units 20 --first 340A91F0 && "$devices" bad bad &&
	cp bad/01-* bad/07-* units &&
	run 0 "$factory" request --order outbox/line3.order --key line3.key \
		--out in/line3.request units &&
	plan demo-2-batch -10 >batch.yaml && held batch 0 batch &&
	mkdir desk && cp -R state desk/earlier
ok "a batch"
plan demo-3-crl -5 >crl.yaml && held crl 0 crl && cp -R state desk
ok "a list of revocations"
sed -n '/^anchor of this log/,$p' screens/genesis | sed -n '2,5p' |
	tr -s ' \n' ' ' | sed 's/^ //; s/ $//' >desk/anchor.words
[ "$(wc -w <desk/anchor.words)" = 32 ]
"$anchorite" words medium | sed -n 2p >desk/image.words
ok "the anchor, copied from the screen"
