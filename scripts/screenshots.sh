#!/usr/bin/env bash
# Makes the pictures of the README (docs/images) from a running demo with its 90 days. Needs Debian's chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
base=${PORTS:-18550}
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
binary=${LARES:-target/release/lares}
[ -x "$binary" ] || cargo build --release --locked --bin lares
"$binary" demo --data "$data" --ports "$base" >"$data/out.log" 2>&1 &
demo=$!
for _ in $(seq 1500); do
    grep -q 'history is complete' "$data/out.log" && break
    kill -0 "$demo" || { cat "$data/out.log" >&2; exit 1; }
    sleep 0.2
done
grep -q 'history is complete' "$data/out.log" || {
    echo "the demo did not finish telling its history in time" >&2
    cat "$data/out.log" >&2
    exit 1
}
DEMO="$data/demo.json" node portal/scripts/screenshots.mjs docs/images
