#!/usr/bin/env bash
# Fills the templates beside it for a release:
#
#     bash packaging/fill.sh VERSION FOLDER
#
# FOLDER has the archives of the release and their sums, SHA256SUMS. It gets a file for each template: the formula for
# Homebrew, the manifest for krew, the description for Artifact Hub. A template names
#
#     @VERSION@         the version
#     @REPOSITORY@      the repository, from Cargo.toml
#     @DATE@            the time of the release (SOURCE_DATE_EPOCH, or now)
#     @SHA256:FILE@     the sum of FILE
set -euo pipefail

fail() { printf 'error: %s\n' "$*" >&2; exit 1; }
if [ "$#" -ne 2 ]; then
    sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
version=$1 folder=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
of_package() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" "$here/../Cargo.toml" | head -n 1; }

[ "$version" = "$(of_package version)" ] || fail "Cargo.toml has the version $(of_package version), not $version"
(cd "$folder" && sha256sum --check --quiet SHA256SUMS) || fail "SHA256SUMS does not match the files in $folder"
repository=$(of_package repository)
date=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)

for template in "$here"/*.in; do
    text=$(cat "$template")
    text=${text//@VERSION@/$version}
    text=${text//@REPOSITORY@/$repository}
    text=${text//@DATE@/$date}
    while [[ $text =~ @SHA256:([A-Za-z0-9_.-]+)@ ]]; do
        file=${BASH_REMATCH[1]}
        sum=$(awk -v file="$file" '$2 == file { print $1 }' "$folder/SHA256SUMS")
        [ -n "$sum" ] || fail "$(basename "$template") needs $file, which SHA256SUMS does not have"
        text=${text//"@SHA256:$file@"/$sum}
    done
    [[ ! $text =~ @[A-Z0-9]+(:[^@]*)?@ ]] || fail "$(basename "$template") has ${BASH_REMATCH[0]}, which is not known"
    printf '%s\n' "$text" >"$folder/$(basename "$template" .in)"
done
