#!/usr/bin/env bash
# Runs programs that nobody here wrote against a live demo: ACCEPT=<folder> make accept.
# The folder holds `prepare.sh DIR`, which lays the recipes of its `clients/` out under DIR; CONTRIBUTING.md says more.
# PORTS sets the first of the ports that are used. ONLY="api ha" runs these recipes alone; ONLY=absorb measures, and is not
# run otherwise. LARES is a binary to take instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${ACCEPT:-}" ] || [ ! -x "$ACCEPT/prepare.sh" ]; then
    echo "usage: make accept ACCEPT=<folder with an executable prepare.sh and a folder clients>" >&2
    exit 2
fi
root=$PWD
recipes=$root/target/accept
data=$root/target/accept-demo
ports=${PORTS:-18450}
anonymous=$((ports + 4))
binary=${LARES:-$root/target/release/lares}
demo_pid=
failed=()
passed=()
skipped=()

stop_demo() {
    [ -n "$demo_pid" ] || return 0
    kill "$demo_pid" 2>/dev/null || true
    wait "$demo_pid" 2>/dev/null || true
}
trap stop_demo EXIT

# The value at a path of members in demo.json: `demo owner token`.
demo() {
    python3 -c 'import functools, json, sys; print(functools.reduce(lambda at, name: at[int(name) if name.isdigit() else name], sys.argv[2:], json.load(open(sys.argv[1]))))' \
        "$data/demo.json" "$@"
}
as_url() { case $1 in http*) echo "$1" ;; *) echo "http://$1" ;; esac; }

run_demo() {
    "$binary" demo --data "$data" --ports "$ports" --history 0 >>"$recipes/demo.log" 2>&1 &
    demo_pid=$!
    for _ in $(seq 120); do
        if [ -s "$data/demo.json" ] && curl -fsS -o /dev/null "$(as_url "$(demo http)")/readyz" 2>/dev/null; then
            return 0
        fi
        kill -0 "$demo_pid" 2>/dev/null || break
        sleep 0.5
    done
    echo "accept: the demo did not become ready; its last words:" >&2
    tail -n 20 "$recipes/demo.log" >&2
    return 1
}

# Twice: the listener that lets everybody in opens the space of a home, and the first start makes the homes.
start_demo() {
    [ -n "${LARES:-}" ] || cargo build --release --locked --bin lares
    rm -rf "$data" "$recipes/demo.log"
    mkdir -p "$data"
    run_demo
    stop_demo
    printf '[mqtt]\nanonymous_bind = "127.0.0.1:%s"\nanonymous_home = "%s"\n' "$anonymous" "$(demo homes 0)" >"$data/lares.toml"
    rm "$data/demo.json"
    run_demo
}

prepare_api() {
    if [ ! -x "$recipes/npm/apitools/node_modules/.bin/redocly" ]; then
        mkdir -p "$recipes/npm/apitools"
        (cd "$recipes/npm/apitools" && npm init -y >/dev/null && npm install --no-audit --no-fund --loglevel=error \
            @redocly/cli @stoplight/spectral-cli openapi-typescript@7 typescript@5)
    fi
    if [ ! -x "$recipes/py/rest/bin/schemathesis" ]; then
        python3 -m venv "$recipes/py/rest"
        "$recipes/py/rest/bin/pip" install --quiet --disable-pip-version-check schemathesis
    fi
}

# The recipe prints what each tool found. Its last step is schemathesis, whose verdict `pipefail` brings out.
run_api() {
    local base output=$recipes/api.out status=0
    base=$(as_url "$(demo http)")
    prepare_api
    # Schemathesis looks for it above the folder of its recipe.
    python3 scripts/accept/api_config.py "$data/demo.json" >"$recipes/schemathesis.toml"
    bash -o pipefail "$recipes/api/run.sh" "$base/api/openapi.json" "$base" "$(demo owner token)" \
        >"$output" 2>&1 || status=$?
    cat "$output"
    grep -q 'types compile' "$output" || status=1
    if grep -qE '(^|[^0-9])[1-9][0-9]* errors?' "$output"; then status=1; fi
    return "$status"
}

run_home_assistant() {
    HA_PORT=$((ports + 20)) scripts/accept/homeassistant.sh \
        "$recipes" "$data/demo.json" "$(demo homes 0)" "$anonymous" "$1" "$2"
}
run_both_home_assistants() {
    local status=0
    run_home_assistant 311 ha || status=1
    run_home_assistant 313 ha || status=1
    return "$status"
}
# Zigbee2MQTT 2 announces `model_id`, which the older Home Assistant refuses, whoever's broker is between them.
run_beside_zigbee2mqtt() { run_home_assistant 313 z2m; }
run_mqtt() { scripts/accept/mqtt.sh "$binary" "$ACCEPT/mqtt/paho.py" "$recipes/mqtt-run" "$((ports + 8))"; }

# How fast Lares takes state updates, and how fast Home Assistant does.
run_absorb() { LARES_PID=$demo_pid MQTT_PORT=$((ports + 21)) run_home_assistant 313 absorb; }

is_wanted() { [ -z "${ONLY:-}" ] || [[ " $ONLY " == *" $1 "* ]]; }
try() {
    local name=$1
    shift
    if "$@"; then passed+=("$name"); else failed+=("$name"); fi
}

mkdir -p "$recipes"
"$ACCEPT/prepare.sh" "$recipes" >/dev/null
start_demo
for recipe in "$ACCEPT"/clients/*/ "$ACCEPT"/mqtt/; do
    name=$(basename "$recipe")
    if [ ! -d "$recipe" ] || ! is_wanted "$name"; then continue; fi
    case $name in
        api) try api run_api ;;
        mqtt) try mqtt run_mqtt ;;
        ha) try ha run_both_home_assistants ;;
        z2m) try z2m run_beside_zigbee2mqtt ;;
        nodered) skipped+=("nodered: measures Node-RED, and judges nothing of ours") ;;
        npm | py) ;; # installers that the other recipes call
        *) skipped+=("$name: this script does not know it") ;;
    esac
done

if [[ " ${ONLY:-} " == *" absorb "* ]]; then try absorb run_absorb; fi

echo
for name in "${passed[@]}"; do echo "accept: passed   $name"; done
for line in "${skipped[@]}"; do echo "accept: skipped  $line"; done
for name in "${failed[@]}"; do echo "accept: FAILED   $name"; done
[ "${#failed[@]}" -eq 0 ]
