#!/bin/sh
# The handbooks say what the programs do: each command in them is one, each
# screen is what a ceremony shows, each message is in the sources, and what must
# not be left out is there.  A handbook that says something else is refused,
# which is shown with copies that do.
# shellcheck disable=SC2016
set -u
BUILD=${BUILD:?}
# shellcheck source-path=SCRIPTDIR source=room.sh
. "$(dirname "$0")/room.sh"
docs=$repo/tests/docs
auditors=$repo/docs/auditor-handbook.md
custodians=$repo/docs/custodian-handbook.md
sed -n 's/^\t{ "\([A-Za-z]*\)", "\([A-Za-z]*\)" },$/\1\n\2/p' \
	"$repo/ceremony/record/words.c" >words
[ "$(wc -l <words)" = 512 ]
ok "the words of digests"

# ---- what is shown ------------------------------------------------------------
# shellcheck source-path=SCRIPTDIR source=desk.sh
. "$docs/desk.sh"
# shellcheck source-path=SCRIPTDIR source=scenes.sh
. "$docs/scenes.sh"
# shellcheck source-path=SCRIPTDIR source=sticks.sh
. "$docs/sticks.sh"
# shellcheck source-path=SCRIPTDIR source=menu.sh
. "$docs/menu.sh"

# ---- a handbook --------------------------------------------------------------
# open_book FILE: its blocks in blocks/LINE, listed in list
open_book() {
	rm -rf blocks && mkdir blocks &&
		awk -v out=blocks -f "$docs/blocks.awk" "$1" >list 2>err
}
# each KIND: lines and names of its blocks
each() {
	awk -v kind="$1" '$2 == kind { print $1, $3 }' list
}

# screens_hold: each screen is what the run of its name has shown
screens_hold() {
	: >err
	each screen >these
	while read -r line name; do
		case " $unseen " in
		*" $name "*) continue ;;
		esac
		[ -s "screens/$name" ] || {
			echo "line $line: no run shows $name" >>err
			continue
		}
		awk -v list=words -f "$docs/same.awk" "blocks/$line" \
			"screens/$name" >why || sed "s/^/line $line: $name: /" why >>err
	done <these
	[ ! -s err ]
}

# commands_run FOLDER: each block of commands, typed in a copy of the folder
commands_run() {
	rm -rf outs there && mkdir outs && cp -R "$1" there
	each run | awk -v blocks="$dir/blocks/" '{ print blocks $1 }' >these
	xargs awk -v out="$dir/outs" -f "$docs/literate.awk" <these >script
	(cd there && PATH=$BUILD/bin:$PATH LC_ALL=C sh ../script </dev/null)
}

# outputs_hold: they have printed what is shown
outputs_hold() {
	: >err
	each run >these
	while read -r line name; do
		plain <"outs/$line" >got
		awk -v list=words -v whole=1 -f "$docs/same.awk" "blocks/$line" \
			got >why || sed "s/^/line $line: /" why >>err
	done <these
	[ ! -s err ]
}

# is_command WORD...: program, command and options are known, the target is one
is_command() {
	[ "$1" != sudo ] || shift
	program=$1
	shift
	case $program in
	make)
		for word; do
			case $word in
			*=*) ;;
			*) grep -q "^$word:" "$repo/Makefile" || return 1 ;;
			esac
		done
		return
		;;
	dd | cmp | git)
		return
		;;
	anchorite | anchorite-audit | anchorite-factory) ;;
	*) return 1 ;;
	esac
	help=
	case ${1:-} in
	-*) ;;
	*)
		help=$1
		"$BUILD/bin/$program" "$help" --help >help.text 2>&1 || return 1
		[ "$help" != qr ] || "$BUILD/bin/$program" qr "$2" --help >>help.text 2>&1
		;;
	esac
	"$BUILD/bin/$program" --help >>help.text 2>&1
	for word; do
		case $word in
		--*) grep -qF -e "$word" help.text || return 1 ;;
		esac
	done
	case $help in
	plan | card | media | qr) grep -qw -e "${2:-}" help.text ;;
	esac
}

# commands_parse: those that are run, and those that are only shown
commands_parse() {
	: >err
	for line in $(each run | cut -d' ' -f1) $(each command | cut -d' ' -f1); do
		awk -f "$docs/commands.awk" "blocks/$line" >these
		[ -s these ] || ! each command | grep -q "^$line " ||
			echo "line $line: no command" >>err
		while read -r command; do
			# shellcheck disable=SC2086
			(set -f && is_command $command) ||
				echo "line $line: not a command: $command" >>err
		done <these
	done
	[ ! -s err ]
}

# messages FILE...: those of these blocks, one a line
messages() {
	for block; do
		awk '/^ / { sub(/^ +/, " "); all = all $0; next }
			{ if (NR > 1) print all; all = $0 }
			END { print all }' "$block"
	done
}
# messages_hold: each is a text of the sources, its places filled in.  A message
# goes on in lines that begin with blanks.
find "$repo/ceremony" "$repo/ca" "$repo/smartcard" "$repo/transfer" \
	-name "*.c" -exec awk -f "$docs/literals.awk" {} + |
	sed 's/^ *//; s/ *$//' | sort -u >texts
messages_hold() {
	for line in $(each message | cut -d' ' -f1); do
		messages "blocks/$line"
	done >these
	awk -f "$docs/says.awk" texts these >err
}

# forms_hold: there is something to fill in
forms_hold() {
	: >err
	for line in $(each form | cut -d' ' -f1); do
		grep -q '____' "blocks/$line" ||
			echo "line $line: nothing to fill in" >>err
	done
	[ ! -s err ]
}

# names FILE TEXTS: the handbook has each of these texts in a line, in a message,
# or in a block of another kind
names() {
	sed '/^ *```/,/^ *``` *$/d' "$1" >lines
	while read -r line kind name; do
		case $kind in
		message) messages "blocks/$line" ;;
		*)
			cat "blocks/$line"
			tr -s ' \n' ' ' <"blocks/$line"
			echo
			;;
		esac
	done <list >>lines
	awk -v all=1 -f "$docs/says.awk" "$2" lines >err
}

# checked NAME FILE: everything about it, its commands typed at the desk
checked() {
	open_book "$2"
	ok "$1: each block says what it is"
	screens_hold
	ok "$1: $(each screen | wc -l) screens are as shown"
	commands_run desk
	outputs_hold
	ok "$1: $(each run | wc -l) blocks of commands print what is shown"
	commands_parse
	ok "$1: commands, their options and targets are known"
	messages_hold
	ok "$1: $(each message | wc -l) blocks of messages are in the sources"
	forms_hold
	ok "$1: forms have something to fill in"
}

# ---- handbooks that say something else ---------------------------------------
# broken BOOK SED-EXPRESSION: a copy of it with a change
broken() {
	sed "$2" "$1" >broken.md && ! cmp -s "$1" broken.md && open_book broken.md
}
# refused NAME TEXT COMMAND...: says so
refused() {
	refusal=$1 text=$2
	shift 2
	! "$@" && says err "$text"
	ok "refused: $refusal"
}

# ---- the auditor's -----------------------------------------------------------
checked auditor "$auditors"
awk -v calls='report_finding audit_here report_note' -f "$docs/literals.awk" \
	"$repo"/ceremony/auditor/*.c | grep ' ' >findings
[ "$(wc -l <findings)" -gt 100 ] && names "$auditors" findings
ok "auditor: each of $(wc -l <findings) findings and notes is explained"
sed -n 's/^\t{ "\([a-z.]*\)", history_do_.*/`\1`/p' \
	"$repo/ceremony/record/history_apply.c" >records
[ "$(wc -l <records)" -gt 25 ] && names "$auditors" records
ok "auditor: each of $(wc -l <records) kinds of record is explained"
refused "a block without kind" "a fenced block of no known kind" \
	broken "$auditors" 's/^```form$/```/'
refused "a block of another kind" 'no known kind: "picture"' \
	broken "$auditors" 's/^```form$/```picture/'
refused "a block that does not end" "the block does not end" \
	broken "$auditors" '$d'
refused "a screen without a name" "needs a name" \
	broken "$auditors" 's/^```form$/```screen/'
broken "$auditors" 's/___*/-/g'
refused "a form with nothing to fill in" "nothing to fill in" forms_hold
broken "$auditors" 's/plan print genesis.yaml/plan paint genesis.yaml/'
refused "a command that is none" "not a command: anchorite plan paint" \
	commands_parse
broken "$auditors" 's/verify state --anchor/verify state --anker/'
refused "an option that is none" "--anker" commands_parse
refused "and what it prints" "not printed: " outputs_hold
broken "$auditors" 's/47 approvals/48 approvals/'
refused "another number" "not printed: quorum       3 of 5 operators, 48 " \
	outputs_hold
broken "$auditors" 's/`the plan has another date`/`the plan has no date`/'
refused "a finding that is not explained" "the plan has another date" \
	names broken.md findings

# ---- the custodian's ---------------------------------------------------------
checked custodian "$custodians"
awk -f "$docs/literals.awk" "$repo"/ceremony/custodian/stop_*.c |
	grep ' ' | sed 's/ *$//' >sheet-texts
[ "$(wc -l <sheet-texts)" -gt 20 ] && names "$custodians" sheet-texts
ok "custodian: each of $(wc -l <sheet-texts) texts of a stop sheet is explained"
awk -v calls=ceremony_stop -f "$docs/literals.awk" \
	"$repo"/ceremony/custodian/*.c | grep ' ' | sed 's/ *$//' >reasons
[ "$(wc -l <reasons)" -gt 150 ] && names "$custodians" reasons
ok "custodian: each of $(wc -l <reasons) reasons is told"
awk -f "$docs/literals.awk" "$repo"/ceremony/image/init/settings.c \
	"$repo"/ceremony/image/init/confine.c | grep '[a-z] [a-z]' >unfit
[ "$(wc -l <unfit)" -gt 5 ] && names "$custodians" unfit
ok "custodian: each of $(wc -l <unfit) reasons of a machine that is not fit"
broken "$custodians" 's/enrolled on card op-alice/enroled on card op-alice/'
refused "a screen whose wording is another" \
	"not printed:   alice enroled on card op-alice" screens_hold
broken "$custodians" 's/screen stop-few/screen stop-fewer/'
refused "a screen that no run shows" "no run shows stop-fewer" screens_hold
broken "$custodians" 's/no card reader is there/no card reader was there/'
refused "a message that is in no source" "no card reader was there" \
	messages_hold
broken "$custodians" 's/^worklist not confirmed/work not confirmed/'
refused "a reason that is not told" "worklist not confirmed" \
	names broken.md reasons
broken "$custodians" 's/make image-check/make image-chuck/'
refused "a target that is none" "make image-chuck" commands_parse
echo "1..$n"
