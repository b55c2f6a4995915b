"""Peers that find each other by multicast DNS, each in a network namespace of its own, joined by one cable.

Nothing leaves the two namespaces, which are removed afterwards. Where this process may not make any, the rows are
skipped, and the run says so.
"""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time

from drivers.base import DriverError
from drivers.identities import make_identity
from processes import Process
from results import BOTH, FAIL, OURS, PASS, THEIRS, Row

SECTION = "mdns"
FIND = "find"
DAEMON = "daemon connects"
FOLLOW = "interfaces"

OUR_ADDRESS, THEIR_ADDRESS, LATER_ADDRESS = "10.77.0.1", "10.77.0.2", "10.77.0.77"
READY_SECONDS = 30
FIND_SECONDS = 30


class Namespaces:
    """Two namespaces with a cable between them, called eth0 at both ends."""

    def __init__(self):
        self.ours, self.theirs = (f"apus-mdns-{side}-{os.getpid()}" for side in ("a", "b"))

    def __enter__(self):
        try:
            for name in (self.ours, self.theirs):
                ip("netns", "add", name)
                ip("-n", name, "link", "set", "lo", "up")
            pair = ("link", "add", "eth0", "netns", self.ours, "type", "veth", "peer", "name", "eth0")
            ip(*pair, "netns", self.theirs)
            for name, address in ((self.ours, OUR_ADDRESS), (self.theirs, THEIR_ADDRESS)):
                ip("-n", name, "addr", "add", address + "/24", "dev", "eth0")
                ip("-n", name, "link", "set", "eth0", "up")
                # A socket that names no interface finds the group by a route (rust-libp2p's).
                ip("-n", name, "route", "add", "224.0.0.0/4", "dev", "eth0")
        except DriverError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in (self.ours, self.theirs):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def ip(*arguments):
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DriverError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def missing_from_host():
    """Why this host cannot make the namespaces, or None."""
    if shutil.which("ip") is None:
        return "ip (iproute2) is not installed"
    try:
        with Namespaces():
            return None
    except DriverError as error:
        return f"network namespaces may not be made here ({error})"


class JSONPeer:
    """go-peer, rust-peer or our own, in one of the namespaces."""

    def __init__(self, site, program, namespace, label, name):
        arguments = ["ip", "netns", "exec", namespace, program, "run", "--listen", "/ip4/0.0.0.0/tcp/0", "--mdns"]
        self.process = Process(arguments, f"{site.log_directory}/{label}.log", name=name)
        ready = self.process.take_object(lambda line: line.get("event") == "ready", READY_SECONDS, "ready event")
        self.peer = ready["peer"]

    def found(self, peer, address):
        """Waits until it has found that peer at that address."""
        self.process.take_object(
            lambda line: line.get("event") == "mdns"
            and line["peer"] == peer
            and any(text.startswith(f"/ip4/{address}/tcp/") for text in line["addrs"]),
            FIND_SECONDS,
            f"mdns event of the peer at {address}",
        )

    def stop(self):
        self.process.stop(signal.SIGTERM)


class KuboPeer:
    """kubo tells nobody whom it found, but connects to whom it finds."""

    def __init__(self, site, namespace, label):
        directory = f"{site.work_directory}/{label}"
        shutil.rmtree(directory, ignore_errors=True)
        program = site.peers_directory + "/kubo"
        environment = {"IPFS_PATH": directory, "IPFS_TELEMETRY": "off", "GOLOG_LOG_LEVEL": "error"}
        subprocess.run(
            [program, "init", "--empty-repo", "--profile=test"],
            env=dict(os.environ) | environment,
            capture_output=True,
            check=True,
        )
        self.peer, private = make_identity(site, "ed25519")
        with open(directory + "/config") as file:
            config = json.load(file)
        config["Identity"] = {"PeerID": self.peer, "PrivKey": base64.b64encode(private).decode()}
        config["Bootstrap"] = []
        config["Discovery"]["MDNS"]["Enabled"] = True
        config["Addresses"] |= {"API": "/ip4/127.0.0.1/tcp/0", "Gateway": [], "Swarm": ["/ip4/0.0.0.0/tcp/4001"]}
        with open(directory + "/config", "w") as file:
            json.dump(config, file)
        arguments = ["ip", "netns", "exec", namespace, program, "daemon"]
        log = f"{site.log_directory}/{label}.log"
        self.process = Process(arguments, log, environment, merge_errors=True, name="kubo")
        self.process.take(lambda line: "Daemon is ready" in line, READY_SECONDS, "ready line")

    def stop(self):
        self.process.stop(signal.SIGTERM)


class Daemon:
    """`apus run`, which looks for peers unless it is told not to."""

    def __init__(self, site, program, namespace, label):
        directory = f"{site.work_directory}/{label}"
        arguments = ["ip", "netns", "exec", namespace, program, "run", "--json", "--data-dir", directory]
        arguments += ["--listen", "/ip4/0.0.0.0/tcp/0"]
        self.process = Process(arguments, f"{site.log_directory}/{label}.log", name="apus")

    def event(self, name, holds, seconds=FIND_SECONDS):
        self.process.take_object(lambda line: line.get("event") == name and holds(line), seconds, f"event {name}")

    def stop(self):
        self.process.stop(signal.SIGTERM)


class Discovery:
    """All rows of mDNS."""

    def __init__(self, site, apus_cli, progress):
        self.site, self.apus_cli, self.progress = site, apus_cli, progress
        self.rows = []

    def run(self, names):
        for name in names:
            # A network of its own for each peer, so that nothing is left in the air from the one before.
            with Namespaces() as network:
                self.meet(name, network)
        if self.apus_cli:
            with Namespaces() as network:
                self.attempt(Row(SECTION, "apus", "", "", BOTH, FOLLOW), lambda: self.follow(network))
        return self.rows

    def start(self, name, network):
        label = f"mdns-{name}-them"
        if name == "kubo":
            return KuboPeer(self.site, network.theirs, label)
        return JSONPeer(self.site, f"{self.site.peers_directory}/{name}-peer", network.theirs, label, f"{name}-peer")

    def meet(self, name, network):
        us = them = None
        with contextlib.ExitStack() as stack:
            def begin():
                nonlocal us, them
                them = self.start(name, network)
                stack.callback(them.stop)
                us = JSONPeer(self.site, self.site.apus, network.ours, f"mdns-{name}-us", "apus-peer")
                stack.callback(us.stop)
                us.found(them.peer, THEIR_ADDRESS)

            def found():
                if name == "kubo":
                    us.process.take_object(
                        lambda line: line.get("event") == "connected" and line["peer"] == them.peer,
                        FIND_SECONDS,
                        "connection from kubo",
                    )
                else:
                    them.found(us.peer, OUR_ADDRESS)

            def daemon():
                node = Daemon(self.site, self.apus_cli, network.ours, f"mdns-{name}-daemon")
                stack.callback(node.stop)
                node.event("peer_discovered", lambda line: line["peer"] == them.peer)
                node.event("peer_connected", lambda line: line["peer"] == them.peer)

            if self.attempt(Row(SECTION, name, "", "", OURS, FIND), begin, us):
                self.attempt(Row(SECTION, name, "", "", THEIRS, FIND), found, us)
                if self.apus_cli:
                    self.attempt(Row(SECTION, name, "", "", OURS, DAEMON), daemon, us)

    def follow(self, network):
        """A node on every interface tells of an address that comes, and of its end."""
        node = Daemon(self.site, self.apus_cli, network.ours, "mdns-follow")

        def is_later(line):
            return line["address"].startswith(f"/ip4/{LATER_ADDRESS}/tcp/")

        try:
            node.event("listening", lambda line: line["address"].startswith(f"/ip4/{OUR_ADDRESS}/tcp/"))
            ip("-n", network.ours, "addr", "add", LATER_ADDRESS + "/24", "dev", "eth0")
            node.event("listening", is_later)
            ip("-n", network.ours, "addr", "del", LATER_ADDRESS + "/24", "dev", "eth0")
            node.event("stopped_listening", is_later)
        finally:
            node.stop()

    def attempt(self, row, ask, place=None):
        start = time.monotonic()
        try:
            ask()
            row.status = PASS
        except Exception as error:  # whatever it is, the row names it
            row.status, row.reason = FAIL, str(error) or repr(error)
        row.seconds = time.monotonic() - start
        self.rows.append(row)
        self.progress(row, place)
        return row.status == PASS
