#!/bin/sh
# Installs what building and testing needs, if it is missing: Rust and a C compiler
# (SQLite and zstd are compiled in). Needs nothing when both are there.
set -eu

missing=
command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
command -v cargo >/dev/null 2>&1 || missing="$missing rustup"
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: please install Rust 1.90 or newer and a C compiler with your system's package manager" >&2
    exit 1
fi
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$sudo apt-get install -y -qq --no-install-recommends $missing
command -v cargo >/dev/null 2>&1 || rustup default stable
