#!/usr/bin/env bash
# Packages the Helm 4 plugin as FOLDER/pullcreds-VERSION.tgz, for `helm plugin install`:
#
#     bash .ci/helm-plugin.sh FOLDER                             only the plugin; Helm finds pullcreds on PATH
#     bash .ci/helm-plugin.sh FOLDER target/dist/pullcreds       with the program, for its platform
#     bash .ci/helm-plugin.sh FOLDER PROGRAMS                    with those in folders such as PROGRAMS/linux-amd64
#
# More arguments are passed to `helm plugin package`; without any, the package is not signed:
#
#     bash .ci/helm-plugin.sh FOLDER PROGRAM --sign --key NAME --keyring ~/.gnupg/secring.gpg
#
# `helm` must be Helm 4 (HELM names another program). The script packages a copy of a few files and not the checkout, since
# Helm would package everything in it, build folders included.
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
if [ -d "$program" ]; then
    cp -RL "$program" "$stage/bin"
    {
        sed '/^  platformCommand:$/q' "$root/plugin.yaml"
        for file in "$stage"/bin/*/*; do
            platform=$(basename "$(dirname "$file")")
            # shellcheck disable=SC2016
            printf '  - {os: %s, arch: %s, command: "${HELM_PLUGIN_DIR}/bin/%s"}\n' \
                "${platform%-*}" "${platform##*-}" "$platform/$(basename "$file")"
        done
    } >"$stage/plugin.yaml"
elif [ -n "$program" ]; then
    name=$(basename "$program")
    mkdir "$stage/bin"
    # Copy the target of a link: a link would be empty in the package.
    cp -L "$program" "$stage/bin/$name"
    sed "s|^  - command: pullcreds\$|  - command: \${HELM_PLUGIN_DIR}/bin/$name|" "$root/plugin.yaml" >"$stage/plugin.yaml"
    grep -q HELM_PLUGIN_DIR "$stage/plugin.yaml"
fi
"${HELM:-helm}" plugin package "$stage" --destination "$folder" "$@"
