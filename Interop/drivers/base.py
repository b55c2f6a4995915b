"""What every driver of a real peer offers, so that one set of rows serves them all."""

import dataclasses
import time

KEY_TYPES = ("ed25519", "secp256k1", "ecdsa", "rsa")

ECHO = "/echo/1.0.0"
REQUEST = "/bench/req/1.0.0"
PERF = "/perf/1.0.0"
PING = "/ipfs/ping/1.0.0"
IDENTIFY = "/ipfs/id/1.0.0"


class DriverError(Exception):
    """A peer that did not do what it was told, with its own words where it gave some."""


@dataclasses.dataclass
class Site:
    """Where the programs are and where this run keeps its files."""

    repository: str
    peers_directory: str
    peers_home: str
    work_directory: str
    log_directory: str
    apus: str

    @property
    def venv_python(self):
        return self.peers_home + "/venv/bin/python"


@dataclasses.dataclass
class Identified:
    """What one peer learnt of another through identify; None where the driver cannot tell."""

    agent: str | None = None
    protocols: list | None = None
    listen_addresses: list | None = None
    observed: str | None = None
    key_type: str | None = None


class Driver:
    """One running peer. Methods raise on failure and answer nothing, or what they say."""

    name = ""
    title = ""
    key_types = KEY_TYPES
    agent_prefix = None
    # Whether the stream rows use `echo`, which ends by half-close, or else `request`, which is length-delimited.
    echoes_to_end = True
    # Put before the protocol ids of the stream rows where the peer insists on a namespace of its own.
    protocol_prefix = ""
    has_perf = False
    pings = 3
    # What a reader of the report should know of how this peer is driven.
    remark = ""

    def __init__(self, site, label):
        self.site = site
        self.label = label
        self.peer = None
        self.addresses = []
        self.key_type = None
        self.swarm_key = None

    @classmethod
    def missing_from(cls, site):
        """What has to be installed for this peer, or None when all is there."""
        raise NotImplementedError

    def start(self, key_type):
        raise NotImplementedError

    def join_private_network(self, key_file):
        """Before `start`: be in the private network of that swarm.key."""
        self.swarm_key = key_file

    def stop(self):
        raise NotImplementedError

    def connect(self, address):
        raise NotImplementedError

    def wait_connected(self, peer):
        """Waits until this side, too, knows of a connection with that peer."""
        raise NotImplementedError

    def identify(self, peer):
        raise NotImplementedError

    def ping(self, peer, count):
        raise NotImplementedError

    def echo(self, peer, size, streams):
        raise NotImplementedError

    def half_close(self, peer, up, down):
        """Uploads, half-closes, and only then is answered: perf's exchange."""
        raise NotImplementedError

    def perf(self, peer, up, down):
        raise NotImplementedError

    def reset(self, peer):
        raise NotImplementedError

    def wait_for_ends(self):
        """Waits until no stream that was opened to this peer's echo is still served; most drivers cannot tell."""

    def log_tail(self):
        return ""


def wait_until(condition, timeout, what):
    """For peers that report no event for something: asks until it is so."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise DriverError(f"not within {timeout:g} s: {what}")
        time.sleep(0.05)
