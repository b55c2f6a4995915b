"""One of the programs that are compared: its server, which stands for the whole run, and runs of its client."""

import re
import subprocess

from process_figures import processor_seconds
from processes import Process, ProcessError

READY_SECONDS = 20
CLIENT_END_SECONDS = 30


class Contestant:
    def __init__(self, name, program, logs, environment=None):
        self.name = name
        self.program = program
        self.environment = environment or {}
        self.log = f"{logs}/{name}-client.log"
        self.server = Process([program, "bench", "server"], f"{logs}/{name}-server.log", self.environment)
        ready = self.server.take_object(lambda line: line.get("event") == "ready", READY_SECONDS, "ready event")
        self.address = ready["addrs"][0]

    def measure(self, measurement):
        """Runs the client once; gives the value of each of the measurement's rows."""
        name, *arguments = measurement.arguments
        before = processor_seconds(self.server.child.pid)
        command = [self.program, "bench", name, "--addr", self.address, *arguments]
        client = Process(command, self.log, self.environment)
        result = client.take_object(lambda line: line.get("bench") == name, measurement.limit, "result")
        code = client.wait(CLIENT_END_SECONDS)
        server_seconds = processor_seconds(self.server.child.pid) - before
        if code != 0:
            raise ProcessError(f"{self.name}: {measurement.name} ended with exit code {code}")
        if result.get("errors"):
            raise ProcessError(f"{self.name}: {measurement.name} had {result['errors']} errors")
        return {row.title: row.figure(result, server_seconds) for row in measurement.rows}

    def version(self, sources):
        """The version of the library that is measured, from the program or from its sources' manifest."""
        if self.name == "rust":
            return "rust-libp2p " + manifest_version(f"{sources}/rust/Cargo.toml", r'^libp2p = .*?"=?([0-9.]+)"')
        if self.name == "go":
            version = manifest_version(f"{sources}/go/go.mod", r"github.com/libp2p/go-libp2p v([0-9.]+)")
            settings = " ".join(f"{name}={value}" for name, value in self.environment.items())
            return f"go-libp2p {version}, {settings}"
        said = subprocess.run(
            [self.program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        return said.stdout.strip() or "unknown"


def manifest_version(path, pattern):
    try:
        with open(path) as manifest:
            found = re.search(pattern, manifest.read(), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found else "of an unknown version"
