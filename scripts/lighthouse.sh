#!/usr/bin/env bash
# Runs Lighthouse three times on each of the portal's main pages, signed in, against a demo of its own; prints all scores and fails
# when a median is under 90 (performance) or 100 (accessibility, best practices). Absolute times are this machine's; so it is
# no part of make test.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/target/lighthouse
make --no-print-directory portal >&2
cargo build --release --locked --bin lares
if [ ! -d "$tools/node_modules/lighthouse" ]; then
    mkdir -p "$tools"
    (cd "$tools" && npm init -y >/dev/null && npm install --no-audit --no-fund --loglevel=error lighthouse@12)
fi
export LIGHTHOUSE="$tools/node_modules/lighthouse/core/index.js"
scripts/with-demo.sh target/release/lares 7 node portal/scripts/lighthouse.mjs "$@"
