# shellcheck shell=sh
# wrap_signer FOLDER: a copy of the programs there, whose signer starts behind
# the lines of shell on standard input.  They may set PRELOAD, libraries to load
# into it (LD_PRELOAD), and WIDEN, the folders that these use, with ":" between
# them: see module_widen.c.
#
# A ceremony starts what lies in its own libexec and nothing else: that is where
# the shell for these lines is, too.
wrap_signer() {
	helpers=$1/libexec/anchorite
	mkdir -p "$1/bin" "$helpers" &&
		cp "$BUILD/bin/"* "$1/bin" &&
		cp "$BUILD/libexec/anchorite/"* "$helpers" &&
		cp /bin/sh "$helpers/sh" &&
		mv "$helpers/anchorite-signer" "$helpers/anchorite-signer.honest" &&
		{
			echo "#!$helpers/sh"
			echo 'PRELOAD= WIDEN='
			cat
			cat <<-END
				LD_PRELOAD="$BUILD/tests/ceremony/process/module_widen.so \$PRELOAD"
				ASAN_OPTIONS=\${ASAN_OPTIONS:+\$ASAN_OPTIONS:}verify_asan_link_order=0
				export LD_PRELOAD ASAN_OPTIONS WIDEN
				exec $helpers/anchorite-signer.honest
			END
		} >"$helpers/anchorite-signer" &&
		chmod +x "$helpers/anchorite-signer"
}
