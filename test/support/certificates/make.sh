#!/bin/sh
# Makes the certificates of this folder with OpenSSL 3 (with its legacy provider, for one file). The keys open nothing.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passphrase=tenantry-Prüfung
days=36500

# A root, an issuer below it, and a leaf of an app.
openssl req -x509 -newkey rsa:2048 -noenc -sha256 -days $days -subj "/CN=tenantry test root" \
  -addext basicConstraints=critical,CA:TRUE -keyout "$work/root.key" -out "$work/root.crt" 2>/dev/null
issue() { # name, subject, issuer, extension
  openssl req -new -newkey rsa:2048 -noenc -subj "/CN=$2" -keyout "$work/$1.key" -out "$work/$1.csr" 2>/dev/null
  printf '%s\n' "$4" > "$work/$1.ext"
  openssl x509 -req -in "$work/$1.csr" -CA "$work/$3.crt" -CAkey "$work/$3.key" -CAcreateserial -sha256 -days $days \
    -extfile "$work/$1.ext" -out "$work/$1.crt" 2>/dev/null
}
issue issuer "tenantry test issuer" root "basicConstraints=critical,CA:TRUE"
issue leaf "tenantry test app" issuer "basicConstraints=critical,CA:FALSE"
chain="$work/chain.crt"
cat "$work/issuer.crt" "$work/root.crt" > "$chain"

# PEM: as OpenSSL writes it, as environment variables hold it, and the chain in the wrong order.
cat "$work/leaf.key" "$work/leaf.crt" > rsa.pem
awk '{ printf "%s\\n", $0 }' rsa.pem > rsa-literal-line-breaks.txt
tr '\n' ' ' < rsa.pem > rsa-one-line.txt
cat "$work/root.crt" "$work/issuer.crt" "$work/leaf.crt" "$work/leaf.key" > rsa-chain-root-first.pem
{ echo 'Bag Attributes'; echo '    friendlyName: ENCRYPTED backup'; cat rsa.pem; } > rsa-named-encrypted.pem

# PEM with an encrypted key, in both forms.
openssl pkcs8 -topk8 -in "$work/leaf.key" -v2 aes-256-cbc -passout "pass:$passphrase" -out "$work/pkcs8.key"
cat "$work/pkcs8.key" "$work/leaf.crt" > rsa-encrypted.pem
openssl rsa -in "$work/leaf.key" -traditional -aes256 -passout "pass:$passphrase" -out "$work/traditional.key" 2>/dev/null
cat "$work/traditional.key" "$work/leaf.crt" > rsa-encrypted-traditional.pem

# PFX: as OpenSSL 3, as Windows (3DES and SHA-1), as older Windows (RC2), and without a passphrase, as Key Vault exports it.
pfx() { # file, passphrase, options
  file=$1; word=$2; shift 2
  openssl pkcs12 -export -inkey "$work/leaf.key" -in "$work/leaf.crt" -certfile "$chain" -name app \
    -passout "pass:$word" -out "$file" "$@"
}
pfx rsa-aes.pfx "$passphrase"
pfx rsa-3des.pfx "$passphrase" -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -iter 2000
pfx rsa-rc2.pfx "$passphrase" -legacy -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-RC2-40 -macalg sha1
pfx rsa-no-passphrase.pfx "" -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1

# Keys that Microsoft Entra does not accept.
refused() { # file, algorithm, options
  file=$1; shift
  openssl genpkey "$@" -out "$work/refused.key" 2>/dev/null
  openssl req -x509 -new -key "$work/refused.key" -days $days -subj "/CN=tenantry test $file" -out "$work/refused.crt"
  cat "$work/refused.key" "$work/refused.crt" > "$file"
}
refused ec-p256.pem -algorithm EC -pkeyopt ec_paramgen_curve:P-256
refused ed25519.pem -algorithm ED25519
refused rsa-pss.pem -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048
refused rsa-1024.pem -algorithm RSA -pkeyopt rsa_keygen_bits:1024
openssl pkcs12 -export -in ec-p256.pem -passout "pass:$passphrase" -out ec-p256.pfx
