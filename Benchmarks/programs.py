"""The programs that are compared, their servers, and pairs of a client and a server."""

import re
import subprocess

from process_figures import processor_seconds
from processes import Process, ProcessError

READY_SECONDS = 20
CLIENT_END_SECONDS = 30


class Program:
    """One program with the command line of `PEER bench`; `options` go to its server and to its clients."""

    def __init__(self, name, path, environment=None, options=()):
        self.name = name
        self.path = path
        self.environment = environment or {}
        self.options = tuple(options)

    def version(self, sources):
        """The version of the library that is measured, from the program or from its sources' manifest."""
        if self.name == "rust":
            return "rust-libp2p " + manifest_version(f"{sources}/rust/Cargo.toml", r'^libp2p = .*?"=?([0-9.]+)"')
        if self.name == "go":
            version = manifest_version(f"{sources}/go/go.mod", r"github.com/libp2p/go-libp2p v([0-9.]+)")
            settings = " ".join(f"{name}={value}" for name, value in self.environment.items())
            return f"go-libp2p {version}, {settings}"
        said = subprocess.run(
            [self.path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        return said.stdout.strip() or "unknown"


def manifest_version(path, pattern):
    try:
        with open(path) as manifest:
            found = re.search(pattern, manifest.read(), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found else "of an unknown version"


class Server:
    """A running `PEER bench server`."""

    def __init__(self, program, logs):
        command = [program.path, "bench", "server", *program.options]
        self.process = Process(command, f"{logs}/{program.name}-server.log", program.environment)
        ready = self.process.take_object(lambda line: line.get("event") == "ready", READY_SECONDS, "ready event")
        self.address = ready["addrs"][0]

    @property
    def process_id(self):
        return self.process.child.pid

    def stop(self):
        self.process.stop()


class Servers:
    """One server of each program, started when it is first asked for, which stands for the whole run."""

    def __init__(self, logs):
        self.logs = logs
        self.standing = {}

    def of(self, program):
        if program.name not in self.standing:
            self.standing[program.name] = Server(program, self.logs)
        return self.standing[program.name]


class Pair:
    """A client of one program and a server of the same or of another."""

    def __init__(self, client, server, servers, name=None):
        self.name = name or (client.name if client is server else f"{client.name} to {server.name}")
        self.client = client
        self.server_program = server
        self.servers = servers

    @property
    def server(self):
        return self.servers.of(self.server_program)

    @property
    def logs(self):
        return self.servers.logs

    def fresh_server(self):
        """A server of its own, which the caller stops."""
        return Server(self.server_program, self.logs)

    def start_client(self, mode, address, arguments):
        command = [self.client.path, "bench", mode, "--addr", address, *self.client.options, *arguments]
        return Process(command, f"{self.logs}/{self.client.name}-client.log", self.client.environment)

    def run_client(self, mode, arguments, limit, address=None):
        """Runs the client once; gives its result and the server's processor seconds meanwhile."""
        server = self.server
        before = processor_seconds(server.process_id)
        client = self.start_client(mode, address or server.address, arguments)
        result = client.take_object(lambda line: line.get("bench") == mode, limit, "result")
        code = client.wait(CLIENT_END_SECONDS)
        used = processor_seconds(server.process_id) - before
        if code != 0:
            raise ProcessError(f"{self.name}: bench {mode} ended with exit code {code}")
        if result.get("errors"):
            raise ProcessError(f"{self.name}: bench {mode} had {result['errors']} errors")
        return result, used
