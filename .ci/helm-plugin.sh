#!/usr/bin/env bash
# Packages the Helm 4 plugin as FOLDER/pullcreds-VERSION.tgz, for `helm plugin install` to take:
#
#     bash .ci/helm-plugin.sh FOLDER                             the plugin alone; pullcreds is found on PATH
#     bash .ci/helm-plugin.sh FOLDER target/release/pullcreds    with the program in it, for its platform
#
# Further words go to `helm plugin package`; without any the package is not signed:
#
#     bash .ci/helm-plugin.sh FOLDER PROGRAM --sign --key NAME --keyring ~/.gnupg/secring.gpg
#
# `helm` has to be Helm 4 (HELM names another one). Not the checkout itself is packaged: Helm takes all there is,
# build folders too.
set -euo pipefail

usage() {
    printf 'Usage: bash .ci/helm-plugin.sh FOLDER [PROGRAM [ARGUMENTS OF helm plugin package]]\n\n'
    sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}
case ${1-} in
-h | --help)
    usage
    exit 0
    ;;
'' | -*)
    usage >&2
    exit 2
    ;;
esac
folder=$1
program=${2:-}
shift $(($# < 2 ? $# : 2))
[ "$#" -gt 0 ] || set -- --sign=false

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"

cp "$root/plugin.yaml" "$root/LICENSE" "$stage"
if [ -n "$program" ]; then
    name=$(basename "$program")
    mkdir "$stage/bin"
    # Links would be empty in the package.
    cp -L "$program" "$stage/bin/$name"
    sed "s|^  - command: pullcreds\$|  - command: \${HELM_PLUGIN_DIR}/bin/$name|" "$root/plugin.yaml" >"$stage/plugin.yaml"
    grep -q HELM_PLUGIN_DIR "$stage/plugin.yaml"
fi
"${HELM:-helm}" plugin package "$stage" --destination "$folder" "$@"
