"""The contracts of libp2p's own interoperability suites: transport (ping) and perf, in both dialects.

The variables, keys and outputs are those of the repositories libp2p/test-plans ("legacy") and libp2p/unified-testing
("modern").
"""

import hashlib
import json
import re
import signal
import socket

from drivers.base import DriverError, wait_until
from processes import Process, ProcessError, free_port
from redis_server import RedisServer
from results import BOTH, FAIL, PASS, STAND_IN, Row, StandInLacks

DIALLER_SECONDS = 40
LISTEN_SECONDS = 15
PERF_BYTES, PERF_ITERATIONS, LATENCY_ITERATIONS = 16 << 20, 3, 10
# The peer id of the ed25519 key whose seed is all zero, which perf clients of the older suite expect.
ZERO_SEED_PEER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"

NUMBER = r"(\d+(?:\.\d+)?(?:[eE]-?\d+)?)"
MODERN_LATENCY = re.compile(
    rf"latency:\n  handshake_plus_one_rtt: {NUMBER}\n  ping_rtt: {NUMBER}\n  unit: ms\n?", re.ASCII
)
# Samples are printed with two or three decimals.
ROUNDING = 0.011
PERF_SECTIONS = {"upload": "Gbps", "download": "Gbps", "latency": "ms"}
PERF_FIELDS = ("iterations", "min", "q1", "median", "q3", "max", "outliers", "samples", "unit")


# Outputs


def check_modern_latency(output):
    found = MODERN_LATENCY.fullmatch(output.strip("\n") + "\n")
    if not found:
        raise DriverError(f"the output is not the suite's: {output!r}")
    check_times(*map(float, found.groups()))


def check_legacy_latency(output):
    lines = output.strip().splitlines()
    if len(lines) != 1:
        raise DriverError(f"{len(lines)} lines instead of one: {output!r}")
    said = json.loads(lines[0])
    # The suite itself spells the second name with three l.
    check_times(said["handshakePlusOneRTTMillis"], said["pingRTTMilllis"])


def check_times(whole, ping):
    if not 0 < ping <= whole:
        raise DriverError(f"handshake and ping took {whole} ms, ping alone {ping} ms")


def check_perf_sections(output, iterations):
    """The three sections of the modern perf dialect, each with its statistics in order."""
    sections = parse_sections(output)
    if list(sections) != list(PERF_SECTIONS):
        raise DriverError(f"the sections are {list(sections)}")
    for name, fields in sections.items():
        if tuple(fields) != PERF_FIELDS:
            raise DriverError(f"{name} has the fields {list(fields)}")
        if fields["unit"] != PERF_SECTIONS[name]:
            raise DriverError(f"the unit of {name} is {fields['unit']!r}")
        if int(fields["iterations"]) != iterations[name]:
            raise DriverError(f"{name} has {fields['iterations']} iterations, not {iterations[name]}")
        check_distribution(name, fields, iterations[name])


def check_distribution(name, fields, count):
    """What is said of the samples follows from them, as the suite computes it."""
    samples, outliers = json.loads(fields["samples"]), json.loads(fields["outliers"])
    if len(samples) != count or samples != sorted(samples) or samples[0] < 0:
        raise DriverError(f"{name} has not {count} samples in order: {samples}")
    q1, median, q3 = (percentile(samples, percent) for percent in (25, 50, 75))
    low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    within = [value for value in samples if low - ROUNDING <= value <= high + ROUNDING] or samples
    expected = {"q1": q1, "median": median, "q3": q3}
    if not outliers:
        expected |= {"min": samples[0], "max": samples[-1]}
    wrong = [key for key, value in expected.items() if abs(float(fields[key]) - value) > ROUNDING]
    if wrong:
        raise DriverError(f"{name}: {', '.join(wrong)} do not follow from the samples {samples}")
    if len(outliers) + len(within) < count or not set(outliers) <= set(samples):
        raise DriverError(f"{name}: the outliers {outliers} do not follow from the samples {samples}")


def percentile(values, percent):
    """By linear interpolation between the two values around the place."""
    place = percent / 100 * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def parse_sections(output):
    sections = {}
    for line in output.splitlines():
        if not line or line.startswith("#"):
            continue
        key, colon, value = line.strip().partition(":")
        if not colon:
            raise DriverError(f"a line that is no YAML: {line!r}")
        if not line.startswith(" "):
            fields = sections[key] = {}
        elif not sections or not line.startswith("  "):
            raise DriverError(f"a line out of place: {line!r}")
        else:
            fields[key] = value.strip().strip('"')
    return sections


def check_perf_lines(output, up, down):
    """The older perf dialect: intermediary lines, then one final line that covers all."""
    lines = [json.loads(line) for line in output.splitlines() if line.strip()]
    if not lines or lines[-1].get("type") != "final" or any(line["type"] == "final" for line in lines[:-1]):
        raise DriverError(f"there is not one final line at the end: {output!r}")
    if any(line["type"] != "intermediary" for line in lines[:-1]):
        raise DriverError(f"a line is neither intermediary nor final: {output!r}")
    final = lines[-1]
    if (final["uploadBytes"], final["downloadBytes"]) != (up, down) or not final["timeSeconds"] > 0:
        raise DriverError(f"the final line is {final}")


# Runs


class Contracts:
    def __init__(self, site, stand, report):
        self.site, self.stand, self.report = site, stand, report
        self.rows = []

    def run(self, peers):
        """All contract rows; `peers` are the names of the reference peers to take part."""
        self.redis = RedisServer(self.site)
        try:
            for peer in peers:
                for dialect in ("modern", "legacy"):
                    for role in ("we dial", "we listen"):
                        self.attempt("transport", dialect, peer, role, self.transport)
            self.attempt("perf", "modern", "ourselves", "both", self.perf_modern)
            if "go" in peers:
                self.attempt("perf", "legacy", "go", "we dial", self.perf_legacy_client)
                self.attempt("perf", "legacy", "go", "we listen", self.perf_legacy_server)
            self.attempt("perf", "legacy", "ourselves", "both", self.perf_legacy_both)
        finally:
            self.redis.stop()
        return self.rows

    def attempt(self, contract, dialect, peer, role, ask):
        row = Row(f"contract {contract}", f"{dialect}, {peer}, {role}", "", "", BOTH, "")
        self.label = re.sub("[ ,]+", "-", f"contract-{contract}-{row.direction}")
        self.running = []
        try:
            ask(dialect, peer, role)
            row.status = PASS
        except StandInLacks as error:
            row.status, row.reason = STAND_IN, str(error)
        except Exception as error:  # whatever it is, the row names it
            row.status, row.reason = FAIL, str(error) or repr(error)
        finally:
            for process in self.running:
                process.stop()
        self.rows.append(row)
        self.report(row, self)

    def program(self, who):
        if who != "us":
            return [f"{self.site.peers_directory}/{who}-peer"]
        return [self.site.venv_python, self.site.apus] if self.site.apus.endswith(".py") else [self.site.apus]

    def start(self, who, arguments, environment, role):
        log = f"{self.site.log_directory}/{self.label}-{role}.log"
        process = Process([*self.program(who), *arguments], log, environment)
        self.running.append(process)
        return process

    def log_tail(self):
        return "\n".join(process.log_tail() for process in self.running)

    def needs_perf_contract(self):
        if not self.stand.is_ours:
            raise StandInLacks(f"{self.stand.name} has no perf contract")

    # Transport

    def transport(self, dialect, peer, role):
        if self.stand.name.endswith(".py"):
            raise StandInLacks(f"{self.stand.name} has no contracts")
        self.redis.clear()
        dialler, listener = ("us", peer) if role == "we dial" else (peer, "us")
        what = ["contract", "transport"]
        listening = self.start(listener, what, self.transport_environment(dialect, False), "listener")
        dialling = self.start(dialler, what, self.transport_environment(dialect, True), "dialler")
        code = dialling.wait(DIALLER_SECONDS)
        if code != 0:
            raise DriverError(f"the dialler ended with {code}: {dialling.log_tail(2)}")
        check = check_modern_latency if dialect == "modern" else check_legacy_latency
        check(dialling.output())
        self.end_listener(listening)

    def transport_environment(self, dialect, dials):
        if dialect == "legacy":
            return {
                "transport": "tcp",
                "muxer": "yamux",
                "security": "noise",
                "is_dialer": "true" if dials else "false",
                "ip": "127.0.0.1",
                "redis_addr": self.redis.address,
                "test_timeout_seconds": "30",
            }
        return self.modern_environment(dials)

    def modern_environment(self, dials):
        return {
            "TRANSPORT": "tcp",
            "MUXER": "yamux",
            "SECURE_CHANNEL": "noise",
            "IS_DIALER": "true" if dials else "false",
            "LISTENER_IP": "127.0.0.1",
            "REDIS_ADDR": self.redis.address,
            "TEST_KEY": hashlib.sha256(self.label.encode()).hexdigest()[:8],
            "DEBUG": "false",
        }

    def end_listener(self, listening):
        """A listener stays until it is told to go, and says nothing on the standard output that suites parse."""
        if not listening.running:
            raise DriverError("the listener ended before the dialler")
        code = listening.stop(signal.SIGTERM)
        if code not in (0, 143, -signal.SIGTERM):
            raise DriverError(f"the listener ended with {code}")
        if listening.output().strip():
            raise DriverError(f"the listener wrote {listening.output()!r}")

    # Perf

    def perf_modern(self, *_):
        self.needs_perf_contract()
        self.redis.clear()
        listening = self.start("us", ["contract", "perf"], self.modern_environment(False), "listener")
        amounts = {
            "UPLOAD_BYTES": str(PERF_BYTES),
            "DOWNLOAD_BYTES": str(PERF_BYTES),
            "UPLOAD_ITERATIONS": str(PERF_ITERATIONS),
            "DOWNLOAD_ITERATIONS": str(PERF_ITERATIONS),
            "LATENCY_ITERATIONS": str(LATENCY_ITERATIONS),
            "DURATION": "null",
        }
        dialling = self.start("us", ["contract", "perf"], self.modern_environment(True) | amounts, "dialler")
        code = dialling.wait(DIALLER_SECONDS)
        if code != 0:
            raise DriverError(f"the dialler ended with {code}: {dialling.log_tail(2)}")
        counts = {"upload": PERF_ITERATIONS, "download": PERF_ITERATIONS, "latency": LATENCY_ITERATIONS}
        check_perf_sections(dialling.output(), counts)
        self.end_listener(listening)

    def perf_legacy_client(self, *_):
        self.needs_perf_contract()
        port = free_port()
        arguments = ["run", "--seed", "0", "--listen", f"/ip4/127.0.0.1/tcp/{port}", "--no-limits"]
        server = self.start("go", arguments, {}, "listener")
        server.take_object(lambda line: line.get("event") == "ready", LISTEN_SECONDS, "ready event")
        self.run_legacy_client(port)

    def run_legacy_client(self, port):
        amounts = ["--upload-bytes", str(PERF_BYTES), "--download-bytes", str(PERF_BYTES)]
        where = ["--server-address", f"127.0.0.1:{port}", "--transport", "tcp"]
        client = self.start("us", ["contract", "perf", *where, *amounts], {}, "dialler")
        code = client.wait(DIALLER_SECONDS)
        if code != 0:
            raise DriverError(f"the client ended with {code}: {client.log_tail(2)}")
        check_perf_lines(client.output(), PERF_BYTES, PERF_BYTES)

    def start_legacy_server(self):
        port = free_port()
        arguments = ["contract", "perf", "--run-server", "--server-address", f"127.0.0.1:{port}"]
        server = self.start("us", arguments, {}, "listener")

        def listens():
            if not server.running:
                raise ProcessError(f"the server ended: {server.log_tail(2)}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_until(listens, LISTEN_SECONDS, "our perf server listens")
        return port

    def perf_legacy_server(self, *_):
        self.needs_perf_contract()
        port = self.start_legacy_server()
        address = f"/ip4/127.0.0.1/tcp/{port}/p2p/{ZERO_SEED_PEER}"
        amounts = ["--up", str(PERF_BYTES), "--down", str(PERF_BYTES)]
        client = self.start("go", ["bench", "bulk", "--addr", address, *amounts], {}, "dialler")
        code = client.wait(DIALLER_SECONDS)
        if code != 0:
            raise DriverError(f"go's client ended with {code}: {client.log_tail(2)}")

    def perf_legacy_both(self, *_):
        self.needs_perf_contract()
        self.run_legacy_client(self.start_legacy_server())
