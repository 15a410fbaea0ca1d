#!/usr/bin/env bash
# Every test, the ignored ones too, with many more generated cases: for a night, not for a commit.
# PROPTEST_CASES sets the cases of one property, SOAK_SECONDS ends the whole.
set -euo pipefail
cd "$(dirname "$0")/.."

export PROPTEST_CASES="${PROPTEST_CASES:-20000}"
export LARES_SOAK=1
limit_seconds="${SOAK_SECONDS:-14400}"

scripts/prepare-tests.sh
cargo nextest run --workspace --locked --profile soak --run-ignored all --no-run
status=0
timeout --signal=INT --kill-after=60 "$limit_seconds" \
    cargo nextest run --workspace --locked --profile soak --run-ignored all || status=$?
if [ "$status" -eq 124 ]; then
    echo "soak: ended after $limit_seconds s; what had run until then is above" >&2
fi
exit "$status"
