"""What is measured, on which pairs, and the rows of the table that its figures make."""

import dataclasses
import os
import sys
import threading
import time
from collections.abc import Callable

from command_peer import CommandPeer
from process_figures import resident
from processes import Process, ProcessError

HERE = os.path.dirname(os.path.abspath(__file__))
GIBIBYTE = 1 << 30
MEBIBYTE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure, of which more is better unless said otherwise. `target` is the ratio that we want at least, or at most
    where less is better."""

    title: str
    unit: str
    less_is_better: bool = False
    digits: int = 0
    target: float | None = None

    def text(self, value):
        return f"{value:,.{self.digits}f}"


@dataclasses.dataclass(frozen=True)
class Sizes:
    bulk: int
    pings: int
    seconds: float
    idle: int
    beside: int


FULL = Sizes(bulk=GIBIBYTE, pings=10_000, seconds=2, idle=500, beside=4 * GIBIBYTE)
# Enough to show that the script and the peers work; the figures are worth nothing.
QUICK = Sizes(bulk=32 * MEBIBYTE, pings=500, seconds=0.3, idle=30, beside=256 * MEBIBYTE)


class Measurement:
    """One run with one pair: `run` gives a value for each of `rows`, by its title."""

    name: str
    rows: tuple[Row, ...]
    # Which kinds of pairs it is for: "own", "cross", "floor", "sleeping", "raw".
    kinds: tuple[str, ...] = ("own", "cross")

    def command(self):
        """How to do it by hand."""
        raise NotImplementedError

    def run(self, pair):
        raise NotImplementedError


class ClientRun(Measurement):
    """One run of `PEER bench` as a client; `figures` takes its result and the server's processor seconds."""

    def __init__(self, name, mode, arguments, limit, figures: dict[Row, Callable], kinds=("own", "cross")):
        self.name = name
        self.mode = mode
        self.arguments = tuple(arguments)
        self.limit = limit
        self.figures = figures
        self.rows = tuple(figures)
        self.kinds = kinds

    def command(self):
        return f"PEER bench {self.mode} {' '.join(self.arguments)}"

    def run(self, pair):
        result, used = pair.run_client(self.mode, self.arguments, self.limit)
        return {row.title: figure(result, used) for row, figure in self.figures.items()}


class Delayed(ClientRun):
    """A client that reaches the server through a relay that delays what flows."""

    def __init__(self, name, mode, arguments, limit, figures, round_trip):
        super().__init__(name, mode, arguments, limit, figures, kinds=("own", "raw"))
        self.round_trip = round_trip

    def command(self):
        return f"{super().command()}, through `delay_proxy.py PORT {self.round_trip / 2:g}`"

    def run(self, pair):
        before, _, rest = pair.server.address.partition("/tcp/")
        port, slash, behind = rest.partition("/")
        command = [sys.executable, f"{HERE}/delay_proxy.py", port, f"{self.round_trip / 2:g}"]
        relay = Process(command, f"{pair.logs}/delay_proxy.log")
        try:
            ready = relay.take_object(lambda line: line.get("event") == "ready", 10, "ready event")
            address = f"{before}/tcp/{ready['port']}{slash}{behind}"
            result, used = pair.run_client(self.mode, self.arguments, self.limit, address)
        finally:
            relay.stop()
        return {row.title: figure(result, used) for row, figure in self.figures.items()}


class IdleMemory(Measurement):
    """What connections that do nothing cost the server's memory."""

    kinds = ("own",)

    def __init__(self, connections):
        self.name = "idle"
        self.connections = connections
        self.row = Row("Memory of an idle connection", "KiB", less_is_better=True, digits=1, target=0.25)
        self.rows = (self.row,)

    def command(self):
        return f"PEER bench idle --connections {self.connections} --seconds 3"

    def run(self, pair):
        server = pair.fresh_server()
        try:
            # What the first connections cost once is not theirs.
            self.hold(pair, server, 20)
            before = resident(server.process_id)[0]
            after = self.hold(pair, server, self.connections)
        finally:
            server.stop()
        return {self.row.title: (after - before) / self.connections}

    def hold(self, pair, server, count):
        """Opens connections and gives the server's resident memory while they stand, in KiB."""
        client = pair.start_client("idle", server.address, ["--connections", str(count), "--seconds", "3"])
        client.take_object(lambda line: line.get("event") == "open", 60, "open connections")
        # Identify and the collector of garbage have a moment to come to rest.
        time.sleep(2)
        memory = resident(server.process_id)[0]
        if client.wait(60) != 0:
            raise ProcessError(f"{pair.name}: bench idle failed")
        return memory


class BesideDownload(Measurement):
    """Pings on the connection that carries a download, and what they cost the download."""

    kinds = ("own",)
    batch = 50

    def __init__(self, size):
        self.name = "beside"
        self.size = size
        self.ping = Row(
            "Ping p99 beside a download, same connection", "ms", less_is_better=True, digits=2, target=1 / 3
        )
        self.rate = Row("Download beside pings, of its rate without", "%", digits=1)
        self.rows = (self.ping, self.rate)

    def command(self):
        return f"PEER run: perf with {self.size} bytes down, alone and with pings, {self.batch} a stream, meanwhile"

    def run(self, pair):
        arguments = [pair.client.path, "run", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-limits"]
        client = CommandPeer(arguments, f"{pair.logs}/{pair.client.name}-run.log", environment=pair.client.environment)
        try:
            peer = client.command("connect", addr=pair.server.address)["peer"]
            client.command("perf", peer=peer, up=0, down=self.size // 16, limit=120)
            alone = self.download(client, peer)
            times = []
            beside = self.with_pings(client, peer, times)
        finally:
            client.stop()
        times.sort()
        return {self.ping.title: times[len(times) * 99 // 100], self.rate.title: 100 * alone / beside}

    def download(self, client, peer):
        return client.command("perf", peer=peer, up=0, down=self.size, limit=120)["total_s"]

    def with_pings(self, client, peer, times):
        seconds = []
        download = threading.Thread(target=lambda: seconds.append(self.download(client, peer)))
        download.start()
        while download.is_alive():
            batch = client.command("ping", peer=peer, count=self.batch)["rtt_ms"]
            if download.is_alive():
                times += batch
        download.join()
        if not seconds or not times:
            raise ProcessError("the download beside pings failed, or was over before any ping")
        return seconds[0]


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
        Row(title, "MiB/s", target=2.0 if streams == 1 else None): rate,
        Row(f"{title}: CPU of both ends", "s/GiB", less_is_better=True, digits=2, target=0.55): per_gibibyte,
    }
    kinds = ("own", "cross", "floor") if streams == 1 else ("own", "cross")
    return ClientRun(f"bulk-{direction}-{streams}", "bulk", arguments, 60 + size / MEBIBYTE, figures, kinds)


def delayed(round_trip, size, target=None):
    title = f"Download at {round_trip} ms round trip"
    row = Row(title, "MiB/s", target=target)
    arguments = ("--down", str(size), "--up", "0", "--streams", "1")
    return Delayed(f"delay-{round_trip}", "bulk", arguments, 120 + size / MEBIBYTE, {row: rate}, round_trip)


def counted(name, title, target, mode, *arguments, seconds):
    """A benchmark that counts what was done in so many seconds."""
    row = Row(title, "1/s", target=target)
    arguments = (*arguments, "--seconds", f"{seconds:g}")
    return ClientRun(name, mode, arguments, 60 + seconds, {row: lambda result, _: result["per_s"]})


def ping(count):
    figures = {
        Row(f"Ping {name}", "us", less_is_better=True, digits=1, target=target): (
            lambda result, _, key=f"{name}_us": result[key]
        )
        for name, target in (("p50", 0.3), ("p99", 0.5))
    }
    return ClientRun("ping", "ping", ("--count", str(count)), 60 + count / 100, figures, ("own", "cross", "sleeping"))


def measurements(sizes):
    """All of them, in the order in which a round runs them."""
    made = [bulk(direction, streams, sizes.bulk) for streams in (1, 8) for direction in ("up", "down")]
    made.append(ping(sizes.pings))
    for depth, target in ((1, 1.5), (16, 1.3), (256, 1.2)):
        title = f"Requests of 64 bytes, {depth} in flight"
        arguments = ("--bytes", "64", "--pipeline", str(depth))
        made.append(counted(f"request-{depth}", title, target, "request", *arguments, seconds=sizes.seconds))
    for clients, target in ((1, None), (32, 1.5)):
        title = f"New connections, {clients} client{'s' if clients > 1 else ''}"
        arguments = ("--parallel", str(clients))
        made.append(counted(f"connect-{clients}", title, target, "connect", *arguments, seconds=sizes.seconds))
    made.append(
        counted("stream-16", "Streams, 16 workers", 2.0, "stream", "--parallel", "16", seconds=sizes.seconds)
    )
    made.append(IdleMemory(sizes.idle))
    made += [delayed(0, sizes.bulk), delayed(10, sizes.bulk), delayed(63, sizes.bulk, 1.8), delayed(150, sizes.bulk)]
    made.append(BesideDownload(sizes.beside))
    return made
