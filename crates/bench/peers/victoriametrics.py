# VictoriaMetrics, single node, on loopback, written to in the line protocol and asked by MetricsQL. It keeps what came
# in the last seconds in memory and never fsyncs a write: the one peer here that is not durable per commit.

import http.client
import json
import signal
import subprocess
import time
import urllib.parse

import peer

PORT = peer.free_port()
# Its troubleshooting guide recommends default flags, so only what the data demands is set. Retention is one month by
# default, which would drop a history of a year. Queries bypass the cache of results (nocache=1): the same question
# comes again, and the engine is asked, not its memory of the answer.
FLAGS = ["-retentionPeriod=10y", "-loggerLevel=WARN"]
# What is younger is in memory and lost by a kill: it is written every five seconds, and a kill after ten was seen to
# lose points on a busy machine.
IN_MEMORY_S = 10
RESTS_WITHIN_S = 300


class VictoriaMetrics(peer.Peer):
    settings = """defaults, retention 10 years, line protocol over one HTTP connection, nocache=1 in queries; NOT
        durable per commit: it keeps the last seconds in memory and does not fsync writes (the kill for the restart
        waits until they are written); settled by force_flush and force_merge"""

    def version(self):
        # Debian's build does not know its version.
        query = ["dpkg-query", "-W", "-f", "${Version}", "victoria-metrics"]
        said = subprocess.run(query, capture_output=True, text=True, check=False).stdout
        return f"VictoriaMetrics {said}".strip()

    def open(self, history_from_ms, end_ms):
        self.reopen()

    def reopen(self):
        data = f"-storageDataPath={self.folder / 'data'}"
        command = ["victoria-metrics", data, f"-httpListenAddr=127.0.0.1:{PORT}", *FLAGS]
        self.server = peer.Server(command, self.folder / "log")
        self.server.wait_until(lambda: peer.answers_http(f"http://127.0.0.1:{PORT}/health"))

    def connect(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT)

    def encode(self, points):
        return peer.lines(points)

    def commit(self, encoded):
        request(self.connection, "POST", "/write?precision=ms", encoded)

    def load(self, points):
        for at in range(0, len(points), 50_000):
            self.commit(self.encode(points[at : at + 50_000]))
        # Only then do all queries see all points.
        request(self.connection, "GET", "/internal/force_flush")

    def client(self):
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        return lambda query: request(connection, "GET", URLS[query["name"]](query))

    def rows(self, query, answer):
        if query["name"] == "Q1":
            series = [json.loads(line) for line in answer.splitlines()]
            return series[0]["timestamps"], series[0]["values"]
        result = json.loads(answer)["data"]["result"]
        if query["name"] == "Q2":
            return bucket_rows(query, result)
        if query["name"] == "Q3":
            return [device(series) for series in result], [float(series["value"][1]) for series in result]
        rows = [
            (device(series), (round(at * 1e3) + 1 - query["from_ms"]) // peer.DAY_MS - 1, float(value))
            for series in result
            for at, value in series["values"]
        ]
        return list(zip(*rows))

    def settle(self, last_row):
        self.connect()
        request(self.connection, "GET", "/internal/force_flush")
        time.sleep(IN_MEMORY_S)
        request(self.connection, "GET", "/internal/force_merge")
        return resting_bytes(self.folder / "data")

    def before_kill(self):
        time.sleep(IN_MEMORY_S)
        resting_bytes(self.folder / "data")

    def close(self):
        if hasattr(self, "server"):
            self.server.stop(signal.SIGTERM)


def resting_bytes(folder):
    """The bytes below a folder once they have not changed for five seconds."""
    deadline, seen, since = time.monotonic() + RESTS_WITHIN_S, None, time.monotonic()
    while time.monotonic() < deadline:
        now = peer.bytes_of(folder)
        if now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since >= 5:
            return now
        time.sleep(0.25)
    raise RuntimeError(f"{folder} did not come to rest within {RESTS_WITHIN_S} s")


def request(connection, method, url, body=None):
    connection.request(method, url, body)
    response = connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise RuntimeError(f"{method} {url.split('?')[0]}: {response.status} {answer[:300]}")
    return answer


def device(series):
    return int(series["metric"]["d"][1:])


def bucket_rows(query, result):
    """`rollup` gives one series each for the minimum, the maximum and the mean, told apart by a label."""
    columns = {}
    for series in result:
        kind = series["metric"]["rollup"]
        for at, value in series["values"]:
            bucket = (round(at * 1e3) + 1 - query["from_ms"]) // query["width_ms"] - 1
            columns.setdefault(bucket, {})[kind] = float(value)
    rows = [(bucket, row["min"], row["max"], row["avg"]) for bucket, row in columns.items()]
    return list(zip(*rows))


def seconds(time_ms):
    """It cuts fractions of milliseconds off, so a little more keeps the millisecond."""
    return f"{(time_ms + 0.3) / 1e3:.4f}"


def metric(series):
    return f'm_{peer.FIELDS[series % peer.METRICS]}{{d="d{series // peer.METRICS}"}}'


def live(query):
    return f'm_{peer.FIELDS[query["metric"]]}{{d!="d{query["devices"]}"}}'


# A window of MetricsQL ends with its instant and begins after it, so all instants are one millisecond early.
def one_day(query):
    until = seconds(query["until_ms"] - 1)
    return url("export", {"match[]": metric(query["series"]), "start": seconds(query["from_ms"]), "end": until})


def buckets(query):
    width_ms = query["width_ms"]
    first_ms = query["from_ms"] + width_ms - 1
    return url(
        "query_range",
        {
            "query": f"rollup({metric(query['series'])}[{width_ms}ms])",
            "start": seconds(first_ms),
            "end": seconds(first_ms + width_ms * (query["buckets"] - 1)),
            "step": f"{width_ms}ms",
        },
    )


def last(query):
    span_ms = query["until_ms"] - query["from_ms"]
    expression = f"last_over_time({live(query)}[{span_ms}ms])"
    return url("query", {"query": expression, "time": seconds(query["until_ms"] - 1)})


def daily_sums(query):
    return url(
        "query_range",
        {
            "query": f"sum_over_time({live(query)}[1d])",
            "start": seconds(query["from_ms"] + peer.DAY_MS - 1),
            "end": seconds(query["until_ms"] - 1),
            "step": "1d",
        },
    )


def url(path, parameters):
    return f"/api/v1/{path}?" + urllib.parse.urlencode({**parameters, "nocache": 1})


URLS = {"Q1": one_day, "Q2": buckets, "Q3": last, "Q4": daily_sums}

if __name__ == "__main__":
    peer.serve(VictoriaMetrics)
