#!/usr/bin/env bash
# Runs a command beside a demo of its own, once the demo has told its past: with-demo.sh BINARY DAYS COMMAND...
# The command finds the demo's file in DEMO. PORTS sets the first of four ports.
set -euo pipefail
binary=$1
days=$2
shift 2
data=$(mktemp -d)
"$binary" demo --data "$data" --ports "${PORTS:-18550}" --history "$days" >"$data/out.log" 2>&1 &
demo=$!

finish() {
    kill "$demo" 2>/dev/null || true
    wait "$demo" 2>/dev/null || true
    rm -rf "$data"
}
trap finish EXIT

for _ in $(seq 1500); do
    grep -q 'history is complete' "$data/out.log" && break
    kill -0 "$demo" 2>/dev/null || break
    sleep 0.2
done
if ! grep -q 'history is complete' "$data/out.log"; then
    echo "the demo did not tell its past; its last words:" >&2
    tail -n 20 "$data/out.log" >&2
    exit 1
fi
DEMO="$data/demo.json" "$@"
