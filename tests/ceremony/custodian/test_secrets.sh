#!/bin/sh
# Operators who conspire learn a CA token's PIN and K; nothing else on the disk
# does, nor does any process show them, or an operator's PIN, in its arguments
# or environment.  Signers keep their memory to themselves.
set -u
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC3045 # dash and bash both have these
ulimit -c "$(ulimit -H -c)" # the signers must lower it themselves

# watched COMMAND...: run it; until it ends, note what /proc shows of it and
# its children: ./seen (arguments and environments), ./limits (of signers)
watched() {
	"$@" >out 2>err </dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		for p in $pid $(cat /proc/$pid/task/$pid/children 2>/dev/null); do
			cat "/proc/$p/cmdline" "/proc/$p/environ"
			read -r name <"/proc/$p/comm" || continue
			[ "$name" = anchorite-signe ] && {
				echo "signer $p"
				grep VmLck "/proc/$p/status"
				grep 'core file' "/proc/$p/limits"
			} >>limits
		done >>seen 2>/dev/null
	done
	wait $pid
}

# nowhere NAME PATTERNS PLACE...: none of the patterns' lines is there
nowhere() {
	name=$1 patterns=$2
	shift 2
	grep -raF -f "$patterns" "$@" >err
	[ $? = 1 ] && [ -s "$patterns" ]
	ok "$name"
}

genesis_now
ok "genesis"
"$devices" make units 40 && request line3.request units &&
	plan demo-2-batch -10 >batch.yaml
ok "a request of 40 units"
watched "$anchorite" rehearse batch.yaml --dir r --in in &&
	[ -s r/out/line3.response ]
ok "the batch, watched"
[ "$(grep -c anchorite seen)" -gt 0 ] && grep -qaF rehearse seen &&
	grep -qaF anchorite-signer seen && grep -qaF SOFTHSM2_CONF= seen
ok "its processes were seen"

# ---- what colluding operators learn ------------------------------------------
run 0 "$collude" r && [ "$(wc -l <out)" = 2 ] && grep -q '^root-1 ' out &&
	grep -q '^product-1 ' out && mv out learned
ok "m operators open both CA tokens"
: >ca-secrets
: >k-octets
while read -r _ pin k; do
	echo "$pin"
	echo "$k"
	echo "$k" | tr a-f A-F
	echo "$k" | tr a-f A-F | basenc -d --base16 | base64 | tr -d =
	echo "$k" | tr a-f A-F | basenc -d --base16 | basenc --base64url | tr -d =
	echo "$k" | tr a-f A-F | sed 's/../\\x&/g' >>k-octets
done <learned >ca-secrets
[ "$(wc -l <ca-secrets)" = 10 ] && [ "$(wc -l <k-octets)" = 2 ]
ok "their PINs and K, in five writings and raw"
nowhere "the rehearsal's folder holds no PIN or K of a CA" ca-secrets r in
while read -r octets; do
	LC_ALL=C grep -raqP "$octets" r in
	[ $? = 1 ] || echo found
done <k-octets >out
[ ! -s out ]
ok "nor K's octets"
nowhere "no argument or environment held one" ca-secrets seen
cut -d' ' -f2 r/REHEARSAL-PINS >pins
[ "$(wc -l <pins)" = 5 ]
ok "operators' PINs"
nowhere "no argument or environment held one of these" pins seen
nowhere "nor does the record" pins r/state r/out
cut -d' ' -f4- r/REHEARSAL-WORDS-OF-S >words
nowhere "nor S's words" words r/state r/out r/tokens seen
grep -qaFf pins r/REHEARSAL-PINS
ok "which would have been found"

# ---- processes ---------------------------------------------------------------
if grep -qa __asan_init "$BUILD/libexec/anchorite/anchorite-signer"; then
	skip "signers lock memory" "mlock does nothing under ASan"
else
	awk '/VmLck/ && $2 > 0 { n++ } END { exit !n }' limits
	ok "signers lock memory"
	(
		# root may lock as much as it likes, with this capability
		[ "$(id -u)" != 0 ] || set -- setpriv --bounding-set=-ipc_lock
		# shellcheck disable=SC3045 # dash and bash both have it
		ulimit -l 0
		run 6 "$@" "$anchorite" rehearse batch.yaml --dir r --in in
	) && says err "memory cannot be locked: raise ulimit -l"
	ok "a ceremony that cannot lock memory does not start"
fi
awk '/core file/ && $5 == 0 && $6 == 0 { n++ } END { exit !n }' limits
ok "and leave no core"
echo "1..$n"
