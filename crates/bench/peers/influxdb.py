# InfluxDB 1.6 on loopback, written to in its line protocol and asked by InfluxQL. Its WAL is fsynced before a write is
# answered.

import http.client
import json
import signal
import subprocess
import time
import urllib.parse

import peer

PORT, ADMIN_PORT = peer.free_port(), peer.free_port()
# wal-fsync-delay 0 is the default and its advice for SSDs: every write is durable. Its own monitoring and the logs of
# queries and requests are off, since nobody reads them here. Everything else, index in memory included (1,001 series
# are few), is its default.
CONFIGURATION = """reporting-disabled = true
bind-address = "127.0.0.1:{admin_port}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  wal-fsync-delay = "0s"
  query-log-enabled = false
{more}
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[logging]
  level = "warn"
"""
# By default a shard is compacted fully after four hours without writes, and the cache written out after ten minutes:
# to settle, both come at once.
COLD_AT_ONCE = """  cache-snapshot-write-cold-duration = "1s"
  compact-full-write-cold-duration = "1s"
"""
# Its guidance on shard groups: longer ones for history that is kept and read, 52 weeks where that is for ever.
CREATE = "CREATE DATABASE bench WITH DURATION INF SHARD DURATION 52w"
RESTS_AFTER_S = 15
SETTLED_WITHIN_S = 600


class InfluxDb(peer.Peer):
    settings = """defaults (wal-fsync-delay 0, so each write is fsynced), shard groups of 52 weeks as advised for
        endless retention, monitoring and request logs off, five fields a line over one HTTP connection; settled by a
        restart with compact-full-write-cold-duration=1s, until the files rest"""

    def version(self):
        said = subprocess.run(["influxd", "version"], capture_output=True, text=True, check=False).stdout
        return " ".join(said.split()[:2])

    def open(self, history_from_ms, end_ms):
        self.reopen()
        self.connect()
        query(self.connection, {"q": CREATE}, "POST")

    def reopen(self):
        self.start("")

    def start(self, more):
        file = self.folder / "influxdb.conf"
        file.write_text(CONFIGURATION.format(folder=self.folder, port=PORT, admin_port=ADMIN_PORT, more=more))
        self.server = peer.Server(["influxd", "-config", str(file)], self.folder / "log")
        self.server.wait_until(lambda: peer.answers_http(f"http://127.0.0.1:{PORT}/ping"))

    def connect(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT)

    def encode(self, points):
        return peer.lines(points)

    def commit(self, encoded):
        request(self.connection, "POST", "/write?db=bench&precision=ms", encoded)

    def load(self, points):
        for at in range(0, len(points), 50_000):
            self.commit(self.encode(points[at : at + 50_000]))

    def client(self):
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        ask = {"db": "bench", "epoch": "ms"}
        return lambda asked: query(connection, {**ask, "q": INFLUXQL[asked["name"]](asked)})

    def rows(self, asked, answer):
        series = json.loads(answer)["results"][0].get("series", [])
        return list(zip(*ROWS[asked["name"]](asked, series))) or [(), (), (), ()]

    def settle(self, last_row):
        self.close()
        self.start(COLD_AT_ONCE)
        # The segment of the WAL that was open stays until a write begins another; so the last point comes once more.
        self.connect()
        self.commit(self.encode(last_row))
        deadline, seen, since = time.monotonic() + SETTLED_WITHIN_S, None, time.monotonic()
        while time.monotonic() - since < RESTS_AFTER_S:
            now = sum(peer.bytes_of(self.folder / part) for part in ("data", "wal", "meta"))
            if now != seen:
                seen, since = now, time.monotonic()
            if time.monotonic() > deadline:
                raise RuntimeError(f"did not come to rest within {SETTLED_WITHIN_S} s")
            time.sleep(0.25)
        self.close()
        self.start("")
        return seen

    def close(self):
        if hasattr(self, "server"):
            self.server.stop(signal.SIGTERM)


def request(connection, method, url, body=None):
    connection.request(method, url, body)
    response = connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise RuntimeError(f"{method} {url.split('?')[0]}: {response.status} {answer[:300]}")
    return answer


def query(connection, parameters, method="GET"):
    return request(connection, method, "/query?" + urllib.parse.urlencode(parameters))


def within(query):
    until_ms = query.get("until_ms") or query["from_ms"] + query["width_ms"] * query["buckets"]
    return f"time >= {query['from_ms']}ms AND time < {until_ms}ms"


def field_and_device(query):
    return peer.FIELDS[query["series"] % peer.METRICS], f"d = 'd{query['series'] // peer.METRICS}'"


def one_day(query):
    field, device = field_and_device(query)
    return f"SELECT {field} FROM m WHERE {device} AND {within(query)}"


def buckets(query):
    (field, device), width_ms = field_and_device(query), query["width_ms"]
    functions = f"min({field}), max({field}), mean({field})"
    # Its buckets begin at the epoch without an offset.
    group = f"time({width_ms}ms, {query['from_ms'] % width_ms}ms)"
    return f"SELECT {functions} FROM m WHERE {device} AND {within(query)} GROUP BY {group} fill(none)"


def last(query):
    field = peer.FIELDS[query["metric"]]
    return f"SELECT last({field}) FROM m WHERE d != 'd{query['devices']}' AND {within(query)} GROUP BY d"


def daily_sums(query):
    field, offset_ms = peer.FIELDS[query["metric"]], query["from_ms"] % peer.DAY_MS
    condition = f"d != 'd{query['devices']}' AND {within(query)}"
    return f"SELECT sum({field}) FROM m WHERE {condition} GROUP BY d, time(1d, {offset_ms}ms) fill(none)"


def device(series):
    return int(series["tags"]["d"][1:])


INFLUXQL = {"Q1": one_day, "Q2": buckets, "Q3": last, "Q4": daily_sums}
ROWS = {
    "Q1": lambda query, series: series[0]["values"] if series else [],
    "Q2": lambda query, series: [
        ((at - query["from_ms"]) // query["width_ms"], *values) for at, *values in series[0]["values"]
    ],
    "Q3": lambda query, series: [(device(one), value) for one in series for _, value in one["values"]],
    "Q4": lambda query, series: [
        (device(one), (at - query["from_ms"]) // peer.DAY_MS, value) for one in series for at, value in one["values"]
    ],
}

if __name__ == "__main__":
    peer.serve(InfluxDb)
