"""What is measured: the client runs of one round, and the rows of the table that their figures make."""

import dataclasses
from collections.abc import Callable

GIBIBYTE = 1 << 30
MEBIBYTE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure, of which more is better unless said otherwise."""

    title: str
    unit: str
    # Takes the client's result and the server's processor seconds meanwhile.
    figure: Callable[[dict, float], float]
    less_is_better: bool = False
    digits: int = 0

    def text(self, value):
        return f"{value:,.{self.digits}f}"


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One run of `PEER bench` as a client, and the rows that come of it."""

    name: str
    arguments: tuple[str, ...]
    # How long it may take, in seconds.
    limit: float
    rows: tuple[Row, ...]


@dataclasses.dataclass(frozen=True)
class Sizes:
    bulk: int
    pings: int
    seconds: float


FULL = Sizes(bulk=GIBIBYTE, pings=10_000, seconds=5)
# Enough to show that the script and the peers work; the figures are worth nothing.
QUICK = Sizes(bulk=64 * MEBIBYTE, pings=500, seconds=0.5)


def per_gibibyte(result, server_seconds):
    return (result["cpu_s"] + server_seconds) * GIBIBYTE / result["bytes"]


def bulk(direction, streams, size):
    of_streams = "1 stream" if streams == 1 else f"{streams} streams"
    title = f"Bulk {direction}, {of_streams}"
    other = "down" if direction == "up" else "up"
    arguments = ("bulk", f"--{direction}", str(size), f"--{other}", "0", "--streams", str(streams))
    rows = (
        Row(title, "MiB/s", lambda result, _: result["mib_s"]),
        Row(f"{title}: CPU of both ends", "s/GiB", per_gibibyte, less_is_better=True, digits=2),
    )
    return Measurement(f"bulk-{direction}-{streams}", arguments, 60 + size / MEBIBYTE, rows)


def rate(name, title, seconds, *arguments):
    """A benchmark that counts what was done in so many seconds."""
    row = Row(title, "1/s", lambda result, _: result["per_s"])
    return Measurement(name, (*arguments, "--seconds", f"{seconds:g}"), 60 + seconds, (row,))


def ping(count):
    rows = tuple(
        Row(f"Ping {name}", "us", lambda result, _, key=f"{name}_us": result[key], less_is_better=True, digits=1)
        for name in ("p50", "p99")
    )
    return Measurement("ping", ("ping", "--count", str(count)), 60 + count / 100, rows)


def measurements(sizes):
    """All of them, in the order in which a round runs them."""
    made = [bulk(direction, streams, sizes.bulk) for streams in (1, 8) for direction in ("up", "down")]
    made.append(ping(sizes.pings))
    for depth in (1, 16, 256):
        title = f"Requests of 64 bytes, {depth} in flight"
        arguments = ("request", "--bytes", "64", "--pipeline", str(depth))
        made.append(rate(f"request-{depth}", title, sizes.seconds, *arguments))
    for clients in (1, 32):
        title = f"New connections, {clients} client{'s' if clients > 1 else ''}"
        made.append(rate(f"connect-{clients}", title, sizes.seconds, "connect", "--parallel", str(clients)))
    made.append(rate("stream-16", "Streams, 16 workers", sizes.seconds, "stream", "--parallel", "16"))
    return made
