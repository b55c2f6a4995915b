"""kubo, the IPFS daemon, driven by its own command line. Streams go through its TCP tunnels (`kubo p2p`)."""

import base64
import json
import shutil
import signal
import socket

from processes import Process, free_port, run_program

from .base import DriverError, Identified, wait_until
from .identify_message import key_type_of
from .identities import make_identity
from .json_driver import missing_file
from .socket_driver import SERVED, SocketDriver
from .stream_protocols import SocketServer, listen_on_loopback

READY_SECONDS = 30
COMMAND_SECONDS = 30


class KuboDriver(SocketDriver):
    name = "kubo"
    title = "kubo 0.41.0 (go-libp2p 0.48.0)"
    agent_prefix = "kubo/0.41.0"
    # It pauses a second before each further one.
    pings = 1
    remark = (
        "Driven by its own command line; streams go through its TCP tunnels (`kubo p2p`), echo and streams "
        "length-delimited (`/bench/req/1.0.0`)."
    )

    @classmethod
    def missing_from(cls, site):
        return missing_file(site.peers_directory + "/kubo") or missing_file(site.venv_python)

    def start(self, key_type):
        self.key_type = key_type
        self.directory = f"{self.site.work_directory}/{self.label}"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.environment = {"IPFS_PATH": self.directory, "IPFS_TELEMETRY": "off", "GOLOG_LOG_LEVEL": "error"}
        self.command("init", "--empty-repo", "--profile=test")
        self.peer, private = make_identity(self.site, key_type)
        self._configure(private)
        if self.swarm_key:
            shutil.copyfile(self.swarm_key, self.directory + "/swarm.key")
        log = f"{self.site.log_directory}/{self.label}.log"
        program = self.site.peers_directory + "/kubo"
        self.process = Process([program, "daemon"], log, self.environment, merge_errors=True)
        self.process.take(lambda line: "Daemon is ready" in line, READY_SECONDS, "ready line")
        self.addresses = json.loads(self.command("id"))["Addresses"]
        self.servers = {}
        for protocol, serve in SERVED.items():
            listener = listen_on_loopback()
            self.servers[protocol] = SocketServer(listener, serve)
            target = f"/ip4/127.0.0.1/tcp/{listener.getsockname()[1]}"
            self.command("p2p", "listen", "--allow-custom-protocol", protocol, target)
        self.forwards = {}

    def _configure(self, private):
        path = self.directory + "/config"
        with open(path) as file:
            config = json.load(file)
        config["Identity"] = {"PeerID": self.peer, "PrivKey": base64.b64encode(private).decode()}
        config["Bootstrap"] = []
        config["Addresses"] |= {
            "API": "/ip4/127.0.0.1/tcp/0",
            "Gateway": [],
            "Swarm": ["/ip4/127.0.0.1/tcp/0"],
        }
        config["Experimental"]["Libp2pStreamMounting"] = True
        with open(path, "w") as file:
            json.dump(config, file)

    def command(self, *arguments):
        done = run_program([self.site.peers_directory + "/kubo", *arguments], COMMAND_SECONDS, self.environment)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise DriverError(f"kubo {arguments[0]}: {said[0] if said else 'failed without a reason'}")
        return done.stdout

    def stop(self):
        self.close_servers()
        process = getattr(self, "process", None)
        return process.stop(signal.SIGTERM) if process else None

    def connect(self, address):
        self.command("swarm", "connect", address)
        return address.rpartition("/p2p/")[2]

    def wait_connected(self, peer):
        wait_until(lambda: peer in self.command("swarm", "peers"), COMMAND_SECONDS, f"kubo knows {peer}")

    def identify(self, peer):
        said = json.loads(self.command("id", peer))
        suffix = "/p2p/" + peer
        return Identified(
            agent=said.get("AgentVersion"),
            protocols=said.get("Protocols"),
            listen_addresses=[address.removesuffix(suffix) for address in said.get("Addresses") or []],
            key_type=key_type_of(base64.b64decode(said.get("PublicKey", ""))),
        )

    def ping(self, peer, count):
        said = self.command("ping", "-n", str(count), f"/p2p/{peer}")
        if said.count("Pong received") != count:
            raise DriverError(f"kubo ping: {said.strip()!r}")

    def open(self, peer, protocol):
        """A connection to the tunnel's local end; the daemon opens one stream for each."""
        if (peer, protocol) not in self.forwards:
            port = free_port()
            here = f"/ip4/127.0.0.1/tcp/{port}"
            self.command("p2p", "forward", "--allow-custom-protocol", protocol, here, f"/p2p/{peer}")
            self.forwards[peer, protocol] = port
        return socket.create_connection(("127.0.0.1", self.forwards[peer, protocol]), timeout=COMMAND_SECONDS)

    def log_tail(self):
        process = getattr(self, "process", None)
        return process.log_tail() if process else ""
