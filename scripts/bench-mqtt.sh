#!/usr/bin/env bash
# Measures the MQTT broker of the release build beside Mosquitto and prints the table of docs/PERFORMANCE.md.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v mosquitto >/dev/null || PATH="$PATH:/usr/sbin"
command -v mosquitto >/dev/null || { echo "mosquitto is missing: apt-get install mosquitto" >&2; exit 1; }
cargo build --release --locked --bin lares --bin lares-bench
mkdir -p target/bench
cd target/bench
# Ten thousand connections, twice.
ulimit -n "$(ulimit -Hn)"
exec ../release/lares-bench mqtt ../release/lares "$@"
