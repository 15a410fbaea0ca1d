#!/usr/bin/env bash
# A real Home Assistant on the broker of a running demo: homeassistant.sh RECIPES DEMO_FILE HOME ANONYMOUS_PORT VERSION WHAT.
# VERSION is 313 (2025.4) or 311 (2024.3). WHAT is `ha` (their discovery, then ours), `z2m` (beside a real Zigbee2MQTT) or
# `absorb` (how fast each takes state updates, Home Assistant on a Mosquitto of its own). HA_PORT sets where it listens;
# `absorb` wants LARES_PID.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
recipes=$1 demo=$2 home=$3 anonymous=$4 V=$5 what=$6
export HA_PORT=${HA_PORT:-18123}
RUN=$recipes/$what-run$V
token=$RUN/token
python=$recipes/ha/venv$V/bin/python
mqtt=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["mqtt"].split(":")[1])' "$demo")
bridge=
failed=0

check() {
    local title=$1
    shift
    if "$@"; then echo "$what $V: ok      $title"; else
        echo "$what $V: FAILED  $title"
        failed=1
    fi
}

install_zigbee2mqtt() {
    local node=$recipes/npm/node22/node_modules/node/bin
    if [ ! -x "$node/node" ]; then
        mkdir -p "$recipes/npm/node22"
        (cd "$recipes/npm/node22" && npm init -y >/dev/null && npm install --no-audit --no-fund --loglevel=error node@22)
    fi
    if [ ! -d "$recipes/npm/z2m/node_modules/zigbee2mqtt" ]; then
        mkdir -p "$recipes/npm/z2m"
        (cd "$recipes/npm/z2m" && npm init -y >/dev/null &&
            PATH=$node:$PATH npm install --no-audit --no-fund --loglevel=error zigbee2mqtt@2)
    fi
}

install_home_assistant() {
    local venv=$recipes/ha/venv$V installer=$recipes/ha-install$V.sh
    if [ -e "$venv/installed" ]; then return 0; fi
    # A copy: the recipes are laid out again while it runs, if somebody starts this twice.
    cp "$recipes/ha/install.sh" "$installer"
    bash "$installer" "$V" "$recipes/ha" >"$recipes/ha-install$V.log" 2>&1
    # The recipe pins one for the older version; each has its own.
    "$venv/bin/uv" pip install -q --python "$venv/bin/python" \
        -c "$(echo "$venv"/lib/python3*/site-packages/homeassistant/package_constraints.txt)" securetar
    touch "$venv/installed"
}

# On the broker at this port, with a name and password where it wants them.
start_home_assistant() {
    start_ha
    timeout 300 "$python" "$recipes/ha/onboard.py" "$HA_PORT" 127.0.0.1 "$1" "$token" "${@:2}"
}
start_home_assistant_with_us() {
    local login
    login=$(python3 "$here/export.py" client "$demo" "$home" "Home Assistant for $what $V")
    # shellcheck disable=SC2086
    start_home_assistant "$mqtt" $login
}

finish() {
    set +e # what is over already cannot be ended
    if [ -n "$bridge" ]; then
        kill "$bridge" 2>/dev/null || true
        wait "$bridge" 2>/dev/null || true
    fi
    if [ "$(type -t stop_all)" = function ]; then stop_all; fi
}
trap finish EXIT

judge() { "$python" "$recipes/ha/judge.py" "$HA_PORT" "$token" "$RUN/ha.log" "$@"; }
judge_export() {
    # Somebody may switch a lamp between the list and the look at it.
    for _ in 1 2 3; do
        python3 "$here/export.py" expect "$demo" "$home" "$RUN/expect.json"
        if judge --expect "$RUN/expect.json"; then return 0; fi
    done
    return 1
}
# What the judge announced in the words of one version, the next one complains of.
forget_the_judge() {
    "$python" - "$anonymous" <<'PY'
import sys, time
import paho.mqtt.client as mqtt
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2) if hasattr(mqtt, "CallbackAPIVersion") else mqtt.Client()
client.on_message = lambda client, _, message: message.payload and client.publish(message.topic, b"", 1, True)
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_start()
client.subscribe([("homeassistant/+/u12/+/config", 1), ("homeassistant/device/dv/config", 1)])
time.sleep(2)
client.disconnect()
PY
}
quiet_log() {
    if grep -E ' (ERROR|WARNING) .*mqtt' "$RUN/ha.log"; then return 1; fi
}

run_ha() {
    local form=--device
    [ "$V" = 313 ] || form=--old
    check "judge.py --publish through our broker" judge --publish 127.0.0.1 "$anonymous" "$form"
    forget_the_judge
    check "every device of the home is told of" python3 "$here/export.py" on "$demo" "$home"
    check "judge.py --expect of our export" judge_export
    check "values, and a command from Home Assistant" python3 "$here/export.py" check "$demo" "$home" "$HA_PORT" "$token"
    check "no complaint about MQTT in Home Assistant's log" quiet_log
}

run_z2m() {
    local name password
    install_zigbee2mqtt
    read -r name password < <(python3 "$here/export.py" client "$demo" "$home" Zigbee2MQTT trusted)
    # It builds itself anew where it finds itself in a repository of another commit: ours.
    GIT_DIR=/dev/null MOCK_N=8 Z2M_DATA=$RUN/z2m bash "$recipes/z2m/run.sh" "mqtt://127.0.0.1:$mqtt" "  user: $name
  password: $password" >"$RUN/z2m.log" 2>&1 &
    bridge=$!
    check "Zigbee2MQTT in Lares as in Home Assistant" "$python" "$here/zigbee2mqtt.py" \
        "$demo" "$home" "$HA_PORT" "$token" "$anonymous" 12
    check "no complaint about MQTT in Home Assistant's log" quiet_log
}

bench_home_assistant() {
    local output=$recipes/absorb-ha$V.out
    "$python" "$recipes/ha/bench.py" 127.0.0.1 "$MQTT_PORT" "$HA_PORT" "$token" "$(cat "$RUN/ha.pid")" >"$output" 2>&1
    sed -n "s/^absorb/absorb: Home Assistant $V, QoS 0:/p" "$output" | grep .
}
run_absorb() {
    check "Lares absorbs state updates" "$python" "$here/absorb.py" "$demo" "$home" "$LARES_PID"
    start_mosquitto
    start_home_assistant "$MQTT_PORT"
    check "Home Assistant absorbs state updates" bench_home_assistant
}

install_home_assistant
rm -rf "$RUN"
# shellcheck source=/dev/null
source "$recipes/ha/common.sh"
case $what in
    ha)
        start_home_assistant_with_us
        run_ha
        ;;
    z2m)
        start_home_assistant_with_us
        run_z2m
        ;;
    absorb) run_absorb ;;
    *) echo "homeassistant.sh: $what is none of ha, z2m and absorb" >&2 && exit 2 ;;
esac
exit "$failed"
