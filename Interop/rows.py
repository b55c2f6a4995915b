"""The matrix: each peer, both directions, each key type, each feature, asked from both sides."""

import contextlib
import os
import time

from drivers.base import ECHO, IDENTIFY, KEY_TYPES, PERF, PING, REQUEST, DriverError
from drivers.json_driver import ApusDriver, GoDriver, PyDriver, RustDriver
from drivers.kubo_driver import KuboDriver
from drivers.kubo_library_driver import KuboLibraryDriver
from drivers.p2pd_driver import P2PDDriver
from known_missing import known_missing
from results import BOTH, FAIL, MISSING, OURS, PASS, STAND_IN, THEIRS, UNEXPECTED, WE_DIAL, WE_LISTEN
from results import Row, StandInLacks

PEERS = (GoDriver, RustDriver, KuboDriver, P2PDDriver, KuboLibraryDriver, PyDriver)
FEATURES = ("connect", "identify", "ping", "echo", "streams", "half-close", "reset", "perf", "stands")

ECHO_BYTES = 10 << 20
STREAMS, STREAM_BYTES = 100, 32 << 10
HALF_CLOSE_UP, HALF_CLOSE_DOWN = 100_000, 300_000
RESETS, AFTER_RESET_BYTES = 10, 1000
PERF_BYTES = 8 << 20
BENCH_SECONDS = 20

OUR_AGENT = "apus-interop/1"
STREAM_PROTOCOLS = (ECHO, REQUEST, PERF)
STANDARD_PROTOCOLS = {PING, IDENTIFY}


class Stand:
    """What the program in our peer's place can do; a stand-in lacks what only Apus has."""

    def __init__(self, site):
        self.site = site
        self.name = os.path.basename(site.apus)
        self.is_ours = self.name == "apus-peer"
        self.options = ("--no-limits",) if self.name == "go-peer" else ()
        self.agent = None if self.name.endswith(".py") else OUR_AGENT

    def start(self, label, key_type, prefix=""):
        apus = ApusDriver(self.site, label)
        aliases = [f"{prefix}{protocol}={protocol}" for protocol in STREAM_PROTOCOLS] if prefix else []
        if aliases and not self.is_ours and not self.name.endswith(".py"):
            raise StandInLacks(f"{self.name} has no --alias")
        apus.start(key_type, self.agent, aliases, self.options)
        return apus


class Meeting:
    """One connection between a peer and us: both processes, and the features tried on it in turn."""

    def __init__(self, site, stand, peer_class, direction, their_key, our_key):
        self.site, self.stand = site, stand
        self.peer_class, self.direction = peer_class, direction
        self.their_key, self.our_key = their_key, our_key
        self.us = self.them = None
        self.remade = False
        self.rows = []

    def row(self, side, feature):
        return Row(self.peer_class.name, self.direction, self.their_key, self.our_key, side, feature)

    def run(self, report, command_line=None):
        """All rows of this meeting, each reported as soon as it is known."""
        try:
            if self.attempt(self.row(BOTH, "connect"), self.connect, report):
                for feature, ask in self.features():
                    for side in (OURS, THEIRS):
                        self.attempt(self.row(side, feature), lambda ask=ask, side=side: ask(side), report)
                if command_line and self.direction == WE_DIAL:
                    self.attempt(self.row(OURS, "command line"), lambda: command_line(self.them), report)
                self.attempt(self.row(BOTH, "stands"), self.stands, report)
        finally:
            for driver in (self.us, self.them):
                if driver:
                    driver.stop()
        return self.rows

    def features(self):
        yield "identify", self.identify
        yield "ping", self.ping
        yield "echo", self.echo
        yield "streams", self.streams
        yield "half-close", self.half_close
        yield "reset", self.reset
        if self.peer_class.has_perf:
            yield "perf", self.perf

    def attempt(self, row, ask, report):
        """Runs one row and says whether it passed."""
        entry = known_missing(row)
        start = time.monotonic()
        if entry and not entry.attempt:
            row.status, row.reason = MISSING, entry.reason
        else:
            try:
                ask()
                row.status, row.reason = (UNEXPECTED, entry.reason) if entry else (PASS, "")
            except StandInLacks as error:
                row.status, row.reason = STAND_IN, str(error)
            except Exception as error:  # whatever it is, the row names it
                seen = str(error) or repr(error)
                if entry and self.we_live():
                    row.status, row.reason, row.seen = MISSING, entry.reason, seen
                else:
                    row.status, row.reason = FAIL, seen
                if row.feature != "connect":
                    self.reconnect()
        row.seconds = time.monotonic() - start
        self.rows.append(row)
        report(row, self)
        return row.status in (PASS, UNEXPECTED)

    # Features

    def connect(self):
        label = f"{self.peer_class.name}-{self.direction.replace(' ', '-')}-{self.their_key}-{self.our_key}"
        self.us = self.stand.start(label + "-us", self.our_key, self.peer_class.protocol_prefix)
        self.them = self.peer_class(self.site, label)
        self.them.start(self.their_key)
        self.meet()

    def meet(self):
        dialler, listener = (self.us, self.them) if self.direction == WE_DIAL else (self.them, self.us)
        answered = dialler.connect(listener.addresses[0])
        if answered != listener.peer:
            raise DriverError(f"connected to {answered}, not to {listener.peer}")
        dialler.wait_connected(listener.peer)
        listener.wait_connected(dialler.peer)

    def we_live(self):
        return self.us is None or self.us.process.running

    def reconnect(self):
        """After a failure: a connection that is gone is made anew, so that the next row is tried on its own merits."""
        with contextlib.suppress(Exception):
            self.us.ping(self.them.peer, 1)
            return
        self.remade = True
        with contextlib.suppress(Exception):
            self.us.command("disconnect", peer=self.them.peer)
            self.meet()

    def identify(self, side):
        learnt, about = (self.us, self.them) if side == OURS else (self.them, self.us)
        agent = self.them.agent_prefix if side == OURS else self.stand.agent
        protocols = STANDARD_PROTOCOLS if side == OURS else STANDARD_PROTOCOLS | set(STREAM_PROTOCOLS)
        found = learnt.identify(about.peer)
        expect(found.agent is None or agent is None or found.agent.startswith(agent), f"the agent is {found.agent!r}")
        absent = protocols - set(found.protocols if found.protocols is not None else protocols)
        expect(not absent, f"protocols are not told of: {', '.join(sorted(absent))}")
        expect(found.key_type in (None, about.key_type), f"the key type is {found.key_type}, not {about.key_type}")
        address = about.addresses[0].removesuffix("/p2p/" + about.peer)
        listed = [text.removesuffix("/p2p/" + about.peer) for text in found.listen_addresses or []]
        expect(address in listed, f"{address} is not among the addresses {found.listen_addresses}")
        expect(
            found.observed is None or found.observed.startswith("/ip4/127.0.0.1/tcp/"),
            f"the observed address is {found.observed}",
        )

    def ping(self, side):
        if side == OURS:
            self.us.ping(self.them.peer, 3)
        else:
            self.them.ping(self.us.peer, self.them.pings)

    def echo(self, side):
        self.exchange(side, ECHO_BYTES, 1)

    def streams(self, side):
        self.exchange(side, STREAM_BYTES, STREAMS)

    def exchange(self, side, size, streams):
        if side == THEIRS:
            self.them.echo(self.us.peer, size, streams)
        elif self.them.echoes_to_end:
            self.us.echo(self.them.peer, size, streams)
        else:
            self.request(size, streams)

    def request(self, size, streams):
        """Length-delimited echo; a stand-in without that command shows at least that the peer answers requests."""
        try:
            self.us.request(self.them.peer, size, streams, self.them.protocol_prefix)
        except DriverError as error:
            if self.stand.is_ours or "unknown command" not in str(error):
                raise
            self.us.bench_request(self.them.addresses[0], size, BENCH_SECONDS)
            raise StandInLacks(f"{self.stand.name} has no request command; its `bench request` passes") from error

    def half_close(self, side):
        if side == OURS:
            self.us.half_close(self.them.peer, HALF_CLOSE_UP, HALF_CLOSE_DOWN, self.them.protocol_prefix)
        else:
            self.them.half_close(self.us.peer, HALF_CLOSE_UP, HALF_CLOSE_DOWN)

    def reset(self, side):
        """Streams are reset, the connection is not: what follows on it works."""
        for _ in range(RESETS):
            if side == OURS:
                self.us.reset(self.them.peer, self.them.protocol_prefix)
            else:
                self.them.reset(self.us.peer)
        self.us.ping(self.them.peer, 1)
        self.them.wait_for_ends()
        self.them.echo(self.us.peer, AFTER_RESET_BYTES, 1)

    def perf(self, side):
        asking, answering = (self.us, self.them) if side == OURS else (self.them, self.us)
        asking.perf(answering.peer, PERF_BYTES, 0)
        asking.perf(answering.peer, 0, PERF_BYTES)

    def stands(self):
        """After all rows the one connection that was made is still there, and is what it should be."""
        connections = self.us.connections(self.them.peer)
        expect(len(connections) == 1, f"{len(connections)} connections stand")
        expect(not self.remade and not self.us.lost(self.them.peer), "a connection was lost meanwhile")
        security, muxer = connections[0].get("security"), connections[0].get("muxer")
        expect(security in (None, "/noise"), f"the security is {security}")
        expect(muxer in (None, "/yamux/1.0.0"), f"the muxer is {muxer}")
        if self.stand.is_ours:
            expect(None not in (security, muxer), "our peer does not say which security and muxer it uses")


def expect(holds, otherwise):
    if not holds:
        raise DriverError(otherwise)


def pairs(peer_class, direction, keys):
    """(their key type, our key type) for each meeting: one pair, or ours in rotation, or each with each."""
    index = PEERS.index(peer_class) + (2 if direction == WE_LISTEN else 0)
    ours = [key for key in KEY_TYPES if peer_class is not PyDriver or key != "ecdsa"]
    chosen = [(their, ours[(at + index) % len(ours)]) for at, their in enumerate(peer_class.key_types)]
    if keys == "one":
        return chosen[:1]
    if keys == "all":
        chosen = [(their, our) for their in peer_class.key_types for our in ours]
    if peer_class is PyDriver:
        # What py-libp2p lacks is tried all the same.
        chosen += [("ecdsa", "ed25519"), ("ed25519", "ecdsa")]
    return chosen


def run_matrix(site, peer_classes, keys, report, command_line=None):
    """Every row of the given peers, in the order of the report."""
    stand = Stand(site)
    rows = []
    for peer_class in peer_classes:
        for direction in (WE_DIAL, WE_LISTEN):
            for their_key, our_key in pairs(peer_class, direction, keys):
                meeting = Meeting(site, stand, peer_class, direction, their_key, our_key)
                rows += meeting.run(report, command_line)
    return rows


