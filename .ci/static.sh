#!/bin/sh
# Builds pullcreds as a program that needs no shared library, and copies it to FILE: `sh .ci/static.sh FILE`.
#
# The C library of the host's own target goes into the program (glibc on most, musl on Alpine): there is no other
# toolchain to install, and the program runs on any Linux of this architecture.
set -eu
cd "$(dirname "$0")/.."
file=${1:?"usage: sh .ci/static.sh FILE"}
target=$(rustc -vV | sed -n 's/^host: //p')
# With --target, the flag is for the program only, not for what runs while it is built.
RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --release --target "$target"
cp "${CARGO_TARGET_DIR:-target}/$target/release/pullcreds" "$file"
