#!/bin/sh
# A ceremony on the bootable image, started by UEFI.
set -u
firmware=uefi plans=iso9660 outputs=partitioned
# shellcheck source-path=SCRIPTDIR source=boot.sh
. "$(dirname "$0")/boot.sh"
held
