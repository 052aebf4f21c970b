#!/usr/bin/env bash
# Runs all benchmarks and writes the page with their tables: `bash .ci/performance.sh [FILE]`, or `just performance`.
#
# What is measured side by side in one run is worth comparing; the times alone are those of one machine on one day.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
file=${1:-docs/performance.md}
page=$(mktemp)
trap 'rm -f "$page"' EXIT

bench() {
    cargo bench --quiet --locked --profile dist --bench "$@"
}

# A section with the output of a benchmark.
section() {
    local heading=$1 text=$2 out
    shift 2
    out=$("$@") || {
        printf '%s\n' "$out"
        printf 'error: %s failed\n' "$*"
        exit 1
    } >&2
    printf '\n## %s\n\n%s\n\n```text\n%s\n```\n' "$heading" "$text" "$out" >>"$page"
}

processor() {
    sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1
}

cat >"$page" <<END
# Performance

<!-- Written by .ci/performance.sh. -->

pullcreds runs between a renderer and a cluster, so it must not be noticed. \`just performance\` runs all benchmarks and
writes this page. Each table compares processes that took turns in one run: read the ratios. The times are those of one
machine on one day.

| | |
|---|---|
| machine | $(processor), $(nproc) cores |
| system | $(uname -sm) |
| compiler | $(rustc --version) |
| profile | \`dist\`, as in releases |
| day | $(date -u +%F) |
END

section "Against cat" "The input comes through a pipe, as Helm sends it. The least that any filter can do is to copy it." \
    bench filter
section "Against other programs" "All of them read the same file. None of them does the same as pullcreds." bench peers
section "Many files" "A tree of small files, as a repository with manifests has it." bench trees
section "Formats of reports" "Every image lacks its pull secret, so that the report is as long as it can be." bench formats
section "Instructions" "The figures that are kept in \`benches/instructions.tsv\`. A change that adds more than 3 % fails." \
    bench instructions
# It fails if a shape grows too fast, and the page says which.
growth() {
    local out
    out=$(bench grow 2>/dev/null) || true
    printf '%s\n' "$out"
    [[ "$out" == *"shapes grow faster"* ]]
}

section "Growth" \
    "How the cost grows when the input is doubled: with an exponent of 1 it doubles, too. The shapes that are marked have many
images with many pull secrets, or many entries of the policy for paths of one host. What they cost grows with the product
of the two." \
    growth
mv "$page" "$file"
chmod 644 "$file"
