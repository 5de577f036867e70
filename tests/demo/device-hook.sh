#!/bin/sh
# The demo's device hook: plays a device that is asked to prove its key.  It
# reads the text on stdin and answers with a DER ECDSA-SHA256 signature on
# stdout.  A hook has no arguments and almost no environment, so the key's path
# stands in a file of this script's name with ".key" behind it; the demo copies
# the script once per device, or writes a new path there.
# A real hook sends the text to the device over its debug or test interface.
set -eu
IFS= read -r key <"$0.key"
exec openssl dgst -sha256 -sign "$key"
