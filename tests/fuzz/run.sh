#!/bin/sh
# Run fuzz targets: run.sh fuzz_a.c fuzz_b.c ... (from the repository root).
# Each is built with clang, libFuzzer, ASan and UBSan together with all library
# sources and runs SECONDS_EACH seconds (60) on the corpus it has grown so far
# in build/fuzz/corpus/<name>.  Ends in a summary; exits 1 if any one crashed.
set -u
CLANG=${CLANG:-clang}
SECONDS_EACH=${SECONDS_EACH:-60}
out=${FUZZ_BUILD:-build/fuzz}
sanitize='-fsanitize=address,undefined -fno-sanitize-recover=all'
packages='libcrypto libp11 p11-kit-1 libpcsclite jansson yaml-0.1 sqlite3 libseccomp zlib libpng libjpeg libqrencode'
libs=
cflags='-std=c11 -ffp-contract=off -D_GNU_SOURCE -DOPENSSL_SUPPRESS_DEPRECATED -I. -O1 -g'
cflags="$cflags -fno-omit-frame-pointer -DANCHORITE_VERSION='\"fuzz\"'"

die() {
	echo "fuzz: $1" >&2
	exit 1
}

# Flags of the packages that are there; a source that needs another will say so.
for p in $packages; do
	pkg-config --exists "$p" || continue
	cflags="$cflags $(pkg-config --cflags "$p")"
	libs="$libs $(pkg-config --libs "$p")"
done

# library: the object files of all library sources, made once and kept until a
# source or header changes, in one archive.
library() {
	sources=$(find ca smartcard transfer ceremony/quorum ceremony/record \
	    ceremony/process ceremony/qr ceremony/menu ceremony/custodian \
	    ceremony/image/init \
	    -maxdepth 1 ! -path ceremony/image/init/init.c \
	    -name '*.c' ! -name '*_main.c' ! -name main.c | sort)
	objects=$(echo "$sources" | sed "s|^|$out/obj/|; s|c\$|o|")
	make -s -j2 -f - <<-EOF
	.RECIPEPREFIX = >
	$out/liball.a: $(echo "$objects" | tr '\n' ' ')
	> rm -f \$@ && ar qcs \$@ \$^
	$out/obj/%.o: %.c
	> mkdir -p \$(@D)
	> $CLANG $cflags $sanitize -fsanitize=fuzzer-no-link -MMD -MP -c -o \$@ \$<
	-include $(echo "$objects" | sed 's|o$|d|' | tr '\n' ' ')
	EOF
}

# One good input for each kind of octets that some target reads.
seeds() {
	[ ! -e "$out/seeds/complete" ] || return 0
	root=$PWD
	mkdir -p "$out/seeds"
	cp docs/examples/*.yaml "$out/seeds"/ || die 'no example plans'
	(
		cd "$out/seeds" || exit 1
		openssl ecparam -name prime256v1 -genkey -noout -out key.pem
		openssl ec -in key.pem -outform DER -out key.der
		openssl req -new -key key.pem -subj /CN=unit-1 \
		    -outform DER -out csr.der
		openssl req -new -x509 -key key.pem -subj /CN=fuzz -days 30 \
		    -out cert.pem
		openssl x509 -in cert.pem -outform DER -out cert.der
		# of a virtual card: what it says of itself and of a key, and
		# its answers when it is looked at and when a key is wrapped
		# and of QR codes: the octets of a part, a whole message, and
		# pictures of one, two octets before each
		for i in cvc_device cvc_attestation cvc_root schsm_identify \
		    schsm_keys ur_part qr_message picture_png \
		    picture_jpeg picture_progressive; do
			openssl base64 -d -in "$root/tests/fuzz/$i.b64" \
			    -out "$i"
		done
		cp "$root/tests/fuzz/ur_lines.txt" .
		printf 'bind@/devices/usb1/1-1\0ACTION=bind\0DEVPATH=/devices/usb1/1-1\0SUBSYSTEM=usb\0DEVNAME=bus/usb/001/002\0DEVTYPE=usb_device\0MAJOR=189\0MINOR=1\0SEQNUM=77\0' >uevent
		printf '\025{"act":1,"kind":"batch","label":"p-1","operators":["a","b"],"uses":[{"use":"crl","n":2}],"issued":3}' >witness
		printf '\0\0P5\n# grey\n3 2\n255\nabcdef' >picture_pgm
		printf '\0\0P6 1 2 255\nabcdef' >picture_ppm
		# a raw frame of 64 x 64, P before it: a code, two pixels a module
		if command -v qrencode >/dev/null; then
			{
				printf P
				qrencode -t ASCII -m 4 -o - SEED | tr '# ' ' ~' |
					awk '{ r = substr($0 "~~~~~~~~~~", 1, 64)
						printf "%s%s", r, r }'
				printf '%0512d' 0
			} >frame
		fi
		hex=$(openssl dgst -sha256 -r <cert.der | cut -d' ' -f1)
		zeros=$(printf '%064d' 0)
		base64=$(openssl base64 -A -in cert.der)
		printf '{"kind":"station","v":1,"factory":"F","line":"L","certificate":"%s"}\n' \
		    "$base64" >station
		printf '{"kind":"order","v":1,"log":"l","factory":"F","line":"L","station":"%s","pattern":"A{3}","subject":"CN={id}","profile":"device-tls","quota":10,"expiry":"20300101000000Z","receipts":"20300201000000Z"}\n' \
		    "$hex" >order
		{
			printf '{"kind":"request","v":1,"order":"%s","bundle":"%.32s","sequence":1,"previous":"%s","entries":2}\n' \
			    "$hex" "$hex" "$zeros"
			printf '{"entry":1,"id":"A-1","csr":"%s"}\n' \
			    "$(openssl base64 -A -in csr.der)"
			printf '{"entry":2,"id":"A-2","serial":"S","csr":"MAA="}\n'
		} >request
		{
			printf '{"kind":"response","v":1,"log":"l","request":"%s","order":"%s","transcript":"%s","entries":2,"issued":1,"duplicate":0,"rejected":1,"deferred":0,"tree_size":2,"tree_root":"%s","chain":1,"crls":0}\n' \
			    "$hex" "$hex" "$hex" "$hex"
			printf '{"entry":1,"status":"issued","id":"A-1","certificate":"%s","leaf":1,"proof":["%s"]}\n' \
			    "$base64" "$hex"
			printf '{"entry":2,"status":"rejected","rule":"pop","reason":"bad"}\n'
			printf '{"chunk":"chain","index":1,"part":1,"of":2,"data":"AQID"}\n'
			printf '{"chunk":"chain","index":1,"part":2,"of":2,"data":"BA=="}\n'
		} >response
		openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key \
		    -out rsa.pem -subj /CN=fuzz -days 30
		openssl cms -encrypt -in csr.der -binary -aes-256-gcm \
		    -outform DER -out share-rsa.der -recip rsa.pem \
		    -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 \
		    -keyopt rsa_mgf1_md:sha256
		openssl cms -encrypt -in csr.der -binary -aes-256-gcm \
		    -outform DER -out share.der -recip cert.pem \
		    -keyopt ecdh_kdf_md:sha256
		ec=$(openssl ec -in key.pem -pubout -outform DER |
		    openssl base64 -A)
		rsa=$(openssl rsa -in rsa.key -pubout -outform DER |
		    openssl base64 -A)
		printf 'anchorite-policy/v1\nlog l\nversion 1\nm 2\noperator a %s %s\noperator b %s %s\n' \
		    "$ec" "$rsa" "$ec" "$rsa" >policy
		for f in order request; do
			openssl cms -sign -binary -nodetach -nosmimecap \
			    -md sha256 -in $f -signer cert.pem -inkey key.pem \
			    -outform DER -out $f.sealed
		done
		: >index.txt
		printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n' >ca.cnf
		openssl ca -gencrl -config ca.cnf -keyfile key.pem \
		    -cert cert.pem -out crl.pem
		openssl crl -in crl.pem -outform DER -out crl.der
		touch complete
	) 2>/dev/null || die 'no seeds: is openssl there?'
}

# fuzz SOURCE: build and run one target.
fuzz() {
	name=$(basename "$1" .c)
	corpus=$out/corpus/$name
	log=$out/$name.log
	mkdir -p "$corpus" "$out/crashes"
	cp -n "$out"/seeds/* "$corpus"/
	eval "$CLANG $cflags $sanitize -fsanitize=fuzzer" -o "$out/$name" "$1" \
	    "$out/liball.a" -l:libzbar.a "$libs" -ldl -lm || return 1
	"$out/$name" -max_total_time="$SECONDS_EACH" -rss_limit_mb=4096 \
	    -timeout=25 -max_len=65536 -print_final_stats=1 \
	    -artifact_prefix="$out/crashes/$name-" "$corpus" >"$log" 2>&1
	status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	if [ $status != 0 ] || [ -z "$runs" ]; then
		tail -n 40 "$log"
		echo "CRASH  $name: ${runs:-no} executions, see $log"
		return 1
	fi
	echo "ok     $name: $runs executions in $SECONDS_EACH s"
}

command -v "$CLANG" >/dev/null || die "$CLANG is not installed"
mkdir -p "$out"
library || die 'the library does not compile'
seeds
good=0 bad=0
for target in "$@"; do
	if fuzz "$target"; then
		good=$((good + 1))
	else
		bad=$((bad + 1))
	fi
done
echo "$good targets without a crash, $bad with"
[ $bad = 0 ]
