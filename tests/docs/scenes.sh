# shellcheck shell=sh disable=SC2154
# What custodians see after what is on the auditor's desk: later ceremonies of
# the same log, days that go wrong, and the stop sheets.  Needs room.sh, desk.sh.

# crl NAME DAY [SED-EXPRESSION...]: NAME.yaml, a list of revocations
crl() {
	name=$1 when=$2
	shift 2
	plan demo-3-crl "$when" -e "s/^ceremony: .*/ceremony: $name/" \
		-e "s/product-1.crl/$name.crl/" -e '/revoke:/d' -e '/- {id:/d' \
		"$@" >"$name.yaml"
}
# token LABEL: the folder of a soft token
token() {
	serial=$(jq -r --arg l "$1" 'select(.type == "enrol" or
		.type == "act.result").body | select(.label == $l).serial // empty' \
		state/transcript.jsonl | tail -n 1)
	find tokens -maxdepth 1 -name "*${serial#????}"
}

# ---- before a ceremony -------------------------------------------------------
printed check 0 "$anchorite" plan check genesis.yaml &&
	printed print 0 "$anchorite" plan print genesis.yaml &&
	printed words 0 "$anchorite" words genesis.yaml
ok "a plan is checked and printed"
sed 's/threshold: 3/treshold: 3/' genesis.yaml >faulty.yaml
printed faulty 3 "$anchorite" plan check faulty.yaml
ok "a plan with a slip"
printed rehearsal 0 "$anchorite" rehearse genesis.yaml --dir trial --in in &&
	printed drill 0 "$anchorite" rehearse genesis.yaml --dir drilled \
		--drill missing-operator --drill-seed 1
ok "rehearsals"
printed status 0 "$anchorite" status --state state
ok "status"
so=0123456789ABCDEF
card() { # NAME VERB LABEL OPTIONS PROMPT ANSWER...
	name=$1 verb=$2 label=$3 options=$4
	shift 4
	rm -f shown
	# shellcheck disable=SC2086 # options are words
	SOFTHSM2_CONF=$dir/desk.conf expect \
		"$repo/tests/ceremony/custodian/card.exp" shown "$@" -- \
		"$anchorite" card "$verb" "$label" $options >err 2>&1
	good=$?
	plain <shown >"screens/$name"
	return $good
}
mkdir desk-tokens
printf 'directories.tokendir = %s/desk-tokens\nlog.level = ERROR\n' "$dir" \
	>desk.conf
card card-personalise personalise op-frank \
	"--operator frank --log demo.anchorite.example/fleet" \
	'digits: ' $so 'once more: ' $so 'characters: ' 648219 \
	'once more: ' 648219 &&
	card card-verify verify op-frank "" 'PIN of card op-frank: ' 648219 &&
	card card-pin pin op-frank "" 'PIN of card op-frank: ' 648219 \
		'characters: ' 715533 'once more: ' 715533 &&
	SOFTHSM2_CONF=$dir/desk.conf printed card-list 0 "$anchorite" card list &&
	# a token tells its objects in any order
	sed -i 's/derive,sign/sign,derive/' screens/card-list
ok "cards are made ready, tried and listed"

# ---- days that go wrong ------------------------------------------------------
crl 2027-01-crl-2 -4
held stop-nothing 130 2027-01-crl-2 stop=plan
ok "stopped at the plan's words: nothing was written"
held stop-usual 130 2027-01-crl-2 stop=pin && held resumed 0 2027-01-crl-2
ok "stopped at a PIN, and resumed"
sed 's/^title: .*/title: Something else/' 2027-01-crl-2.yaml >other.yaml
held stop-unwritten 3 other
ok "another plan of the same name"
echo other >outbox/2027-01-crl-2.crl
held stop-outputs 5 2027-01-crl-2
ok "another file in place of an output"
crl 2027-01-crl-3 -4
held odd-day 0 2027-01-crl-3 absent=alice wrong=plan forgets=bert
ok "an operator who does not come, one who forgot the PIN, and a wrong word"
crl 2027-01-crl-4 -4
mkdir away
for label in op-alice op-bert op-carol; do
	mv "$(token $label)" away
done
held stop-few 1 2027-01-crl-4 && mv away/* tokens
ok "too few operators"
held given-up 0 2027-01-crl-4 more="--abandon 'the revocation was an error'"
ok "given up"
cp -R state newer && crl 2027-01-crl-5 -4 && held later 0 2027-01-crl-5 &&
	rm outbox/2027-01-crl-5.crl && mv state newest && mv newer state
held stop-forked 1 2027-01-crl-5
ok "an old copy of the state"
rm -r state && mv newest state
rm state/checkpoints/2027-01-crl-5.note
held stop-closed 130 2027-01-crl-5 stop=pin && held closed 0 2027-01-crl-5
ok "closed, and its head not signed"

witness && {
	echo 'anchorite-witness/v1 0' && sed '20s/carol/alice/' state/transcript.jsonl
} | "$say" sock && seen witness-broken
ok "a line that was changed, before a witness"

# ---- later ceremonies --------------------------------------------------------
openssl ecparam -name secp384r1 -genkey -noout -out partner.key 2>err &&
	openssl req -new -key partner.key -subj '/C=DE/CN=Partner wants this' \
		-addext 'subjectAltName=DNS:other.example' -out in/partner.csr 2>err &&
	plan demo-6-intermediate -4 >partner.yaml &&
	held intermediate 0 partner
ok "a CA that others run"
# bert keeps his name: PINs here follow from it
keep="-e s/berta/bert/;s/Berta/Bert/;s/,.was:.bert//"
plan demo-4-change -3 "$keep" >change.yaml && held change 0 change
ok "another quorum"
plan demo-5-recovery -2 "$keep" >recovery.yaml && held recovery 0 recovery
ok "recovery"
later() { # NAME STEPS: with the cards of the new quorum
	plan demo-4-change -1 "$keep" -e "s/^ceremony: .*/ceremony: $1/" \
		-e '/^steps:/,9999d' -e '/op-dora/d' >"$1.yaml"
	[ "$1" != retire ] ||
		sed -i 's/^tokens:/&\n  - {label: op-dora, module: softhsm, owner: dora}/' \
			"$1.yaml"
	printf 'steps:\n%s\n' "$2" >>"$1.yaml"
}
later retire '  - retire: {token: op-dora, reason: Dora Beck left the company}'
held retire 0 retire
ok "a card is retired"
later destroy '  - destroy:
      token: product-1
      reason: the product is not made any more
      last-copy: accepted'
held destroy 0 destroy
ok "keys are destroyed"

# ---- a log whose keys have copies --------------------------------------------
mkdir copies && (
	cd copies || exit 1
	plan demo-1-genesis -20 -e '/label: product-1/a\
  - {label: root-2, module: softhsm}\
  - {label: product-2, module: softhsm}' \
		-e '/custodians:/a\
      backup:\
        threshold: 2\
        custodians: [Rita Sand, Sven Tal, Uwe Hall]' \
		-e 's/tokens: \[root-1\]/tokens: [root-1, root-2]/' \
		-e 's/tokens: \[product-1\]/tokens: [product-1, product-2]/' \
		-e '/single-copy:/d' -e '/reason: demonstration/d' >genesis.yaml
	head=$(sed -n '1,/^steps:/p' genesis.yaml)
	echo "$head" | sed "s/^ceremony: .*/ceremony: backup/" >backup.yaml
	echo '  - backup: {token: product-1, out: product.backup}' >>backup.yaml
	echo "$head" | sed 's/^ceremony: .*/ceremony: restore/
		s/^tokens:/&\n  - {label: product-3, module: softhsm}/' >restore.yaml
	echo '  - restore: {token: product-3, from: product.backup}' >>restore.yaml
)
mkdir copies/in copies/outbox copies/tokens copies/screens &&
	cp in/line3.station image.json copies/in && cp image.json copies &&
	sed 's|/tokens|/copies/tokens|' softhsm.conf >copies/softhsm.conf
copies() { # NAME PLAN [WORD=VALUE]: held there, its screen with the others
	name=$1 plan=$2
	shift 2
	(cd copies && export SOFTHSM2_CONF="$dir/copies/softhsm.conf" &&
		held "$name" 0 "$plan" "$@" && cp outbox/*.backup in 2>/dev/null
		mv "screens/$name" ../screens && [ "$got" = 0 ])
}
copies copies genesis wrong=words && copies backup backup && copies restore restore
ok "keys on two tokens, a backup, and a third token from it"
