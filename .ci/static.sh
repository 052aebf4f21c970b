#!/bin/sh
# Builds pullcreds as a program that needs no shared library, and copies it to FILE: `sh .ci/static.sh FILE`.
#
# The program is linked with the C library of the host's target (glibc on most systems, musl on Alpine). No other toolchain
# has to be installed, and the program runs on any Linux of this architecture.
set -eu
cd "$(dirname "$0")/.."
file=${1:?"usage: sh .ci/static.sh FILE"}
target=$(rustc -vV | sed -n 's/^host: //p')
# With --target, the flag applies only to the program, and not to build scripts and macros.
RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --profile dist --target "$target"
cp "${CARGO_TARGET_DIR:-target}/$target/dist/pullcreds" "$file"
