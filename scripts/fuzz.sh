#!/usr/bin/env bash
# Fuzzes the MQTT decoder, session and journal and the dialects, FUZZ_SECONDS each (600); FUZZ_TARGETS names some of them.
# The compiler's own sanitizer wants switches that are not stable; RUSTC_BOOTSTRAP lets the installed compiler take them.
set -euo pipefail
cd "$(dirname "$0")/../crates/mqtt"
cargo fuzz --version >/dev/null 2>&1 || cargo install --locked --quiet cargo-fuzz
for target in ${FUZZ_TARGETS:-decoder session journal dialects}; do
    RUSTC_BOOTSTRAP=1 cargo fuzz run "$target" --target-dir ../../target/fuzz -- \
        -max_total_time="${FUZZ_SECONDS:-600}" -max_len=4096 -rss_limit_mb=1024 -print_final_stats=1
done
