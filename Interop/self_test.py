"""Checks of the harness itself: what it accepts, what it refuses, and how it tells a failure from a missing feature."""

import os
import shutil
import tempfile
import time
import unittest

import known_missing
import rows
from contracts import check_legacy_latency, check_modern_latency, check_perf_lines, check_perf_sections
from drivers.base import DriverError, Site
from drivers.identify_message import base58_decode, base58_encode, encode, multiaddr_bytes, multiaddr_text
from drivers.identify_message import parse_identify, varint
from processes import Process, ProcessError
from report import Report
from results import BOTH, FAIL, MISSING, OURS, PASS, THEIRS, UNEXPECTED, WE_DIAL

SECTION = """\
# Upload measurement
{name}:
  iterations: 4
  min: 1.00
  q1: 1.75
  median: 2.50
  q3: 3.25
  max: 4.00
  outliers: []
  samples: [1.00, 2.00, 3.00, 4.00]
  unit: {unit}
"""
SECTIONS = "\n".join(
    SECTION.format(name=name, unit=unit) for name, unit in (("upload", "Gbps"), ("download", "Gbps"), ("latency", "ms"))
)
COUNTS = {"upload": 4, "download": 4, "latency": 4}
FINAL = '{"type":"final","timeSeconds":1.5,"uploadBytes":10,"downloadBytes":20}\n'
INTERMEDIARY = '{"type":"intermediary","timeSeconds":1.0,"uploadBytes":4,"downloadBytes":0}\n'


class ContractOutputs(unittest.TestCase):
    def refuses(self, check, *arguments):
        with self.assertRaises((DriverError, ValueError, KeyError)):
            check(*arguments)

    def test_latency(self):
        modern = "latency:\n  handshake_plus_one_rtt: 4.512\n  ping_rtt: 0.310\n  unit: ms\n"
        check_modern_latency(modern)
        self.refuses(check_modern_latency, "listening\n" + modern)
        self.refuses(check_modern_latency, modern.replace("  ping", "    ping"))
        self.refuses(check_modern_latency, modern.replace("4.512", "0.100"))
        check_legacy_latency('{"handshakePlusOneRTTMillis":4.5,"pingRTTMilllis":0.3}\n')
        self.refuses(check_legacy_latency, '{"handshakePlusOneRTTMillis":4.5,"pingRTTMillis":0.3}\n')
        self.refuses(check_legacy_latency, "ready\n" + '{"handshakePlusOneRTTMillis":4.5,"pingRTTMilllis":0.3}\n')

    def test_perf_sections(self):
        check_perf_sections(SECTIONS, COUNTS)
        for wrong in (
            SECTIONS.replace("latency:", "lag:"),
            SECTIONS.replace("unit: ms", "unit: s"),
            SECTIONS.replace("median: 2.50", "median: 2.60"),
            SECTIONS.replace("  q1: 1.75\n", ""),
            SECTIONS.replace(", 4.00]", "]"),
            SECTIONS.replace("outliers: []", "outliers: [9.00]"),
            SECTIONS.replace("max: 4.00", "max: 3.00"),
        ):
            self.refuses(check_perf_sections, wrong, COUNTS)

    def test_perf_sections_with_an_outlier(self):
        values = "1.00, 1.00, 1.00, 9.00"
        text = SECTIONS.replace("1.00, 2.00, 3.00, 4.00", values).replace("outliers: []", "outliers: [9.00]")
        text = text.replace("q1: 1.75", "q1: 1.00").replace("median: 2.50", "median: 1.00")
        check_perf_sections(text.replace("q3: 3.25", "q3: 3.00").replace("max: 4.00", "max: 1.00"), COUNTS)

    def test_perf_lines(self):
        check_perf_lines(INTERMEDIARY + FINAL, 10, 20)
        self.refuses(check_perf_lines, INTERMEDIARY, 10, 20)
        self.refuses(check_perf_lines, INTERMEDIARY.replace("ary", "ate") + FINAL, 10, 20)
        self.refuses(check_perf_lines, FINAL, 10, 21)
        self.refuses(check_perf_lines, FINAL + FINAL, 10, 20)


class Messages(unittest.TestCase):
    def test_addresses(self):
        text = "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
        self.assertEqual(multiaddr_text(multiaddr_bytes(text)), text)
        self.assertEqual(base58_encode(base58_decode("11Qm")), "11Qm")

    def test_identify(self):
        key = encode((1, 1), (2, bytes(32)))
        address = multiaddr_bytes("/ip4/127.0.0.1/tcp/1")
        message = encode((1, key), (2, address), (3, "/b"), (3, "/a"), (4, address), (6, "x/1"))
        found = parse_identify(varint(len(message)) + message)
        self.assertEqual((found.agent, found.protocols, found.key_type), ("x/1", ["/a", "/b"], "ed25519"))
        self.assertEqual(found.listen_addresses, ["/ip4/127.0.0.1/tcp/1"])


class Processes(unittest.TestCase):
    def start(self, script):
        directory = tempfile.mkdtemp(prefix="apus-interop-test-")
        process = Process(["sh", "-c", script], directory + "/log")
        self.addCleanup(shutil.rmtree, directory)
        self.addCleanup(process.stop)
        return process

    def test_waiting(self):
        process = self.start("echo one; echo two; read x; echo $x; exit 3")
        self.assertEqual(process.take(lambda line: line == "two" and line, 5, "two"), "two")
        with self.assertRaises(ProcessError):
            process.take(lambda line: line == "three", 0.1, "three")
        process.send("three")
        self.assertEqual(process.take(lambda line: line == "three" and line, 5, "three"), "three")
        self.assertEqual(process.wait(5), 3)
        with self.assertRaises(ProcessError):
            process.take(lambda line: line == "four", 5, "four")

    def test_a_group_ends_whole(self):
        process = self.start("sleep 100 & echo $!; wait")
        child = int(process.take(lambda line: line, 5, "child"))
        process.stop()
        # The kill is on its way when it returns; the child may stay a zombie of whoever adopts it, but it runs no longer.
        deadline = time.monotonic() + 5
        while self.runs(child) and time.monotonic() < deadline:
            time.sleep(0.001)
        self.assertFalse(self.runs(child))

    def runs(self, process_id):
        try:
            with open(f"/proc/{process_id}/stat") as file:
                return file.read().rpartition(")")[2].split()[0] not in "ZX"
        except FileNotFoundError:
            return False


class Statuses(unittest.TestCase):
    """A row's status follows from what happened and from what is known of the peer."""

    def setUp(self):
        site = Site("", "", "", "", "", "/nowhere/apus-peer")
        peer = next(peer for peer in rows.PEERS if peer.name == "p2pd")
        self.meeting = rows.Meeting(site, rows.Stand(site), peer, WE_DIAL, "rsa", "ed25519")
        self.seen = []

    def attempt(self, side, feature, ask):
        self.meeting.attempt(self.meeting.row(side, feature), ask, lambda row, _: self.seen.append(row))
        return self.seen[-1].status

    def fails(self):
        raise DriverError("broken")

    def test_statuses(self):
        self.assertEqual(self.attempt(OURS, "ping", lambda: None), PASS)
        self.assertEqual(self.attempt(OURS, "ping", self.fails), FAIL)
        self.assertEqual(self.attempt(OURS, "half-close", self.fails), MISSING)
        self.assertEqual(self.seen[-1].seen, "broken")
        self.assertEqual(self.attempt(THEIRS, "half-close", lambda: None), UNEXPECTED)
        self.assertEqual(self.attempt(BOTH, "connect", self.fails), FAIL)

    def test_a_missing_feature_does_not_hide_our_own_end(self):
        class Ended:
            class process:
                running = False

        self.meeting.us = Ended
        self.assertEqual(self.attempt(OURS, "half-close", self.fails), FAIL)

    def test_each_entry_names_a_peer_and_a_feature(self):
        for entry in known_missing.KNOWN_MISSING:
            self.assertIn(entry.peer, [peer.name for peer in rows.PEERS])
            self.assertIn(entry.feature, rows.FEATURES)

    def test_each_key_type_of_ours_meets_each_peer(self):
        for peer in rows.PEERS:
            for direction in ("we dial", "we listen"):
                pairs = rows.pairs(peer, direction, "rotation")
                self.assertEqual({our for _, our in pairs}, {"ed25519", "secp256k1", "ecdsa", "rsa"})
                self.assertLessEqual(set(peer.key_types), {their for their, _ in pairs})

    def test_report(self):
        self.attempt(OURS, "ping", lambda: None)
        self.attempt(OURS, "half-close", self.fails)
        self.attempt(OURS, "echo", self.fails)
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "report.md")
            amounts = dict.fromkeys(("echo", "streams", "stream", "up", "down", "resets", "perf"), 1)
            report = Report([("date", "today")], amounts)
            report.write(path, self.seen, ([], [], [], []), [self.meeting.peer_class], [("x", "absent")])
            with open(path) as file:
                text = file.read()
        self.assertIn("| pass | **fail** [1] | missing [2] |", text)
        self.assertIn("1. broken.", text)
        self.assertIn("- x: absent", text)


def run():
    """Whether all checks of the harness pass; their report goes to standard error."""
    suite = unittest.defaultTestLoader.loadTestsFromName(__name__)
    return unittest.TextTestRunner(verbosity=1).run(suite).wasSuccessful()


if __name__ == "__main__":
    unittest.main()
