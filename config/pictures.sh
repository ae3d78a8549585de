#!/bin/sh
# Draws the pictures of the README anew, from the demonstration: sh config/pictures.sh
set -eu
cd "$(dirname "$0")/.."
cargo build --release --quiet
program=${CARGO_TARGET_DIR:-target}/release/storj-monitor
folder=$(mktemp -d)
trap 'kill "$demo" 2>/dev/null || true; rm -rf "$folder"' EXIT
XDG_CONFIG_HOME=$folder
export XDG_CONFIG_HOME
"$program" --data-dir "$folder" demo --seconds 120 >/dev/null &
demo=$!
sleep 40
for pane in overview traffic reputation storage latency financials maintenance log; do
    "$program" --data-dir "$folder"/*/data show "$pane" --size 120x40 --range 15m --format svg >"assets/$pane.svg"
done
