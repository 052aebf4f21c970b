#!/usr/bin/env bash
# The steps of action.yml: `bash packaging/action.sh install`, then `bash packaging/action.sh check`. The inputs are in
# variables, since text of a workflow in a script would be run.
set -euo pipefail

# GitHub reads the error on standard output, wherever it is found.
exec 3>&1
fail() { printf '::error title=pullcreds::%s\n' "$*" >&3; exit 2; }

# The name of the archive for this runner.
target() {
    case ${RUNNER_OS:-}-${RUNNER_ARCH:-} in
    Linux-X64) echo x86_64-unknown-linux-musl.tar.gz ;;
    Linux-ARM64) echo aarch64-unknown-linux-musl.tar.gz ;;
    macOS-X64) echo x86_64-apple-darwin.tar.gz ;;
    macOS-ARM64) echo aarch64-apple-darwin.tar.gz ;;
    Windows-X64) echo x86_64-pc-windows-msvc.zip ;;
    *) fail "there is no archive for ${RUNNER_OS:-this system} on ${RUNNER_ARCH:-this processor}; use version: source" ;;
    esac
}

install() {
    local version=${INPUT_VERSION:-} folder=$RUNNER_TEMP/pullcreds name url
    case $version in
    installed)
        command -v pullcreds >/dev/null || fail "pullcreds is not on PATH"
        return
        ;;
    source)
        cargo install --locked --path "$ACTION_PATH" --root "$folder"
        echo "$folder/bin" >>"$GITHUB_PATH"
        return
        ;;
    '') version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$ACTION_PATH/Cargo.toml" | head -n 1) ;;
    esac
    version=${version#v}
    name=pullcreds-$version-$(target)
    url=${GITHUB_SERVER_URL:-https://github.com}/$ACTION_REPOSITORY/releases/download/v$version
    mkdir -p "$folder"
    cd "$folder"
    curl --fail --silent --show-error --location --retry 3 --remote-name "$url/$name" --remote-name "$url/SHA256SUMS" ||
        fail "$url has no $name; use version: source to build it"
    # Only the line of this archive, which has to be there.
    awk -v file="$name" '$2 == file' SHA256SUMS >sum
    [ -s sum ] || fail "SHA256SUMS has no line for $name"
    if command -v sha256sum >/dev/null; then sha256sum --check sum; else shasum -a 256 --check sum; fi
    case $name in
    *.zip) unzip -q "$name" ;;
    *) tar -xzf "$name" ;;
    esac
    name=${name%.zip}
    echo "$folder/${name%.tar.gz}" >>"$GITHUB_PATH"
}

# The lines of a text that are not empty, as the array `read`.
lines() {
    local line
    read=()
    while IFS= read -r line; do
        line=${line%$'\r'}
        if [ -n "${line//[[:space:]]/}" ]; then read+=("$line"); fi
    done <<<"$1"
}

check() {
    local format=human arguments summary status=0 word sarif=
    for word in ${INPUT_FORMAT//,/ }; do
        case $word in
        github) format=github ;;
        sarif) sarif=${INPUT_SARIF_FILE:-pullcreds.sarif} ;;
        *) fail "format is github, sarif or both, not $word" ;;
        esac
    done
    arguments=(--format "$format")
    if [ -n "$sarif" ]; then arguments+=(--report "sarif=$sarif"); fi
    summary=$RUNNER_TEMP/pullcreds.md
    if [ "${INPUT_SUMMARY:-}" = true ]; then arguments+=(--report "markdown=$summary"); fi
    lines "${INPUT_ARGS:-}"
    arguments+=("${read[@]}")
    lines "${INPUT_PATHS:-.}"
    pullcreds check "${arguments[@]}" -- "${read[@]}" || status=$?
    if [ "${INPUT_SUMMARY:-}" = true ] && [ -e "$summary" ]; then cat "$summary" >>"$GITHUB_STEP_SUMMARY"; fi
    if [ -n "$sarif" ] && [ -e "$sarif" ]; then echo "sarif=$sarif" >>"$GITHUB_OUTPUT"; fi
    return "$status"
}

case ${1:-} in
install) install ;;
check) check ;;
*) echo "usage: bash packaging/action.sh install|check" >&2; exit 2 ;;
esac
