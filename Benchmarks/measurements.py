"""What is measured, on which pairs, and the rows that its figures make. `targets.py` names rows by their titles."""

import dataclasses

from comparison import Row
from measurement_kinds import BesideDownload, ClientRun, Delayed, IdleMemory

GIBIBYTE = 1 << 30
MEBIBYTE = 1 << 20
ROUND_TRIPS = (0, 10, 63, 150)


@dataclasses.dataclass(frozen=True)
class Sizes:
    bulk: int
    pings: int
    seconds: float
    idle: int
    # How many seconds idle connections stand before the memory is read.
    rest: float
    beside: int


FULL = Sizes(bulk=GIBIBYTE, pings=10_000, seconds=2, idle=500, rest=2, beside=3 * GIBIBYTE)
# Enough to show that the script and the peers work; the figures are worth nothing.
QUICK = Sizes(bulk=32 * MEBIBYTE, pings=500, seconds=0.2, idle=30, rest=0.2, beside=256 * MEBIBYTE)


def per_gibibyte(result, server_seconds):
    return (result["cpu_s"] + server_seconds) * GIBIBYTE / result["bytes"]


def rate(result, _):
    return result["mib_s"]


def bulk(direction, streams, size):
    of_streams = "1 stream" if streams == 1 else f"{streams} streams"
    title = f"Bulk {direction}, {of_streams}"
    other = "down" if direction == "up" else "up"
    arguments = (f"--{direction}", str(size), f"--{other}", "0", "--streams", str(streams))
    figures = {
        Row(title, "MiB/s"): rate,
        Row(f"{title}: CPU of both ends", "s/GiB", less_is_better=True, digits=2): per_gibibyte,
    }
    kinds = ("own", "cross", "floor", "paced") if streams == 1 else ("own", "cross", "floor")
    return ClientRun(f"bulk-{direction}-{streams}", "bulk", arguments, 60 + size / MEBIBYTE, figures, kinds)


def delayed(round_trip, size):
    row = Row(f"Download at {round_trip} ms round trip", "MiB/s")
    arguments = ("--down", str(size), "--up", "0", "--streams", "1")
    # Crosswise at one delay: more would take much of a round's time and say little.
    kinds = ("own", "cross", "raw") if round_trip == 63 else ("own", "raw")
    return Delayed(f"delay-{round_trip}", "bulk", arguments, 120 + size / MEBIBYTE, {row: rate}, round_trip, kinds)


def counted(name, title, mode, *arguments, seconds, kinds=("own", "cross")):
    """A benchmark that counts what was done in so many seconds."""
    row = Row(title, "1/s")
    arguments = (*arguments, "--seconds", f"{seconds:g}")
    return ClientRun(name, mode, arguments, 60 + seconds, {row: lambda result, _: result["per_s"]}, kinds)


def ping(count):
    figures = {
        Row(f"Ping {name}", "us", less_is_better=True, digits=1): (lambda result, _, key=f"{name}_us": result[key])
        for name in ("p50", "p99")
    }
    return ClientRun("ping", "ping", ("--count", str(count)), 60 + count / 100, figures, ("own", "cross", "sleeping"))


def requests(depth, seconds):
    arguments = ("--bytes", "64", "--pipeline", str(depth))
    title = f"Requests of 64 bytes, {depth} in flight"
    return counted(f"request-{depth}", title, "request", *arguments, seconds=seconds)


def connects(clients, seconds):
    title = f"New connections, {clients} client{'s' if clients > 1 else ''}"
    kinds = ("own", "cross", "uncached")
    arguments = ("--parallel", str(clients))
    return counted(f"connect-{clients}", title, "connect", *arguments, seconds=seconds, kinds=kinds)


def streams(workers, seconds):
    title = f"Streams, {workers} workers"
    return counted(f"stream-{workers}", title, "stream", "--parallel", str(workers), seconds=seconds)


def idle_memory(connections, rest):
    return IdleMemory(
        Row("Memory of an idle connection", "KiB", less_is_better=True, digits=1), connections, rest
    )


def beside_download(size):
    pings = Row("Ping p99 beside a download, same connection", "ms", less_is_better=True, digits=2)
    downloads = Row("Download beside pings, of its rate without", "%", digits=1)
    return BesideDownload(pings, downloads, size)


def measurements(sizes):
    """All of them, in the order in which a round runs them."""
    return [
        *(bulk(direction, count, sizes.bulk) for count in (1, 8) for direction in ("up", "down")),
        ping(sizes.pings),
        *(requests(depth, sizes.seconds) for depth in (1, 16, 256)),
        *(connects(clients, sizes.seconds) for clients in (1, 32)),
        streams(16, sizes.seconds),
        idle_memory(sizes.idle, sizes.rest),
        *(delayed(round_trip, sizes.bulk) for round_trip in ROUND_TRIPS),
        beside_download(sizes.beside),
    ]
