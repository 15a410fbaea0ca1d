#!/usr/bin/env bash
# Runs Lighthouse on the portal's main pages, signed in, against a demo of its own; prints the scores and fails under 90
# (performance) or 100 (accessibility, best practices). Absolute times are this machine's; so it is no part of make test.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/target/lighthouse
base=${PORTS:-18650}
data=$(mktemp -d)
demo=

finish() {
    if [ -n "$demo" ]; then
        kill "$demo" 2>/dev/null || true
        wait "$demo" 2>/dev/null || true
    fi
    rm -rf "$data"
}
trap finish EXIT

make --no-print-directory portal >&2
cargo build --release --locked --bin lares
if [ ! -d "$tools/node_modules/lighthouse" ]; then
    mkdir -p "$tools"
    (cd "$tools" && npm init -y >/dev/null && npm install --no-audit --no-fund --loglevel=error lighthouse@12)
fi
target/release/lares demo --data "$data" --ports "$base" --history 7 >"$data/out.log" 2>&1 &
demo=$!
for _ in $(seq 300); do
    grep -q 'history is complete' "$data/out.log" && break
    kill -0 "$demo" || { cat "$data/out.log" >&2; exit 1; }
    sleep 0.2
done
grep -q 'history is complete' "$data/out.log" || {
    echo "the demo did not finish telling its history in time" >&2
    cat "$data/out.log" >&2
    exit 1
}
LIGHTHOUSE="$tools/node_modules/lighthouse/core/index.js" DEMO="$data/demo.json" node portal/scripts/lighthouse.mjs "$@"
