#!/usr/bin/env bash
# Finds what nothing uses: `bash .ci/dead.sh`. In a library the compiler takes every public item as used, and tests reach
# inner modules. So the library and the program are checked once as one crate, in a copy without tests, where only what
# the program uses counts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

cp -r src templates docs Cargo.lock README.md pullcreds.schema.json "$copy"
# Without the library, its tests and the lints of style.
awk '/^\[/ { kept = !/^\[(lib|\[test|\[bench|dev-dependencies|lints)/ } kept
     /^autobenches/ { print "autolib = false" }
     END { print "[workspace]" }' Cargo.toml >"$copy/Cargo.toml"
{
    sed -n '/^\/\/!/p' src/main.rs
    # What is only re-exported is for users of the library.
    echo '#![deny(dead_code)] #![allow(unused_imports)]'
    sed -En 's/^(pub )?mod (.*)/mod \2/p' src/lib.rs
    sed '/^\/\/!/d' src/main.rs
} >"$copy/src/main.rs"
rm "$copy/src/lib.rs"
find "$copy/src" -name '*.rs' -exec sed -Ei 's/\bpullcreds::/crate::/g' {} +

cd "$copy"
CARGO_TARGET_DIR=$target cargo check --offline --quiet --bin pullcreds
