#!/bin/sh
# Hands that put a virtual card in and pull it out, for whoever has no shell of
# cards.sh: hands.sh pull|insert|control CARD [LINE...]
set -u
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=cards.sh
. "$here/cards.sh"
cards=${ANCHORITE_CARDS:?}
"$@"
