#!/usr/bin/env bash
# Measures the telemetry engine beside SQLite, DuckDB, PostgreSQL, VictoriaMetrics and InfluxDB: `make bench-telemetry`.
# Options go to lares-bench: --points N shortens the workload, --seconds S the timed ingest of each engine, --only
# NAME,... leaves engines out. Installs what those asked for need. BENCH_LIMIT_SECONDS ends the whole. With `curve` or
# `hot-restart` first, our engine alone, at growing numbers of points or started on a log full of them.
set -euo pipefail
cd "$(dirname "$0")/.."

work=target/bench/telemetry
venv=target/bench-venv
requirements=crates/bench/peers/requirements.txt
limit_seconds="${BENCH_LIMIT_SECONDS:-7200}"

only=
previous=
for argument in "$@"; do
    [ "$previous" = --only ] && only="$argument"
    previous="$argument"
done

say() { echo "bench-telemetry: $*" >&2; }

wanted() { [ -z "$only" ] || [[ ",$only," == *",$1,"* ]]; }

needs_python() { wanted duckdb || wanted postgresql || wanted victoriametrics || wanted influxdb; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

missing_packages() {
    if wanted postgresql && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then echo postgresql; fi
    if wanted victoriametrics && ! command -v victoria-metrics >/dev/null; then echo victoria-metrics; fi
    if wanted influxdb && ! command -v influxd >/dev/null; then echo influxdb; fi
    if needs_python && ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then echo python3-venv; fi
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    [ "${#missing[@]}" -eq 0 ] && return 0
    command -v apt-get >/dev/null || { say "install ${missing[*]}, or leave them out with --only"; exit 1; }
    say "installing ${missing[*]}"
    # RUNLEVEL=1: the benchmark starts servers of its own, so the packages must not start any.
    as_root apt-get update -qq
    as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

install_python() {
    needs_python || return 0
    cmp -s "$requirements" "$venv/installed.txt" && return 0
    say "making $venv"
    mkdir -p target
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$venv/installed.txt"
}

# The program stops what it started. If it was killed, the kernel has killed its engines and their servers; left are
# children of a server that were asleep, and their numbers are in these files.
end_what_is_left() {
    local file
    for file in "$work"/*.pids; do
        [ -e "$file" ] || continue
        xargs -r kill -KILL <"$file" 2>/dev/null || true
        rm -f "$file"
    done
}

if [ "${1:-}" = curve ] || [ "${1:-}" = hot-restart ]; then
    cargo build --release --locked --bin lares-bench
    exec timeout --foreground "$limit_seconds" target/release/lares-bench "$1" --work "$work" "${@:2}"
fi

install_packages
install_python
cargo build --release --locked --bin lares-bench
trap end_what_is_left EXIT
timeout --foreground --kill-after=90 "$limit_seconds" target/release/lares-bench telemetry \
    --peers crates/bench/peers --python "$venv/bin/python" --work "$work" "$@" &
running=$!
trap 'kill -TERM "$running"; exit 130' INT TERM
wait "$running"
