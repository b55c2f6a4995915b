"""Peers with the common command line and JSON lines: our own, go's, rust's, and py-libp2p's through py_driver.py."""

import itertools
import json
import os

from processes import Process, ProcessError

from .base import ECHO, PERF, REQUEST, Driver, DriverError, Identified, wait_until

READY_SECONDS = 20
COMMAND_SECONDS = 40
EVENT_SECONDS = 10


class JSONDriver(Driver):
    run_options = ()

    def command_line(self):
        """The program, with the arguments that belong to it, such as the script a Python runs."""
        raise NotImplementedError

    def start(self, key_type, agent=None, aliases=(), options=()):
        self.key_type = key_type
        self.agent = agent
        arguments = self.command_line() + ["run", "--listen", "/ip4/127.0.0.1/tcp/0", "--key-type", key_type]
        arguments += list(self.run_options) + list(options)
        if self.swarm_key:
            arguments += ["--psk", self.swarm_key]
        if agent:
            arguments += ["--agent", agent]
        for alias in aliases:
            arguments += ["--alias", alias]
        self.process = Process(arguments, f"{self.site.log_directory}/{self.label}.log")
        self.numbers = itertools.count(1)
        ready = self.process.take_object(lambda line: line.get("event") == "ready", READY_SECONDS, "ready event")
        self.peer = ready["peer"]
        self.addresses = ready["addrs"]

    def stop(self):
        process = getattr(self, "process", None)
        if process is None:
            return None
        if process.running:
            try:
                process.send('{"cmd":"quit"}')
                return process.wait(4)
            except ProcessError:
                pass
        return process.stop()

    def command(self, name, **fields):
        """Sends one command and waits for its answer."""
        number = next(self.numbers)
        limit = fields.pop("limit", COMMAND_SECONDS)
        self.process.send(json.dumps({"cmd": name, "id": number, "timeout_s": limit, **fields}))
        answer = self.process.take_object(lambda line: line.get("id") == number, limit + 5, f"answer to {name}")
        if not answer.get("ok"):
            raise DriverError(f"{self.label} {name}: {answer.get('error', 'failed without a reason')}")
        return answer

    def connect(self, address):
        return self.command("connect", addr=address)["peer"]

    def wait_connected(self, peer):
        self.process.take_object(
            lambda line: line.get("event") == "connected" and line.get("peer") == peer, EVENT_SECONDS, "connected event"
        )

    def identify(self, peer):
        answer = self.command("identify", peer=peer)
        return Identified(
            answer.get("agent"),
            answer.get("protocols"),
            answer.get("listen_addrs"),
            answer.get("observed"),
            answer.get("key_type"),
        )

    def ping(self, peer, count):
        times = self.command("ping", peer=peer, count=count)["rtt_ms"]
        if len(times) != count:
            raise DriverError(f"{self.label} ping: {len(times)} answers to {count} pings")

    def echo(self, peer, size, streams):
        self.command("echo", peer=peer, bytes=size, streams=streams)

    def request(self, peer, size, streams, prefix=""):
        extra = {"protocol": prefix + REQUEST} if prefix else {}
        self.command("request", peer=peer, bytes=size, streams=streams, **extra)

    def perf(self, peer, up, down, prefix=""):
        extra = {"protocol": prefix + PERF} if prefix else {}
        self.command("perf", peer=peer, up=up, down=down, **extra)

    def half_close(self, peer, up, down, prefix=""):
        self.perf(peer, up, down, prefix)

    def reset(self, peer, prefix=""):
        extra = {"protocol": prefix + ECHO} if prefix else {}
        self.command("reset", peer=peer, **extra)

    def connections(self, peer):
        return self.command("conns", peer=peer)["conns"]

    def lost(self, peer):
        """Whether a disconnection from that peer was reported."""
        wanted = ('"disconnected"', f'"{peer}"')
        return any(all(part in line for part in wanted) for line in list(self.process.lines))

    def log_tail(self):
        process = getattr(self, "process", None)
        return process.log_tail() if process else ""


class GoDriver(JSONDriver):
    name = "go"
    title = "go-libp2p 0.51.0 (go-peer)"
    agent_prefix = "go-peer/go-libp2p-v0.51.0"
    has_perf = True
    run_options = ("--no-limits",)
    remark = (
        "It runs without resource limits: its default ones end a connection near 120 streams, each of which is charged "
        "with 256 KiB from the start."
    )

    @classmethod
    def missing_from(cls, site):
        return missing_file(site.peers_directory + "/go-peer")

    def command_line(self):
        return [self.site.peers_directory + "/go-peer"]


class RustDriver(JSONDriver):
    name = "rust"
    title = "rust-libp2p 0.57.1 (rust-peer)"
    agent_prefix = "rust-peer"
    has_perf = True

    @classmethod
    def missing_from(cls, site):
        return missing_file(site.peers_directory + "/rust-peer")

    def command_line(self):
        return [self.site.peers_directory + "/rust-peer"]


class PyDriver(JSONDriver):
    name = "py"
    title = "py-libp2p 0.8.1"
    agent_prefix = "py-libp2p/0.8.1"
    has_perf = True
    key_types = ("ed25519", "secp256k1", "rsa")

    @classmethod
    def missing_from(cls, site):
        return missing_file(site.venv_python)

    def command_line(self):
        return [self.site.venv_python, self.site.repository + "/Interop/drivers/py_driver.py"]

    def wait_for_ends(self):
        wait_until(lambda: self.command("counters")["open"] == 0, EVENT_SECONDS, "every stream served here has ended")


class ApusDriver(JSONDriver):
    """Our own peer, or a stand-in with the same interface."""

    name = "apus"
    run_options = ("--security", "noise")

    def command_line(self):
        if self.site.apus.endswith(".py"):
            return [self.site.venv_python, self.site.apus]
        return [self.site.apus]

    def bench_request(self, address, size, timeout):
        """Requests over a connection of their own, by the program's `bench request`."""
        arguments = [*self.command_line(), "bench", "request"]
        arguments += ["--addr", address, "--bytes", str(size), "--seconds", "1"]
        process = Process(arguments, f"{self.site.log_directory}/{self.label}-bench.log")
        try:
            answer = process.take_object(lambda line: line.get("bench") == "request", timeout, "bench result")
        finally:
            process.stop()
        if not answer.get("per_s"):
            raise DriverError(f"bench request: {answer}")


def missing_file(path):
    return None if os.path.exists(path) else path
