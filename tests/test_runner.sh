#!/bin/sh
# The runner of tests counts what passed, failed and was skipped, and passes
# over nothing that died, said nothing, or is not there.
set -u
BUILD=${BUILD:?}
repo=$(CDPATH='' cd -- "$(dirname "$0")/.." && pwd)
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "$repo/tests/tap.sh"
scratch runner

# told STATUS LAST-LINE TEST...: the runner ends in both
told() {
	want=$1 last=$2
	shift 2
	run "$want" sh "$repo/tests/run.sh" "$@" && [ "$(tail -n 1 out)" = "$last" ]
}

printf 'echo ok 1 - a\necho ok 2 - b\n' >good.sh
printf 'echo "ok 1 - a # SKIP no token"\n' >skip.sh
printf 'echo ok 1 - a\necho not ok 2 - b\n' >bad.sh
printf 'echo ok 1 - a\nexit 3\n' >dies.sh
: >mute.sh
told 0 '2 passed, 0 failed' good.sh skip.sh && says out '1 skipped' &&
	says out '# SKIP no token'
ok "passed and skipped"
told 1 '3 passed, 1 failed' good.sh bad.sh && says out 'FAILED bad.sh (status 0)' &&
	says out 'not ok 2 - b'
ok "a test that failed"
told 1 '3 passed, 1 failed' good.sh dies.sh && says out 'FAILED dies.sh (status 3)'
ok "a test that died after its last result"
told 1 '2 passed, 1 failed' good.sh mute.sh && says out 'FAILED mute.sh (status 0)'
ok "a test that said nothing"
told 1 '2 passed, 1 failed' good.sh ./absent.sh
ok "a test that is not there"
for i in 1 2 3; do
	printf '[ ! -e busy ] && : >busy && echo ok 1 - alone\n[ -e busy ] && rm busy\n' \
		>"test_media_$i.sh"
done
JOBS=4 told 0 '5 passed, 0 failed' good.sh test_media_[123].sh
ok "what needs loop devices runs by itself"
echo "1..$n"
