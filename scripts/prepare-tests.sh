#!/usr/bin/env bash
# Installs what the tests need and the machine lacks: PostgreSQL, Mosquitto, VictoriaMetrics, Chromium, cargo-nextest, a Python
# environment, and OAuth clients and an OpenID provider for Node.
# Says nothing and takes no time where everything is there; where something cannot be had, says what that costs.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=target/test-venv
requirements=scripts/test-requirements.txt

warn() { echo "prepare-tests: $*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Debian keeps servers out of a user's PATH.
has_program() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1; }
has_postgres() { has_program initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
has_python_venv() { python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }

missing_packages() {
    has_postgres || echo postgresql
    has_program mosquitto || echo mosquitto
    has_program mosquitto_pub || echo mosquitto-clients
    has_python_venv || echo python3-venv
    has_program chromium || echo chromium
    has_program victoria-metrics || echo victoria-metrics
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    [ "${#missing[@]}" -eq 0 ] && return 0
    warn "installing ${missing[*]}"
    local log=target/prepare-tests.log
    mkdir -p target
    # RUNLEVEL=1: the tests start their own servers, so the packages must not start any.
    if ! has_program apt-get; then
        warn "there is no apt-get here; install ${missing[*]} by other means"
    elif ! { as_root apt-get update -qq && as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        warn "apt-get failed, its last words (all in $log):"
        tail -n 5 "$log" >&2
    fi
    mapfile -t missing < <(missing_packages)
    if [ "${#missing[@]}" -gt 0 ]; then
        warn "still missing: ${missing[*]}; the tests that need them will fail"
    fi
}

install_nextest() {
    cargo nextest --version >/dev/null 2>&1 && return 0
    warn "building cargo-nextest (once, some minutes)"
    cargo install --locked --quiet cargo-nextest || { warn "cargo-nextest could not be installed"; return 1; }
}

install_python() {
    cmp -s "$requirements" "$venv/installed.txt" && return 0
    warn "making $venv"
    mkdir -p target
    if python3 -m venv --clear "$venv" &&
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"; then
        cp "$requirements" "$venv/installed.txt"
    else
        warn "$venv is incomplete; the tests with Python clients will fail"
    fi
}

# The packages of a folder of tests, once for each lock file.
install_npm() {
    local folder=$1
    cmp -s "$folder/package-lock.json" "$folder/node_modules/installed-lock.json" && return 0
    warn "installing the packages of $folder"
    if npm --prefix "$folder" ci --no-audit --no-fund --loglevel=error >&2; then
        cp "$folder/package-lock.json" "$folder/node_modules/installed-lock.json"
    else
        warn "$folder is incomplete; the tests that need it will fail"
    fi
}

install_packages
install_python
install_npm tests/oauth
install_npm tests/oidc-provider
install_nextest
