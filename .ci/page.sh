#!/usr/bin/env bash
# Looks at the page of `--format html` in a browser.
#
#     bash .ci/page.sh install            Chromium, playwright-core and axe-core; the last line says what is missing
#     bash .ci/page.sh check PROGRAM      the pages of the cases `format-html*`; screenshots go to the cache
set -euo pipefail

PACKAGES=(playwright-core@1.65.1 axe-core@4.14.1)

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${PULLCREDS_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pullcreds-ci}/page

browser() { type -P chromium || type -P chromium-browser || type -P google-chrome; }

install() {
    command -v npm >/dev/null || { echo "npm is not installed"; return 1; }
    if ! browser >/dev/null; then
        apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core || true
        browser >/dev/null || { echo "Chromium cannot be installed"; return 1; }
    fi
    mkdir -p "$cache"
    if [ "$(cat "$cache/packages" 2>/dev/null)" != "${PACKAGES[*]}" ]; then
        printf '{"private": true}\n' >"$cache/package.json"
        npm install --silent --no-audit --no-fund --prefix "$cache" "${PACKAGES[@]}" || {
            echo "npm cannot install ${PACKAGES[*]}"
            return 1
        }
        printf '%s\n' "${PACKAGES[*]}" >"$cache/packages"
    fi
}

check() {
    local program case pages=()
    program=$(realpath "$1")
    rm -rf "$cache/pages"
    mkdir -p "$cache/pages"
    for case in "$root"/testdata/cases/format-html*; do
        pages+=("$cache/pages/$(basename "$case").html")
        # It fails, since there is something to find.
        (cd "$case/files" && SOURCE_DATE_EPOCH=1794744000 "$program" check manifests --into auto --format html) \
            >"${pages[-1]}" 2>/dev/null || true
        [ -s "${pages[-1]}" ] || { echo "no page of $case"; return 1; }
    done
    (cd "$cache" && node "$root/tests/page/check.mjs" "$(browser)" "$cache/screenshots" "${pages[@]}")
}

case ${1:-} in
    install) install ;;
    check) check "$2" ;;
    *) echo "usage: bash .ci/page.sh install|check PROGRAM" >&2; exit 2 ;;
esac
