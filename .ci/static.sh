#!/bin/sh
# Builds pullcreds as others get it, and copies it to FILE: `sh .ci/static.sh FILE [TARGET]`.
#
# Except on macOS, the program needs no shared library. It is linked with the C library of the target, which is that of
# this system (glibc on most systems, musl on Alpine) unless TARGET names another. No other toolchain has to be installed,
# and the program runs on any Linux of this architecture.
#
# The bytes depend on the commit, the compiler and the target, and not on the folder: docs/security.md.
set -eu
cd "$(dirname "$0")/.."
file=${1:?"usage: sh .ci/static.sh FILE [TARGET]"}
target=${2:-$(rustc -vV | sed -n 's/^host: //p')}

# Paths of this machine would be in messages about panics.
cargo=${CARGO_HOME:-$HOME/.cargo}
set -- "--remap-path-prefix=$PWD=pullcreds" "--remap-path-prefix=$cargo=cargo" \
    "--remap-path-prefix=$(rustc --print sysroot)=rust"
suffix=
case $target in
*-apple-*) ;;
*-windows-*) suffix=.exe && set -- "$@" -C target-feature=+crt-static ;;
*) set -- "$@" -C target-feature=+crt-static ;;
esac

# With --target, the flags apply only to the program, and not to build scripts and macros. Blanks do not separate them.
CARGO_ENCODED_RUSTFLAGS=$(printf '%s' "$1" && shift && printf '\037%s' "$@") \
    cargo build --locked --profile dist --target "$target"
cp "${CARGO_TARGET_DIR:-target}/$target/dist/pullcreds$suffix" "$file"
