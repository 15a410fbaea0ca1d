#!/usr/bin/env bash
# Makes the pictures of the README (docs/images) from a demo with its 90 days. Needs Debian's chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
make --no-print-directory portal >&2
cargo build --release --locked --bin lares
scripts/with-demo.sh target/release/lares 90 node portal/scripts/screenshots.mjs docs/images
