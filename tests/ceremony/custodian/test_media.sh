#!/bin/sh
# A ceremony whose files come and leave on removable media, and media made
# ready: at a terminal, with loop devices for media.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=media.sh
. "$repo/tests/ceremony/custodian/media.sh"
people=$repo/tests/ceremony/custodian/people.exp

run 0 "$anchorite" media list
ok "media are listed, be there any or none"
run 0 "$anchorite" media list --json && jq -e 'type == "array"' out >/dev/null
ok "as JSON"
run 2 "$anchorite" media && run 2 "$anchorite" media prepare &&
	run 2 "$anchorite" media list sdb && run 2 "$anchorite" media take &&
	run 2 "$anchorite" media put && run 2 "$anchorite" media put x --out . &&
	run 2 "$anchorite" media list --ending x && run 2 "$anchorite" media take x --out .
ok "usage"
run 5 setsid "$anchorite" media prepare sdb && says err "no terminal"
ok "preparing is asked at a terminal"
run 5 setsid "$anchorite" media take --out . && says err "no terminal" &&
	run 5 setsid "$anchorite" media put in && says err "no terminal"
ok "and so is what is taken, or put there"

mkdir tokens in
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$dir" >softhsm.conf
export SOFTHSM2_CONF="$dir/softhsm.conf"

# at STATUS WORD=VALUE... -- COMMAND...: at a terminal; ./shown is what it shows
at() {
	want=$1
	shift
	run "$want" expect "$people" log=shown "$@"
	good=$?
	cp shown err
	cat shown >>all-shown
	return $good
}

# held STATUS PLAN WORD=VALUE...: a ceremony on media alone
held() {
	want=$1 plan=$2
	shift 2
	words=$("$anchorite" plan check "$plan" | sed -n 's/^words: //p')
	at "$want" paper=paper words="$words" "$@" -- "$anchorite" run "$plan" \
		--state state --in "media:IN$tag" --out "media:OUT$tag" --loop
}

run 0 "$factory" station-key --factory 'Example Works' --line 3 \
	--key line3.key --out in/line3.station &&
	plan demo-1-genesis -20 >genesis.yaml
ok "a station and a plan"

# another anchorite-media, on a kernel without seccomp: it starts before the
# plan is known, and is judged by it before anything else is asked
mkdir less && cp -R "$BUILD/bin" "$BUILD/libexec" less &&
	mv less/libexec/anchorite/anchorite-media real-media &&
	printf '#!/bin/sh\nexec %s seccomp %s "$@"\n' \
		"$BUILD/tests/ceremony/custodian/tool_older" "$PWD/real-media" \
		>less/libexec/anchorite/anchorite-media &&
	chmod +x less/libexec/anchorite/anchorite-media
at 1 -- less/bin/anchorite run genesis.yaml --state state --in media --out . &&
	says shown "the media's cell is basic " && says shown "the plan asks for full" &&
	! says shown "Confirm" && [ ! -e state ]
ok "a cell of anchorite-media that is less than the plan asks for: refused"

cp "$BUILD/tests/ceremony/custodian/tool_caught" less/libexec/anchorite/anchorite-media &&
	echo silent >less/libexec/anchorite/anchorite-media.act
cat >hangs.exp <<'EOF'
# Ctrl-C once the program has a helper process, which says nothing.
log_file -noappend -a shown
set timeout 60
spawn -noecho {*}$argv
set f /proc/[exp_pid]/task/[exp_pid]/children
while {[set child [string trim [exec cat $f]]] eq ""} {}
send "\003"
expect eof
exec kill -9 {*}$child
exit [lindex [wait] 3]
EOF
run 130 expect hangs.exp less/bin/anchorite run genesis.yaml --state media --in in --out . &&
	grep -q "stopped while a medium was waited for" shown
ok "Ctrl-C while a medium hangs"

if [ -z "$media" ]; then
	skip "ceremonies on media" "loop devices or mounts are not permitted here"
	echo "1..$n"
	exit 0
fi

# ---- preparing ---------------------------------------------------------------

truncate -s 16M "new$tag.img" && attach "new$tag"
name=${loop#/dev/}
run 0 "$anchorite" media list --loop && says out "$name" && says out "empty" &&
	says out "serial new$tag.img"
ok "a medium is told by name, size, what is on it, and serial"
at 130 serial=wrong -- "$anchorite" media prepare "$name" --loop &&
	says shown "that is not its serial: nothing was changed on it" &&
	[ -z "$(tr -d '\0' <"new$tag.img" | head -c 1)" ]
ok "another serial: nothing happens"
at 0 serial="new$tag.img" -- "$anchorite" media prepare "/dev/$name" --loop \
	--label "S$tag" && says shown "is a state medium now: S$tag"
ok "its serial typed: a state medium"
run 0 "$anchorite" media list --loop --json && jq -e --arg n "$name" --arg l "S$tag" \
	'any(.[]; .name == $n and .fs == "ext4" and .label == $l and .usable)' out >/dev/null
ok "and it is listed as one"
at 3 serial="new$tag.img" -- "$anchorite" media prepare "$name" --loop &&
	says shown "is not empty (ext4): to lose what is on it, say --erase"
ok "one that is not empty: refused"
at 0 serial="new$tag.img" -- "$anchorite" media prepare "$name" --loop --erase
ok "but with --erase"
at 3 -- "$anchorite" media prepare vda --loop --erase &&
	says shown "no removable medium of that name"
ok "a disk of this machine is no medium"
mkdir twin && truncate -s 16M "twin/new$tag.img" && ln -s "twin/new$tag.img" twin.img
cp --sparse=always "new$tag.img" "twin/new$tag.img" && attach "twin/new$tag"
at 3 serial="new$tag.img" -- "$anchorite" media prepare "$name" --loop --erase &&
	says shown "has the same serial, new$tag.img: take one of them out"
ok "two media of one serial: refused"
detach "twin/new$tag"
at 2 -- "$anchorite" media prepare "$name" --loop --label 'far too long a label'
ok "a label that ext4 has no room for"
at 2 -- "$anchorite" media prepare "$name" --loop --label 'blank ' &&
	at 2 -- "$anchorite" media prepare "$name" --loop --label 'back\slash' &&
	says shown "without a backslash or a blank at the end"
ok "a label that would not read back as it was written"
detach "new$tag"

# ---- the boot medium -----------------------------------------------------------

image="it is the image that machines start from"
boot_image boot && cp boot.img boot.before && attach boot && name=${loop#/dev/}
run 0 "$anchorite" media list --loop && grep -A 2 "^ *[0-9]* *$name " out | grep -q "^ *$image\$" &&
	run 0 "$anchorite" media list --loop --json && jq -e --arg n "$name" --arg why "$image" \
	'any(.[]; .name == $n and .label == "ANCHORITE_IMAGE" and (.usable | not) and .why == $why)' out >/dev/null
ok "the boot medium is listed, and for nothing"
at 5 serial=boot.img -- "$anchorite" media prepare "$name" --loop --erase &&
	says shown "medium $name: $image"
ok "no state medium is made of it"
mkdir from && echo file >from/file && stick from "B$tag" from && attach from
at 130 medium=q -- "$anchorite" media take --out from --loop &&
	says shown "$name is there, and not for this: $image" && says shown "from.img" &&
	! grep -q "^ *[0-9][0-9]* *$name " shown
ok "no file is taken from it"
at 130 medium=q -- "$anchorite" media put from/file --loop &&
	says shown "$name is there, and not for this: $image" && says shown "from.img" &&
	! grep -q "^ *[0-9][0-9]* *$name " shown
ok "and none put there"
at 130 state=q -- "$anchorite" run genesis.yaml --state "media:S$tag" --in in --out from --loop &&
	says shown "$name is there, and no state medium: $image"
ok "nor is the state looked for on it"
cmp boot.img boot.before 2>err
ok "it is as it was"
detach boot
detach from

# ---- single files --------------------------------------------------------------

esc=$(printf '\033')
mkdir single taken && echo plan >single/a.yaml && echo other >single/b.txt &&
	echo red >"single/${esc}[31mred.yaml" && echo dash >single/-x.yaml
stick single "F$tag" single && attach single
at 0 medium="=single.img" file=3 -- "$anchorite" media take --ending .yaml --out taken --loop &&
	says shown "Choose a file ending in .yaml" && ! says shown "b.txt" &&
	says shown "SHA-256:" && says shown "taken: a.yaml in taken" && cmp single/a.yaml taken/a.yaml 2>>err
ok "a file is taken by its ending, its words shown"
at 130 medium="=single.img" file=3 name=,q -- "$anchorite" media take --ending .yaml --out taken --loop &&
	says shown "a.yaml: is there already, and is not overwritten" && says shown "nothing was written" &&
	[ "$(ls taken)" = a.yaml ]
ok "not over one of its name"
at 0 medium="=single.img" file=3 name=,../up,-up,c.yaml -- "$anchorite" media take --ending .yaml --out taken --loop &&
	says shown "no slash, and no dot, dash or blank first" && cmp single/a.yaml taken/c.yaml 2>>err
ok "but under another, which must be one"
at 0 medium="=single.img" file=1 name=,red -- "$anchorite" media take --out taken --loop &&
	says shown '\x1b[31mred.yaml' && cmp "single/${esc}[31mred.yaml" taken/red 2>>err
ok "a name that is none here is not offered"
at 5 medium="=single.img" -- "$anchorite" media take --out nowhere --loop &&
	says shown "nowhere" && at 2 -- "$anchorite" media take --out taken --loop \
	--ending 012345678901234567890123456789012 && says shown "1 to 32 characters"
ok "a folder that is not there, an ending that is too long"
at 0 medium="=single.img" -- "$anchorite" media put taken/c.yaml --loop &&
	says shown "written and compared: c.yaml on medium" && [ "$(on single c.yaml)" = plan ]
ok "a file is put on a medium"
echo changed >taken/c.yaml
at 130 medium="=single.img,q" -- "$anchorite" media put taken/c.yaml --loop &&
	says shown "c.yaml: is there already and is not overwritten" && [ "$(on single c.yaml)" = plan ]
ok "and not over another one"
at 3 -- "$anchorite" media put taken/none --loop && says shown "taken/none: " &&
	ln -s c.yaml taken/link && at 3 -- "$anchorite" media put taken/link --loop &&
	cp taken/red "taken/$(printf '\344')" && at 3 -- "$anchorite" media put "taken/$(printf '\344')" --loop &&
	says shown "is printable ASCII"
ok "what is not there, a link, a name that is none"
detach single

# ---- a ceremony ---------------------------------------------------------------

esc=$(printf '\033')
mkdir files files/sub && cp in/line3.station files/ && echo x >"files/${esc}[31mred"
ln -s /etc/passwd files/link && mkfifo files/pipe
stick stick "IN$tag" files && stick away "OUT$tag" && attach stick && attach away
held 130 genesis.yaml medium=q && says shown "nothing was lost" && [ ! -e state ]
ok "stopped when a medium is asked for"
held 130 genesis.yaml file=q && [ ! -e state ]
ok "stopped when a file is asked for"
held 130 genesis.yaml file=red,pipe,q && says shown '\x1b[31mred' &&
	says shown "fifo" && says shown "link" && ! grep -q "${esc}\[31m" shown
ok "names are shown escaped, and what each is"
held 130 genesis.yaml file=,n stop=none medium=,q && says shown "SHA-256:" && [ ! -e state ]
ok "the file's digest is shown before it is taken, and it may be refused"
held 0 genesis.yaml && says shown "written and compared: line3.order"
ok "genesis, from a medium and to one"
holds '.type == "ceremony.open" and
	(.body.levels.media | split(",") | index("seccomp") != null)' state/transcript.jsonl
ok "the record says what anchorite-media gave up"
holds '.type == "medium" and .body.direction == "in" and
	.body.file == "line3.station" and .body.path == "line3.station" and
	.body.serial == "stick.img" and .body.fs == "ext4" and
	.body.sha256 == "'"$(sha256 in/line3.station)"'"' state/transcript.jsonl
ok "the record says which file came on which medium"
on away line3.order >got
cp got line3.order && [ -s got ] &&
	holds '.type == "medium" and .body.direction == "out" and
	.body.file == "line3.order" and .body.serial == "away.img" and
	.body.sha256 == .body.object and
	.body.sha256 == "'"$(sha256 line3.order)"'"' state/transcript.jsonl
ok "and which left on which"
run 3 "$audit" verify state && says out "media" && says out "1 files came, 1 left"
ok "which the auditor sees"
lines=$(wc -l <state/transcript.jsonl)
held 0 genesis.yaml && says shown "is on medium" && says shown "already, the same" &&
	[ "$(wc -l <state/transcript.jsonl)" = "$lines" ]
ok "again: it is there, and nothing is written"
detach away && stick away "OUT$tag" && attach away
held 0 genesis.yaml && says shown "written and compared: line3.order" &&
	[ "$(on away line3.order | sha256sum)" = "$(sha256sum <line3.order)" ] &&
	[ "$(records medium 2>/dev/null | wc -l)" = 0 ] &&
	[ "$(jq -c 'select(.type == "medium" and .body.direction == "out")' state/transcript.jsonl | wc -l)" = 2 ]
ok "to another medium: one record more"
detach away && mkdir other && echo other >other/line3.order &&
	stick away "OUT$tag" other && attach away
held 130 genesis.yaml medium=,q && says shown "line3.order: is there already and is not overwritten" &&
	says shown "the ceremony is closed and whole; run the same plan again" &&
	[ "$(on away line3.order)" = other ]
ok "another file of that name: it stays, and the ceremony is whole"
detach away && stick away "OUT$tag" && attach away -r
held 130 genesis.yaml medium=q && says shown "it cannot be written to" &&
	says shown "No medium for line3.order"
ok "a write-protected medium is none for what leaves"
detach away
held 0 genesis.yaml hook="no medium=losetup -f --show $dir/away.img >$dir/away.loop" medium=, &&
	says shown "No medium for line3.order" && says shown "written and compared"
ok "the medium is put in when it is asked for"
loops="$loops $(cat away.loop)"
[ "$(on away line3.order | sha256sum)" = "$(sha256sum <line3.order)" ]
ok "and has the file"

# ---- a batch, whose request is full of traps ----------------------------------

"$devices" make units 2 && run 0 "$factory" request --order line3.order \
	--key line3.key --out in/line3.request units &&
	plan demo-2-batch -10 >batch.yaml
ok "a request"
detach stick && rm -r files && mkdir -p files/deep/er && cp in/line3.request files/deep/er/mine &&
	truncate -s 68157440 files/line3.request
truncate -s 96M stick.img && mke2fs -q -F -t ext4 -L "IN$tag" -d files stick.img && attach stick
held 0 batch.yaml medium=,, file=,deep,1,er,1,mine,1 &&
	says shown "larger than the 67108864 that are taken" &&
	says shown "deep/er/mine: " && says shown "written and compared: line3.response"
ok "a file that is too large is refused; another is found in a folder"
holds '.type == "medium" and .body.file == "line3.request" and .body.path == "deep/er/mine"' \
	state/transcript.jsonl
ok "and stands in the record by its path"

run 3 "$audit" verify state && says out "2 files came, 4 left"
ok "the auditor agrees"
plan demo-3-crl -5 -e "/revoke:/,\$d" >crl.yaml
held 0 crl.yaml && on away product-1.crl >got && run 0 openssl crl -in got -noout &&
	holds '.type == "medium" and .body.file == "product-1.crl" and
	.body.sha256 != .body.object and .body.sha256 == "'"$(sha256 got)"'"' \
		state/transcript.jsonl
ok "a CRL leaves in PEM, and the record names the one in DER"
run 3 "$audit" verify state && ! says out "is not what its object makes" && says out "5 left"
ok "which the auditor puts into PEM itself"
# ---- a CA that others run -------------------------------------------------------

openssl ecparam -name secp384r1 -genkey -noout -out partner.key &&
	openssl req -new -key partner.key -subj '/CN=Partner' -out files/partner.csr &&
	detach stick && rm files/line3.request && stick stick "IN$tag" files && attach stick &&
	plan demo-6-intermediate -4 >partner.yaml
held 0 partner.yaml && on away partner-chain.pem >got &&
	[ "$(grep -c 'BEGIN CERT' got)" = 2 ] &&
	holds '.type == "medium" and .body.file == "partner-chain.pem" and
	.body.sha256 == "'"$(sha256 got)"'"' state/transcript.jsonl
ok "a chain leaves in PEM, and the record names the certificate"
run 3 "$audit" verify state && says out "7 left" && ! says out "is not what its object makes"
ok "which the auditor puts together itself"
! grep -q "${esc}\[[0-9]*m" all-shown
ok "no escape code of a medium reached the terminal"
echo "1..$n"
