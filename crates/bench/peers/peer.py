# What every peer of `make bench-telemetry` shares: the protocol (requests as JSON lines on standard input, answers on
# standard output; src/telemetry/engine.rs defines them), the points, the clock around a commit and a query, and the
# check value of an answer.

import json
import multiprocessing
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import numpy

POINT = numpy.dtype([("series", "<u4"), ("time", "<i8"), ("value", "<f8")])
METRICS = 5
LIVE_DEVICES = 1_000
POINTS_PER_COMMIT = 5_000
DAY_MS = 86_400_000
READ_PAUSE_S = 0.05
PROGRESS_EVERY_S = 0.2
READY_WITHIN_S = 120


class Peer:
    """One engine. Subclasses say how to start it, write to it and ask it."""

    settings = ""
    # Whether a second process can read; otherwise a thread of this one does.
    reads_from_outside = True

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).absolute()
        # Commits of the next turn.
        self.encoded = []

    def version(self):
        raise NotImplementedError

    def open(self, history_from_ms, end_ms):
        """Makes a new store."""
        raise NotImplementedError

    def reopen(self):
        """Opens the store after a kill."""
        raise NotImplementedError

    def connect(self):
        """A fresh connection for writing, at the beginning of a turn."""

    def encode(self, points):
        """Points in the form in which they are handed over; nobody looks at the clock."""
        raise NotImplementedError

    def commit(self, encoded):
        """Returns when the points are as durable as the engine makes them."""
        raise NotImplementedError

    def load(self, points):
        """Stores points in whatever way is quickest."""
        raise NotImplementedError

    def client(self):
        """What asks: a callable that takes a query and returns the answer as the engine gives it."""
        raise NotImplementedError

    def rows(self, query, answer):
        """The answer as columns, as src/telemetry/queries.rs describes them; nobody looks at the clock."""
        raise NotImplementedError

    def settle(self, last_row):
        """Waits until the files are what they will be, and returns their bytes. All points are stored already; the
        last row is for engines that need a write to come to rest."""
        raise NotImplementedError

    def before_kill(self):
        """For engines that acknowledge what they have in memory."""

    def close(self):
        """Stops what was started."""


def check(query, columns):
    """Rows and a sum in which every column counts: the same as Query::answer in queries.rs."""
    columns = [numpy.asarray(column, dtype="f8") for column in columns]
    first = columns[0]
    by_device = 1 + first / LIVE_DEVICES
    if query["name"] == "Q1":
        weighed = columns[1] * (1 + (first - query["from_ms"]) / DAY_MS)
    elif query["name"] == "Q2":
        weighed = (columns[1] + columns[2] + columns[3]) * (1 + first / query["buckets"])
    elif query["name"] == "Q3":
        weighed = columns[1] * by_device
    else:
        weighed = columns[2] * by_device * (1 + columns[1] / 30)
    return {"rows": len(first), "check": float(weighed.sum())}


def timed(client, query):
    began = time.perf_counter()
    answer = client(query)
    return (time.perf_counter() - began) * 1e3, answer


def read_until(peer, over, queries):
    client, reads = peer.client(), []
    while True:
        for nth, query in enumerate(queries):
            if over.is_set():
                return reads
            ms, answer = timed(client, query)
            reads.append({"nth": nth, "ms": ms, "answer": check(query, peer.rows(query, answer))})
            time.sleep(READ_PAUSE_S)


def send_reads(peer, over, queries, sender):
    try:
        sender.send(read_until(peer, over, queries))
    except Exception as error:
        sender.send(f"reading beside ingest: {error!r}")


class Reading:
    """Asks queries beside the ingest, from a process of its own where the engine allows it."""

    def __init__(self, peer, queries):
        context = multiprocessing.get_context("fork")
        self.receiver, sender = context.Pipe(duplex=False)
        if peer.reads_from_outside:
            self.over, worker = context.Event(), context.Process
        else:
            self.over, worker = threading.Event(), threading.Thread
        self.worker = worker(target=send_reads, args=(peer, self.over, queries, sender), daemon=True)
        self.worker.start()

    def stop(self):
        self.over.set()
        reads = self.receiver.recv()
        self.worker.join()
        if isinstance(reads, str):
            raise RuntimeError(reads)
        return reads


def encode(peer, points, request):
    """(point after it, commit) for all commits of a turn."""
    ends = [*range(request["from"] + POINTS_PER_COMMIT, request["until"], POINTS_PER_COMMIT), request["until"]]
    starts = range(request["from"], request["until"], POINTS_PER_COMMIT)
    peer.encoded = [(end, peer.encode(points[start:end])) for start, end in zip(starts, ends)]


def ingest(peer, request):
    peer.connect()
    reading = Reading(peer, request["reads"]) if request["reads"] else None
    encoded, peer.encoded, commit_ms = peer.encoded, [], []
    start = told = time.perf_counter()
    for next_point, commit in encoded:
        began = time.perf_counter()
        peer.commit(commit)
        now = time.perf_counter()
        commit_ms.append((now - began) * 1e3)
        if now - told >= PROGRESS_EVERY_S:
            say({"progress": next_point})
            told = now
        if now - start >= request["seconds"]:
            break
    return {"ingested": {"commit_ms": commit_ms, "reads": reading.stop() if reading else []}}


def ask(peer, request):
    client, ms, answers, began = peer.client(), [], [], time.monotonic()
    for query in request["queries"]:
        took_ms, answer = timed(client, query)
        ms.append(took_ms)
        answers.append(check(query, peer.rows(query, answer)))
        if time.monotonic() - began >= request["seconds"]:
            break
    return {"queried": {"ms": ms, "answers": answers}}


def reopen(peer, request):
    query, began = request["query"], time.perf_counter()
    peer.reopen()
    answer = peer.client()(query)
    seconds = time.perf_counter() - began
    return {"reopened": {"seconds": seconds, "answer": check(query, peer.rows(query, answer))}}


def respond(peer, points, request):
    task = request["do"]
    if task == "open":
        peer.open(request["history_from_ms"], request["end_ms"])
        return {"opened": {"version": peer.version(), "settings": " ".join(peer.settings.split())}}
    if task == "reopen":
        return reopen(peer, request)
    if task == "load":
        peer.connect()
        peer.load(points[request["from"] : request["until"]])
        return "done"
    if task == "encode":
        encode(peer, points, request)
        return "done"
    if task == "ingest":
        return ingest(peer, request)
    if task == "query":
        return ask(peer, request)
    if task == "settle":
        return {"settled": {"bytes": peer.settle(points[-METRICS:])}}
    if task == "before_kill":
        peer.before_kill()
        return "done"
    raise ValueError(f"unknown request {task}")


def say(response):
    print(json.dumps(response), flush=True)


def serve(make):
    """Serves one peer until standard input ends."""
    folder, data = sys.argv[1:]
    peer, points = make(folder), numpy.memmap(data, dtype=POINT, mode="r")
    try:
        for line in sys.stdin:
            try:
                say(respond(peer, points, json.loads(line)))
            except Exception as error:
                say({"failed": repr(error)})
    finally:
        peer.close()


class Server:
    """A server process that goes down with this one. Its output is in a file beside its data."""

    def __init__(self, command, log, user=None):
        become = ["--reuid", user, "--regid", user, "--init-groups"] if user else []
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *become, "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        self.log = log

    def wait_until(self, ready):
        deadline = time.monotonic() + READY_WITHIN_S
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start, see {self.log}")
            time.sleep(0.005)

    def stop(self, signal):
        if self.process.poll() is None:
            self.process.send_signal(signal)
            self.process.wait(timeout=READY_WITHIN_S)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def answers_http(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status < 300
    except OSError:
        return False


def bytes_of(path):
    """Allocated blocks of all files below."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


def lines(points):
    """Rows in the line protocol of InfluxDB, five fields each, as an agent would send them."""
    device = (points["series"][::METRICS] // METRICS).tolist()
    time_ms = points["time"][::METRICS].tolist()
    values = points["value"].reshape(-1, METRICS).tolist()
    return "\n".join(
        f"m,d=d{device} t={t},h={h},p={p},e={e},c={c} {time_ms}"
        for device, time_ms, (t, h, p, e, c) in zip(device, time_ms, values)
    ).encode()


# The fields in the order of the metrics.
FIELDS = "thpec"
