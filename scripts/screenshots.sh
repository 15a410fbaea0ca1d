#!/usr/bin/env bash
# Makes the pictures of the README from a running demo: docs/images. Needs Debian's chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${LARES:-target/release/lares}
data=$(mktemp -d)
base=${PORTS:-18550}
"$binary" demo --data "$data" --ports "$base" >"$data/out.log" 2>&1 &
demo=$!
trap 'kill "$demo" 2>/dev/null || true; wait "$demo" 2>/dev/null || true; rm -rf "$data"' EXIT
for _ in $(seq 100); do
    [ -s "$data/demo.json" ] && break
    sleep 0.1
done
mkdir -p docs/images
shot() {
    chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$data/browser" \
        --virtual-time-budget=8000 --window-size="$2" --screenshot="docs/images/$1.png" "http://127.0.0.1:$base$3" \
        >>"$data/out.log" 2>&1
}
shot api 1200,1100 "/api/docs/index.html"
echo "docs/images/api.png"
