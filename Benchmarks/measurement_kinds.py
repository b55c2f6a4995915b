"""How a measurement is made: a client against a server, through a delay, of memory, beside a download."""

import os
import sys
import threading
import time
from collections.abc import Callable

from command_peer import CommandPeer
from comparison import Row
from process_figures import resident
from processes import Process, ProcessError

HERE = os.path.dirname(os.path.abspath(__file__))


class Measurement:
    """One run with one pair: `run` gives a value for each of `rows`, by its title."""

    name: str
    rows: tuple[Row, ...]
    # Which kinds of pairs it is for (pairs.KINDS).
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

    def __init__(self, name, mode, arguments, limit, figures, round_trip, kinds):
        super().__init__(name, mode, arguments, limit, figures, kinds)
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

    def __init__(self, row, connections, rest):
        """`rest` is how many seconds they stand before the memory is read."""
        self.name = "idle"
        self.row = row
        self.rows = (row,)
        self.connections = connections
        self.rest = rest

    def arguments(self, count):
        return ["--connections", str(count), "--seconds", f"{self.rest + 1:g}"]

    def command(self):
        return f"PEER bench idle {' '.join(self.arguments(self.connections))}"

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
        client = pair.start_client("idle", server.address, self.arguments(count))
        client.take_object(lambda line: line.get("event") == "open", 60, "open connections")
        # Identify and the collector of garbage have a moment to come to rest.
        time.sleep(self.rest)
        memory = resident(server.process_id)[0]
        if client.wait(60) != 0:
            raise ProcessError(f"{pair.name}: bench idle failed")
        return memory


class BesideDownload(Measurement):
    """Pings on the connection that carries a download, and what they cost the download."""

    batch = 50

    def __init__(self, ping, rate, size):
        self.name = "beside"
        self.ping, self.rate = ping, rate
        self.rows = (ping, rate)
        self.size = size

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
