#!/bin/sh
# A ceremony on the bootable image, started by BIOS.
set -u
firmware=bios plans=vfat outputs=exfat
# shellcheck source-path=SCRIPTDIR source=boot.sh
. "$(dirname "$0")/boot.sh"
held
