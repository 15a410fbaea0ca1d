#!/usr/bin/env bash
# Measures the MQTT broker of the release build beside Mosquitto and prints the table of docs/PERFORMANCE.md. With ACCEPT, a
# folder of recipes as scripts/accept.sh takes it, also how fast Lares and a real Home Assistant absorb state updates.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v mosquitto >/dev/null || PATH="$PATH:/usr/sbin"
command -v mosquitto >/dev/null || { echo "mosquitto is missing: apt-get install mosquitto" >&2; exit 1; }
cargo build --release --locked --bin lares --bin lares-bench
mkdir -p target/bench
cd target/bench
# Ten thousand connections, twice.
ulimit -n "$(ulimit -Hn)"
../release/lares-bench mqtt ../release/lares "$@"
if [ -n "${ACCEPT:-}" ]; then
    LARES=$PWD/../release/lares ONLY=absorb ../../scripts/accept.sh
fi
