# DuckDB in process. Each commit is one INSERT in a transaction of its own, whose WAL is fsynced; the points come from
# NumPy arrays without a copy through Python objects, which its documentation advises instead of single rows.

import numpy

import duckdb
import peer

# Threads as many as the machine has cores, as by default, but said, since containers may hide it. The checkpoint
# threshold stays at its default (16 MiB): larger ones make restarts longer. A primary key would build an ART index,
# which its guides call for only where a constraint or very selective lookups need it, since it slows loading; the
# min-max index that every column has serves ranges of time. Order on disk is the order of arrival.
SETTINGS = {"threads": 2}


class DuckDb(peer.Peer):
    settings = """threads=2, no index beyond the min-max index of every column, one INSERT from NumPy arrays per commit,
        WAL fsynced per commit; settled by CHECKPOINT"""
    reads_from_outside = False

    def version(self):
        return f"DuckDB {duckdb.__version__}"

    def open(self, history_from_ms, end_ms):
        self.reopen()
        self.connection.execute("CREATE TABLE points (series UINTEGER, ts BIGINT, value DOUBLE)")

    def reopen(self):
        self.connection = duckdb.connect(str(self.folder / "points.duckdb"), config=SETTINGS)

    def encode(self, points):
        return {
            "series": numpy.ascontiguousarray(points["series"]),
            "ts": numpy.ascontiguousarray(points["time"]),
            "value": numpy.ascontiguousarray(points["value"]),
        }

    def commit(self, encoded):
        self.connection.execute("INSERT INTO points SELECT series, ts, value FROM encoded")

    def load(self, points):
        self.commit(self.encode(points))

    def client(self):
        cursor = self.connection.cursor()
        return lambda query: list(cursor.execute(*SQL[query["name"]](query)).fetchnumpy().values())

    def rows(self, query, answer):
        return answer

    def settle(self, last_row):
        self.connection.execute("CHECKPOINT")
        return peer.bytes_of(self.folder)

    def close(self):
        if hasattr(self, "connection"):
            self.connection.close()


def one_day(query):
    sql = "SELECT ts, value FROM points WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts"
    return sql, [query["series"], query["from_ms"], query["until_ms"]]


def buckets(query):
    sql = """SELECT (ts - $from) // $width AS bucket, min(value), max(value), avg(value) FROM points
        WHERE series = $series AND ts >= $from AND ts < $until GROUP BY bucket ORDER BY bucket"""
    until_ms = query["from_ms"] + query["width_ms"] * query["buckets"]
    names = {"series": query["series"], "from": query["from_ms"], "until": until_ms, "width": query["width_ms"]}
    return sql, names


def last(query):
    sql = """SELECT series // 5 AS device, arg_max(value, ts) FROM points
        WHERE ts >= $from AND ts < $until AND series < $series AND series % 5 = $metric GROUP BY device"""
    return sql, bounds(query)


def daily_sums(query):
    sql = """SELECT series // 5 AS device, (ts - $from) // 86400000 AS day, sum(value) FROM points
        WHERE ts >= $from AND ts < $until AND series < $series AND series % 5 = $metric GROUP BY device, day"""
    return sql, bounds(query)


def bounds(query):
    return {
        "from": query["from_ms"],
        "until": query["until_ms"],
        "series": query["devices"] * peer.METRICS,
        "metric": query["metric"],
    }


SQL = {"Q1": one_day, "Q2": buckets, "Q3": last, "Q4": daily_sums}

if __name__ == "__main__":
    peer.serve(DuckDb)
