"""kubo 0.22 as a library (kubo_library.py): what it exports is little, so little can be asked of it."""

import base64
import itertools
import json
import os
import shutil
import socket

from processes import Process, free_port

from .base import DriverError, Identified, wait_until
from .identities import make_identity
from .json_driver import missing_file
from .socket_driver import SERVED, SocketDriver
from .stream_protocols import SocketServer, listen_on_loopback

READY_SECONDS = 30
COMMAND_SECONDS = 30


class KuboLibraryDriver(SocketDriver):
    name = "kubo-0.22"
    title = "kubo 0.22.0 (go-libp2p 0.29.2, as a library)"
    agent_prefix = "kubo/0.22.0"
    remark = (
        "It runs inside a Python process and exports few calls. Streams go through its TCP tunnels, whose protocols "
        "must begin with `/x/`, so our peer serves and asks `/x/bench/req/1.0.0`. What identify taught it shows in the "
        "addresses it then knows of us, and only those are checked on its side."
    )
    # The library puts /x/ before every protocol id of a tunnel that does not begin so.
    protocol_prefix = "/x"

    @classmethod
    def missing_from(cls, site):
        return missing_file(site.venv_python)

    def start(self, key_type):
        self.key_type = key_type
        directory = f"{self.site.work_directory}/{self.label}"
        shutil.rmtree(directory, ignore_errors=True)
        self.peer, private = make_identity(self.site, key_type)
        program = self.site.repository + "/Interop/drivers/kubo_library.py"
        os.makedirs(directory)
        with open(directory + "/key", "w") as file:
            file.write(base64.b64encode(private).decode())
        arguments = [self.site.venv_python, program, directory, directory + "/key", self.peer]
        log = f"{self.site.log_directory}/{self.label}.log"
        self.process = Process(arguments, log, {"GOLOG_LOG_LEVEL": "error"})
        self.numbers = itertools.count(1)
        ready = self.process.take_object(lambda line: line.get("event") == "ready", READY_SECONDS, "ready event")
        self.addresses = ready["addrs"]
        self.servers = {}
        for protocol, serve in SERVED.items():
            listener = listen_on_loopback()
            self.servers[protocol] = SocketServer(listener, serve)
            target = f"/ip4/127.0.0.1/tcp/{listener.getsockname()[1]}"
            self.command("listen", protocol=self.protocol_prefix + protocol, target=target)
        self.forwards = {}

    def command(self, name, **fields):
        number = next(self.numbers)
        self.process.send(json.dumps({"cmd": name, "id": number, **fields}))
        answer = self.process.take_object(lambda line: line.get("id") == number, COMMAND_SECONDS, f"answer to {name}")
        if not answer["ok"]:
            raise DriverError(f"kubo 0.22 {name}: {answer.get('error', answer.get('code'))}")
        return answer

    def stop(self):
        self.close_servers()
        process = getattr(self, "process", None)
        # It does not heed SIGTERM while Go code runs.
        return process.stop(gently=None) if process else None

    def connect(self, address):
        self.command("connect", addr=address)
        return address.rpartition("/p2p/")[2]

    def wait_connected(self, peer):
        wait_until(lambda: peer in self.command("peers")["text"], COMMAND_SECONDS, f"kubo knows {peer}")

    def identify(self, peer):
        """The addresses it knows of a peer; those the peer listens at it can have from identify alone."""
        found = self.command("find", peer=peer)["text"]
        suffix = "/p2p/" + peer
        return Identified(listen_addresses=[address.removesuffix(suffix) for address in json.loads(found) or []])

    def ping(self, peer, count):
        raise DriverError("kubo 0.22 as a library exports no ping")

    def open(self, peer, protocol):
        if (peer, protocol) not in self.forwards:
            port = free_port()
            self.command("forward", protocol=protocol, listen=f"/ip4/127.0.0.1/tcp/{port}", peer=peer)
            self.forwards[peer, protocol] = port
        return socket.create_connection(("127.0.0.1", self.forwards[peer, protocol]), timeout=COMMAND_SECONDS)

    def log_tail(self):
        process = getattr(self, "process", None)
        return process.log_tail() if process else ""
