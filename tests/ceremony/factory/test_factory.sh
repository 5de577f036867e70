#!/bin/sh
# anchorite-factory as people run it.  BUILD names the build folder.
set -u
BUILD=${BUILD:?}
bin=$BUILD/bin/anchorite-factory
respond=$BUILD/tests/ceremony/factory/tool_respond
devices=$BUILD/tests/demo/tool_devices
repo=$(CDPATH='' cd -- "$(dirname "$0")/../../.." && pwd)
hook=$repo/tests/demo/device-hook.sh
# shellcheck source=tests/tap.sh
. "$repo/tests/tap.sh"
scratch factory
now=2026-06-01T00:00:00Z

# refuses NAME STATUS TEXT COMMAND...
refuses() {
	name=$1 status=$2 text=$3
	shift 3
	run "$status" "$bin" "$@" && says err "$text" && [ ! -s out ]
	ok "$name"
}

# ---- command line ----------------------------------------------------------
run 0 "$bin" --help && says out station-key && says out check
ok "help lists the commands"
run 0 "$bin" --version && grep -q '^anchorite-factory [0-9]' out
ok "version"
for c in station-key request accept check; do
	run 0 "$bin" $c --help && says out "usage: anchorite-factory $c"
	ok "help of $c"
done
refuses "no command" 2 "no command given"
refuses "unknown command names the nearest" 2 "did you mean check?" chek
refuses "unknown option names the nearest" 2 "did you mean --device?" \
    check --devcie X
refuses "unknown option, none near" 2 "unknown option --qqqqqqqqqqq" \
    check --qqqqqqqqqqq
refuses "short option" 2 "unknown option --x" check -x
refuses "missing option" 2 "--factory NAME is missing" station-key
refuses "missing value" 2 "--key needs a value, FILE" station-key --key
refuses "value for a flag" 2 "--json takes no value" check --json=1
refuses "option twice" 2 "--json is given twice" check --json --json
refuses "missing operand" 2 "DIR|FILE... is missing" \
    request --order o --key k --out f
refuses "operand too many" 2 "one argument too many" \
    station-key --factory F --line L --key k --out o extra
refuses "wrong date" 2 "not of the form" \
    station-key --factory F --line L --key k --out o --date today
"$bin" --help >/dev/full 2>err
[ $? = 3 ]
ok "output that cannot be written"

# ---- station-key -----------------------------------------------------------
run 0 "$bin" station-key --factory 'Test Works' --line 'line 1' --key key \
    --out a.station --date 2026-01-01T00:00:00Z &&
    [ "$(stat -c %a key)" = 600 ] && grep -qE '^  [0-9a-f]{64}$' out &&
    [ "$(wc -l <out)" = 7 ]
ok "station-key makes a key and tells its digest"
spki=$(openssl x509 -in key -pubkey -noout | openssl pkey -pubin -outform DER |
    sha256sum | cut -d' ' -f1)
says out "$spki"
ok "the digest is the one openssl makes"
openssl cms -verify -binary -inform DER -noverify -in a.station 2>err |
    jq -e '.kind == "station" and .factory == "Test Works"' >out
ok "openssl and jq read the .station"
refuses "key exists" 1 "key: is there already" \
    station-key --factory F --line L --key key --out b.station
refuses "station exists" 1 "a.station: is there already" \
    station-key --factory F --line L --key key2 --out a.station
[ ! -e key2 ]
ok "and no key is left"
refuses "folder missing" 3 "No such file" \
    station-key --factory F --line L --key none/key --out b.station
refuses "station cannot be written: no key is left" 3 "No such file" \
    station-key --factory F --line L --key key2 --out none/b.station
[ ! -e key2 ]
ok "no key is left then either"
refuses "name with an escape" 2 "printable ASCII" \
    station-key --factory "$(printf 'a\033[2Jb')" --line L --key k --out o
refuses "name too long" 2 "1 to 64" \
    station-key --factory "$(printf %065d 0)" --line L --key k --out o
run 0 "$bin" station-key --factory 'Other Works' --line 'line 1' --key other \
    --out other.station
ok "another station"

# ---- request ---------------------------------------------------------------
mkdir ca && root=$("$respond" setup ca a.station device-tls 1000)
ok "an order"
"$devices" make good 3 && "$devices" bad bad && mkdir mixed &&
    cp good/*.csr bad/*.csr mixed/
ok "CSRs of devices"
order=ca/order.order
refuses "wrong station key" 1 "is for another station" \
    request --order $order --key other --out f good
refuses "no station key" 1 "not a station key" \
    request --order $order --key a.station --out f good
refuses "no key file" 3 "No such file" \
    request --order $order --key none --out f good
refuses "not an order" 1 "key: " request --order key --key key --out f good
refuses "another sealed file as order" 1 "a.station: " \
    request --order a.station --key key --out f good
refuses "folder without CSRs" 1 "no CSR files" \
    request --order $order --key key --out f ca
refuses "folder that is none" 3 "No such file" \
    request --order $order --key key --out f none
refuses "operand that is no file" 3 "/dev/null: " \
    request --order $order --key key --out f /dev/null
mkdir empty big && : >empty/a.csr && head -c 9000 /dev/zero >big/a.csr
refuses "empty file" 1 "empty/a.csr: is empty" \
    request --order $order --key key --out f empty
refuses "file too long" 1 "no CSR is longer than 8192" \
    request --order $order --key key --out f big
head -c 70000 /dev/zero >big/a.csr
refuses "file much too long" 1 "longer than 65536 octets" \
    request --order $order --key key --out f big
for f in pem der; do
	mkdir private.$f && cp good/340A9000.csr private.$f
	openssl pkey -in good/keys/340A9001.pem -outform $f \
	    -out private.$f/x.$f
	refuses "private key in $f refuses the whole" 1 "wipe the device" \
	    request --order $order --key key --out f private.$f
	says err "private.$f/x.$f: holds a private key" && [ ! -e f ]
	ok "it is named and nothing is written"
done
mkdir many && i=0 && while [ "$i" -lt 20001 ]; do
	echo "$i"
	i=$((i + 1))
done | sed 's,.*,many/&.csr,' | xargs touch
refuses "20,001 entries" 1 "a request holds at most 20000" \
    request --order $order --key key --out f many
rm -rf many
escape=$(printf 'e\033[2J')
mkdir "$escape"
refuses "names are never printed raw" 1 'e\x1b[2J: no CSR files' \
    request --order $order --key key --out f "$escape"
for c in 'a,b,c' 'a' ',b' 'a b,c' 'id,serial,'; do
	printf '340A9000,S1\n%s\n' "$c" >units
	refuses "units line '$c'" 1 "units: line 2: not" \
	    request --order $order --key key --out f --units units good
done
printf 'a,b\nc,d\na,e\n' >units
refuses "units names an id twice" 1 "units: line 3: not" \
    request --order $order --key key --out f --units units good
cp -r good good2 && echo 'id,serial' >good/units.csv && cp good/units.csv good2
refuses "two units.csv" 1 "a second one beside" \
    request --order $order --key key --out f good good2
printf 'id,serial\r\n340A9001,SN-17\r\nother,SN-18\r\n' >good/units.csv
run 0 "$bin" request --order $order --key key --date $now --out one.request good &&
    says out "one.request: 3 CSRs" && says out "sequence 1" &&
    says err "order not authenticated" && says err "1 of its units have no CSR"
ok "a request"
openssl cms -verify -binary -inform DER -noverify -nointern -certfile key \
    -in one.request >payload 2>err &&
    says out "$(sha256sum payload | cut -d' ' -f1)" &&
    [ "$(jq -r 'select(.entry) | .id + " " + (.serial // "-")' payload |
	tr '\n' ' ')" = "340A9000 - 340A9001 SN-17 340A9002 - " ]
ok "openssl and jq read it, ids and serials are right"
jq -r 'select(.entry == 1) | .csr' payload | base64 -d |
    openssl req -inform DER -verify -noout 2>err
ok "and a CSR is the device's"
refuses "request exists" 1 "one.request: is there already" \
    request --order $order --key key --out one.request good
openssl req -in good/340A9000.csr -outform DER -out plain.der &&
    sed 's/ CERT/ NEW CERT/' good/340A9001.csr >new.req &&
    run 0 "$bin" request --out=two.request --order=$order plain.der new.req \
	--key key --previous one.request &&
    says out "2 CSRs" && says out "sequence 2"
ok "DER, the older armour, operands between options, a sequence"
openssl cms -verify -binary -inform DER -noverify -nointern -certfile key \
    -in two.request 2>err | head -1 >header &&
    [ "$(jq -r .previous header)" = "$(sha256sum payload | cut -d' ' -f1)" ]
ok "it names the digest of the one before"
refuses "previous is no request" 1 "a.station: " request --order $order \
    --key key --out f --previous a.station good
mkdir ca2 && "$respond" setup ca2 a.station device-tls 999 >/dev/null
refuses "previous under another order" 1 "is under another order" \
    request --order ca2/order.order --key key --out f \
    --previous one.request good
mkdir ca3 && "$respond" setup ca3 other.station device-tls 1000 >/dev/null
refuses "previous of another station" 1 "one.request: sealed by another key" \
    request --order ca3/order.order --key other --out f \
    --previous one.request good
run 0 "$bin" request --order $order --key key --date $now --out mixed.request mixed &&
    says out "15 CSRs"
ok "bad CSRs are sent: the CA refuses them by rule"

# ---- accept ----------------------------------------------------------------
accept() { # RESPONSE DATE OUT
	run "$4" "$bin" accept --request mixed.request --response "$1" --root "$root" \
	    --order $order --out "$3" --date "$2"
}
"$respond" answer ca mixed.request mixed.response
ok "an answer"
accept mixed.response $now accepted 0 &&
    says out "accepted: 4 certificates, 11 refused" &&
    grep -qE '^  csr.pop +1$' out && [ "$(grep -c '^  ' out)" = 11 ]
ok "accept: eleven refused, each by its rule"
openssl verify -attime 1780272000 -CAfile accepted/root_ca.crt \
    -untrusted accepted/product_ca.crt accepted/certs/*.crt >err 2>&1 &&
    [ "$(find accepted/certs -type f | wc -l)" = 4 ] &&
    openssl crl -in accepted/crl.pem -CAfile accepted/product_ca.crt \
	-noout 2>err && [ -s accepted/chain.pem ]
ok "openssl verifies what was unpacked"
jq -e --arg r "$root" '.root_spki == $r and .certificates == 4 and
    .refused == 11' accepted/accepted.json >err
ok "accepted.json"
openssl pkcs7 -inform DER -in mixed.response -print_certs -out sealer.pem &&
    openssl verify -x509_strict -CAfile accepted/root_ca.crt \
	-attime 1780272000 sealer.pem >out 2>err &&
    openssl x509 -in sealer.pem -noout -ext extendedKeyUsage >out 2>err &&
    says out 1.3.6.1.5.5.7.3.36 &&
    openssl cms -verify -binary -inform DER -noverify -nointern \
	-certfile sealer.pem -in mixed.response -out response.jsonl 2>err &&
    jq -r 'select(.id == "340A9000") | .certificate' response.jsonl |
    base64 -d | openssl x509 -inform DER | cmp - accepted/certs/340A9000.crt
ok "the same by hand, in two steps"
says accepted/refused.csv '"csr.pop","said ""no"", firmly"' &&
    [ "$(wc -l <accepted/refused.csv)" = 12 ]
ok "refused.csv"
accept mixed.response $now accepted 1 && says err "accepted: is there already"
ok "accept: folder exists"
mkdir left.tmp && accept mixed.response $now left 1 &&
    says err "left.tmp: was left by an accept that broke off"
ok "accept: a folder left behind"
accept mixed.response $now none/there 3 && says err "No such file"
ok "accept: no such folder above"
accept none $now f 3 && says err "none: No such file"
ok "accept: no such response"
accept one.request $now f 1 && says err "one.request: "
ok "accept: a response that is a request"
accept mixed.response 2025-06-01T00:00:00Z f 1 &&
    says err "the root is valid from 2026-01-01T00:00:00Z to"
ok "accept: before its time"
accept mixed.response 2035-06-01T00:00:00Z f 1 && says err "not at 2035"
ok "accept: after its time"
accept mixed.response 2027-06-01T00:00:00Z f-expired 0 &&
    says err "f-expired/crl.pem: expired on 2027-01-01T00:00:00Z"
ok "accept: an expired CRL is told"
root_saved=$root
root=$(echo "$root" | tr '0-9a-f' '1-9a-f0')
accept mixed.response $now f 1 && says err "another root than --root names"
ok "accept: another root"
root=aardvark
accept mixed.response $now f 2 && says err "neither 32 words nor 64 hex"
ok "accept: no root"
root="aardvark aardvark $(yes adviser | head -30 | tr '\n' ' ')"
accept mixed.response $now f 2 && says err "word 2 is not the right one"
ok "accept: a wrong word"
root=$root_saved
run 1 "$bin" accept --request one.request --response mixed.response --root "$root" \
    --order $order --out f --date $now && says err "answers another request"
ok "accept: another request"
run 1 "$bin" accept --request mixed.request --response mixed.response \
    --root "$root" --order ca2/order.order --out f --date $now &&
    says err "ca2/order.order: the sealer's certificate does not conform"
ok "accept: another CA's order"
"$respond" faults >list
while read -r fault date text; do
	rm -f fault.response
	"$respond" answer ca mixed.request fault.response "$fault" &&
	    accept fault.response "$date" f 1 && says err "$text" &&
	    [ ! -e f ] && [ ! -e f.tmp ]
	ok "accept: fault $fault"
done <list
"$respond" answer ca mixed.request duplicate.response ok-duplicate &&
    accept duplicate.response $now duplicate 0 && says out "4 certificates"
ok "accept: duplicates are certificates too"
"$respond" answer ca mixed.request revoked.response ok-revoked &&
    accept revoked.response $now revoked 0 &&
    says out "3 certificates, 12 refused" &&
    [ ! -e revoked/certs/340A9000.crt ] && says revoked/refused.csv revoked
ok "accept: a revoked certificate is left out"

"$devices" private-key-request --order $order --key key \
    --out private.request &&
    run 1 "$bin" accept --request private.request --response mixed.response \
	--root "$root" --order $order --out f --date $now &&
    says err "private.request: " && says err "private key"
ok "a request that holds a private key is not even read"
accept mixed.response $now slash/ 0 && [ -e slash/certs/340A9000.crt ]
ok "accept: a folder's name that ends in a slash"
"$bin" --version >&- 2>err
[ $? = 3 ]
ok "standard output that is closed"

# another order for each of these
odd() { # NAME PROFILE QUOTA TEXT [rogue]
	mkdir "ca-$1" && odd_root=$("$respond" setup "ca-$1" a.station \
	    "$2" "$3" ${5:+"$5"}) &&
	    run 0 "$bin" request --order "ca-$1/order.order" --key key \
		--out "$1.request" good &&
	    "$respond" answer "ca-$1" "$1.request" "$1.response" &&
	    run 1 "$bin" accept --request "$1.request" --response "$1.response" \
		--root "$odd_root" --order "ca-$1/order.order" --out f \
		--date $now && says err "$4"
	ok "accept: order: $1"
}
odd quota device-tls 2 "3 certificates; the order allows 2"
odd profile sealer 9 "profile sealer is not one for devices"
odd unknown no-such 9 "profile no-such is not one for devices"
odd rogue device-tls 9 "order.order: the sealer's certificate does not" rogue
openssl cms -sign -binary -nodetach -outform DER -signer key -md sha256 \
    -nosmimecap -in payload -out forged.request 2>err
run 1 "$bin" accept --request forged.request --response mixed.response \
    --root "$root" --order $order --out f --date $now
ok "accept: a request sealed afresh answers nothing"

# ---- check -----------------------------------------------------------------
certs=accepted/certs
device() { # ID: the hook plays this device
	cp "$hook" ./hook && echo "$PWD/good/keys/$1.pem" >hook.key
}
check() { # STATUS ID CERT [OPTION...]
	status=$1 id=$2 cert=$3
	shift 3
	run "$status" "$bin" check --device "$id" --cert "$cert" \
	    --device-hook ./hook --ca accepted/product_ca.crt --date $now "$@"
}
line() { # TEXT: exactly this on stdout
	echo "device $id: $1" | cmp -s - out
}
fails() { # NAME LINE ID CERT [OPTION...]
	name=$1 text=$2
	shift 2
	check 1 "$@" && line "$text FAIL"
	ok "check: $name"
}
a=340A9000 b=340A9001
key_ok="unique key OK"
chain_ok="$key_ok, cert chains to product CA OK"

device $a
fails "certificate missing" "certificate missing" $a none
fails "certificate unreadable" "certificate unreadable" $a hook
fails "certificate of another device" "certificate is for another device" \
    $b $certs/$a.crt
fails "id that is only the end" "certificate is for another device" \
    40A9000 $certs/$a.crt
mkdir ca4 && root4=$("$respond" setup ca4 a.station device-tls 9) &&
    run 0 "$bin" request --order ca4/order.order --key key --out 4.request good &&
    "$respond" answer ca4 4.request 4.response &&
    run 0 "$bin" accept --request 4.request --response 4.response --root "$root4" \
	--order ca4/order.order --out accepted4 --date $now
ok "a second PKI of the same names"
fails "another CA" "$key_ok, certificate chains to another CA" \
    $a accepted4/certs/$a.crt
fails "not a device's" "certificate is for another device" \
    $a accepted/product_ca.crt
at=$now
now=2025-01-01T00:00:00Z
fails "too early" "$key_ok, product CA certificate not valid at this date" \
    $a $certs/$a.crt
now=2031-06-01T00:00:00Z
fails "too late" "$key_ok, certificate not valid at this date" $a $certs/$a.crt
now=2027-06-01T00:00:00Z
fails "CRL expired" "$key_ok, CRL expired" $a $certs/$a.crt
now=$at
fails "CRL missing" "$key_ok, CRL missing" $a $certs/$a.crt --crl none
fails "CRL of another CA" "$key_ok, CRL is not one of the product CA" \
    $a $certs/$a.crt --crl accepted/root_crl.pem
fails "CRL that is none" "$key_ok, CRL is not one of the product CA" \
    $a $certs/$a.crt --crl accepted/root_ca.crt
"$respond" answer ca mixed.request future.response ok-crl-later &&
    now=2026-11-01T00:00:00Z &&
    run 0 "$bin" accept --request mixed.request --response future.response \
	--root "$root" --order $order --out future --date $now && now=$at
fails "CRL too early" "$key_ok, CRL not valid yet at this date" \
    $a $certs/$a.crt --crl future/crl.pem
fails "revoked" "$key_ok, certificate revoked" \
    $a $certs/$a.crt --crl revoked/crl.pem

# hooks
hook() { # SCRIPT: a hook of these lines
	printf '#!/bin/sh\n%s\n' "$1" >hook && chmod +x hook
}
missing="$chain_ok, possession proof missing (device hook"
device $b
fails "another device's key" "$chain_ok, possession proof wrong" \
    $a $certs/$a.crt
hook 'echo no signature'
fails "no signature" "$chain_ok, possession proof wrong" $a $certs/$a.crt
hook 'exit 7'
fails "hook fails" "$missing exited with status 7)" $a $certs/$a.crt
hook 'kill -9 $$'
fails "hook dies" "$missing was killed by signal 9)" $a $certs/$a.crt
hook ':'
fails "hook is silent" "$missing gave no answer)" $a $certs/$a.crt
hook 'head -c 513 /dev/zero'
fails "hook says too much" "$missing gave more than 512 octets)" \
    $a $certs/$a.crt
rm hook
fails "hook missing" "$missing cannot be started: No such file or directory)" \
    $a $certs/$a.crt
hook "printf 'a\\033[2Jb' >&2; exit 1"
check 1 $a $certs/$a.crt && says err 'device hook: a\x1b[2Jb'
ok "check: what the hook complains of is made harmless"
hook 'env | sort | tr "\n" " " >seen; echo "$#" >>seen; cat >>seen'
HOME=/secret check 1 $a $certs/$a.crt
grep -q '^LC_ALL=C PATH=[^ ]* PWD=[^ ]* 0$' seen && ! grep -q secret seen &&
    grep -q '^anchorite-possession/v1$' seen && grep -q "^device $a\$" seen &&
    grep -qE '^nonce [0-9a-f]{64}$' seen && [ "$(wc -l <seen)" = 4 ]
ok "check: the hook gets the text, no arguments, little environment"
[ "$(sqlite3 accepted/registry.db 'SELECT count(*) FROM units')" = 0 ] &&
    [ "$(sqlite3 accepted/registry.db \
	"SELECT count(*) FROM checks WHERE verdict = 'proof.wrong'")" = 2 ]
ok "check: no unit that failed is in the registry; each check is"

pass="$chain_ok, not a duplicate PASS"
device $a
check 0 $a $certs/$a.crt && line "$pass"
ok "check: PASS"
check 0 $a $certs/$a.crt && line "$pass (repeat)"
ok "check: the same unit again"
openssl x509 -in $certs/$b.crt -outform DER -out $b.der
device $b
hook "exec openssl dgst -sha256 -sign '$PWD/good/keys/$b.pem' | base64 -w 60"
check 0 $b $b.der --json && jq -e '.verdict == "PASS" and .repeat == false and
    .device == "'$b'" and .reason == null and (.ok | length) == 3' out >err
ok "check: certificate in DER, signature in base64, verdict in JSON"
check 1 $a none --json && jq -e '.verdict == "FAIL" and .ok == [] and
    .code == "cert.missing" and .reason == "certificate missing"' out >err
ok "check: FAIL in JSON"

# a key under two ids, an id with two keys: a CA that forgot would do that
issue() { # NAME ID KEY: certificate for this id and key in NAME/certs
	mkdir "csr-$1" && openssl req -new -key "$3" -subj "/CN=$2" \
	    -out "csr-$1/a.csr" 2>err &&
	    run 0 "$bin" request --order $order --key key --out "$1.request" "csr-$1" &&
	    "$respond" answer ca "$1.request" "$1.response" &&
	    run 0 "$bin" accept --request "$1.request" --response "$1.response" \
		--root "$root" --order $order --out "$1" --date $now
}
"$devices" make clone 2 --first 340AE000 && cp clone/keys/* good/keys &&
    issue clone0 340AE000 clone/keys/340AE000.pem &&
    issue clone1 340AE001 clone/keys/340AE000.pem &&
    issue clone2 340AE000 clone/keys/340AE001.pem
ok "certificates of clones"
device 340AE000
check 0 340AE000 clone0/certs/340AE000.crt && line "$pass"
ok "check: the first"
fails "its key under another id" "key already used by device 340AE000" \
    340AE001 clone1/certs/340AE001.crt
device 340AE001
fails "its id with another key" \
    "$chain_ok, device already checked with another key" \
    340AE000 clone2/certs/340AE000.crt

refuses "check: id that is none" 2 "not an id" check --device 'a b' --cert x \
    --device-hook ./hook --ca accepted/product_ca.crt
refuses "check: --crl with --no-crl" 2 "exclude each other" check --device a \
    --cert x --device-hook ./hook --ca accepted/product_ca.crt --crl x --no-crl
refuses "check: CA missing" 3 "none: No such file" check --device a --cert x \
    --device-hook ./hook --ca none
refuses "check: CA that is none" 3 "not one X.509 certificate" check \
    --device a --cert x --device-hook ./hook --ca hook
refuses "check: CA that is a device" 3 "not the certificate of a CA" check \
    --device a --cert x --device-hook ./hook --ca $certs/$a.crt
echo text >text.db
refuses "check: registry that is none" 3 "text.db: " check --device $a \
    --cert $certs/$a.crt --device-hook ./hook --ca accepted/product_ca.crt \
    --registry text.db
sqlite3 foreign.db 'CREATE TABLE units(id)'
refuses "check: registry of another program" 3 "is not a registry" check \
    --device $a --cert $certs/$a.crt --device-hook ./hook \
    --ca accepted/product_ca.crt --registry foreign.db
device $a
check 0 $a $certs/$a.crt --registry fresh.db --no-crl && line "$pass" &&
    says err "fresh.db: a new registry"
ok "check: a new registry says so; --no-crl"
echo "1..$n"
