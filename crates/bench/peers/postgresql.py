# PostgreSQL 15 on loopback: one table partitioned by time, a B-tree by series and time and a BRIN by time on each
# partition, points by binary COPY, one COMMIT per 5,000 points with synchronous_commit on.

import os
import pathlib
import shutil
import signal
import struct
import subprocess

import numpy
import psycopg

import peer

PORT = peer.free_port()
PROGRAMS = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
RUN_AS = "postgres"
MONTH_MS = 30 * peer.DAY_MS
# Daily partitions for what is new, 30 days each for what is older.
DAILY_MS = 60 * peer.DAY_MS
# From its manual: up to a quarter of the memory for shared_buffers (Resource Consumption; 2 GB hold all of the data),
# more of it told to the planner as the system's cache (Query Planning), checkpoints spread wide so that fewer pages are
# written whole (WAL Configuration), memory for building indexes (Populating a Database), random pages nearly as cheap
# as sequential ones on an SSD, and no JIT, which it advises for long queries only. Durability is as shipped, and said.
SETTINGS = {
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "lz4",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}
COPY = "COPY points FROM STDIN (FORMAT BINARY)"
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
COPY_TRAILER = struct.pack(">h", -1)
TUPLE = numpy.dtype(
    [
        ("fields", ">i2"),
        ("series_bytes", ">i4"),
        ("series", ">i4"),
        ("time_bytes", ">i4"),
        ("time", ">i8"),
        ("value_bytes", ">i4"),
        ("value", ">f8"),
    ]
)


class PostgreSql(peer.Peer):
    settings = """range partitions by time (30 days, the last 60 days daily), B-tree (series, ts) and BRIN (ts) on
        each, binary COPY, one COMMIT per batch with synchronous_commit=on and fsync=on; shared_buffers 2 GB,
        max_wal_size 4 GB, checkpoint_timeout 15 min, wal_compression lz4, jit off; bulk loads drop the indexes and
        build them again; settled by VACUUM ANALYZE and CHECKPOINT, counted without WAL"""

    def version(self):
        return f"PostgreSQL {self.writer.execute('SHOW server_version').fetchone()[0]}"

    def open(self, history_from_ms, end_ms):
        self.cluster().mkdir()
        if os.getuid() == 0:
            shutil.chown(self.cluster(), RUN_AS)
        initdb = [PROGRAMS / "initdb", "-D", self.cluster(), "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(["setpriv", *become(), "--", *initdb], check=True, stdout=subprocess.DEVNULL)
        self.reopen()
        self.writer = connect()
        self.writer.execute(
            "CREATE TABLE points (series int4 NOT NULL, ts int8 NOT NULL, value float8 NOT NULL) PARTITION BY RANGE (ts)"
        )
        for nth, (first, after) in enumerate(partitions(history_from_ms, end_ms)):
            self.writer.execute(f"CREATE TABLE points_{nth} PARTITION OF points FOR VALUES FROM ({first}) TO ({after})")
        self.writer.commit()

    def reopen(self):
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        place = ["-D", str(self.cluster()), "-h", "127.0.0.1", "-p", str(PORT), "-k", ""]
        user = RUN_AS if os.getuid() == 0 else None
        self.server = peer.Server([str(PROGRAMS / "postgres"), *place, *options], self.folder / "log", user)
        self.server.wait_until(accepts)

    def connect(self):
        self.writer = connect()

    def cluster(self):
        return self.folder / "cluster"

    def encode(self, points):
        tuples = numpy.empty(len(points), TUPLE)
        tuples["fields"] = 3
        tuples["series_bytes"], tuples["series"] = 4, points["series"]
        tuples["time_bytes"], tuples["time"] = 8, points["time"]
        tuples["value_bytes"], tuples["value"] = 8, points["value"]
        return COPY_HEADER + tuples.tobytes() + COPY_TRAILER

    def commit(self, encoded):
        with self.writer.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.write(encoded)
        self.writer.commit()

    def load(self, points):
        self.writer.execute("DROP INDEX IF EXISTS by_series, by_time")
        self.writer.commit()
        for at in range(0, len(points), 1_000_000):
            self.commit(self.encode(points[at : at + 1_000_000]))
        # On a partitioned table, one index on each partition.
        self.writer.execute("CREATE INDEX by_series ON points (series, ts)")
        self.writer.execute("CREATE INDEX by_time ON points USING brin (ts)")
        self.writer.commit()
        self.vacuum()

    def vacuum(self):
        with connect(autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE points")

    def client(self):
        cursor = connect(autocommit=True).cursor(binary=True)
        return lambda query: cursor.execute(SQL[query["name"]], parameters(query), prepare=True).fetchall()

    def rows(self, query, answer):
        return list(zip(*answer)) or [(), (), (), ()]

    def settle(self, last_row):
        self.connect()
        self.vacuum()
        with connect(autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            sizes = """SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
                WHERE inhparent = 'points'::regclass"""
            return int(connection.execute(sizes).fetchone()[0])

    def close(self):
        if hasattr(self, "server"):
            # SIGINT is its fast shutdown.
            self.server.stop(signal.SIGINT)


def become():
    """It refuses to run as root."""
    return ["--reuid", RUN_AS, "--regid", RUN_AS, "--init-groups"] if os.getuid() == 0 else []


def connect(autocommit=False):
    return psycopg.connect(
        host="127.0.0.1", port=PORT, user="bench", dbname="postgres", autocommit=autocommit
    )


def accepts():
    try:
        connect().close()
        return True
    except psycopg.OperationalError:
        return False


def partitions(history_from_ms, end_ms):
    first = history_from_ms
    while first < end_ms:
        width = MONTH_MS if first + MONTH_MS <= end_ms - DAILY_MS else peer.DAY_MS
        yield first, first + width
        first += width


def parameters(query):
    series = [device * peer.METRICS + query["metric"] for device in range(query.get("devices", 0))]
    until_ms = query.get("until_ms") or query["from_ms"] + query["width_ms"] * query["buckets"]
    return {**query, "until_ms": until_ms, "many": series}


SQL = {
    "Q1": """SELECT ts, value FROM points
        WHERE series = %(series)s AND ts >= %(from_ms)s::int8 AND ts < %(until_ms)s::int8 ORDER BY ts""",
    "Q2": """SELECT (ts - %(from_ms)s::int8) / %(width_ms)s::int8 AS bucket, min(value), max(value), avg(value)
        FROM points WHERE series = %(series)s AND ts >= %(from_ms)s::int8 AND ts < %(until_ms)s::int8
        GROUP BY bucket""",
    # Seeks to the end of each series instead of reading a day of it.
    "Q3": """SELECT series / 5, last.value FROM unnest(%(many)s::int4[]) AS series, LATERAL (
            SELECT value FROM points WHERE points.series = series.series
            AND ts >= %(from_ms)s::int8 AND ts < %(until_ms)s::int8 ORDER BY ts DESC LIMIT 1) AS last""",
    "Q4": """SELECT series / 5, (ts - %(from_ms)s::int8) / 86400000 AS day, sum(value) FROM points
        WHERE series = ANY(%(many)s::int4[]) AND ts >= %(from_ms)s::int8 AND ts < %(until_ms)s::int8
        GROUP BY series, day""",
}

if __name__ == "__main__":
    peer.serve(PostgreSql)
