#!/usr/bin/env bash
# Packages the plugin of Helm 4 with the programs of a release: `bash packaging/helm-plugin.sh PROGRAMS FOLDER`.
#
# PROGRAMS has a folder program-TARGET for each target. HELM names Helm 4; without it, the one of .ci/tools.sh is built.
# With a secret key in KEY (armoured, with PASSPHRASE if it has one), the package is signed.
set -euo pipefail

programs=${1:?"usage: bash packaging/helm-plugin.sh PROGRAMS FOLDER"} folder=${2:?"no folder"}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

while read -r target platform file; do
    [ -e "$programs/program-$target/pullcreds" ] || continue
    install -D -m 755 "$programs/program-$target/pullcreds" "$scratch/bin/$platform/$file"
done <<'END'
x86_64-unknown-linux-musl linux-amd64 pullcreds
aarch64-unknown-linux-musl linux-arm64 pullcreds
x86_64-apple-darwin darwin-amd64 pullcreds
aarch64-apple-darwin darwin-arm64 pullcreds
x86_64-pc-windows-msvc windows-amd64 pullcreds.exe
END

if [ -z "${HELM:-}" ]; then
    eval "$(bash "$root/.ci/tools.sh" helm4)"
    export HELM=$PULLCREDS_HELM4
fi
sign=(--sign=false)
if [ -n "${KEY:-}" ]; then
    export GNUPGHOME=$scratch/gnupg
    install -d -m 700 "$GNUPGHOME"
    printf '%s\n' "${PASSPHRASE:-}" >"$scratch/passphrase"
    gpg=(gpg --batch --quiet --pinentry-mode loopback --passphrase-file "$scratch/passphrase")
    "${gpg[@]}" --import <<<"$KEY"
    name=$(gpg --batch --list-secret-keys --with-colons | awk -F: '$1 == "uid" { print $10; exit }')
    # Helm reads only keyrings of the old format.
    "${gpg[@]}" --export-secret-keys >"$scratch/secring.gpg"
    sign=(--sign --key "$name" --keyring "$scratch/secring.gpg" --passphrase-file "$scratch/passphrase")
fi
bash "$root/.ci/helm-plugin.sh" "$folder" "$scratch/bin" "${sign[@]}"
