"""Onion addresses through a real Tor, in a network namespace that has nothing but its loopback.

No onion service can be reached there, so what is shown is that the two understand each other: Tor reads what we ask for
(its log names it), takes an invalid address apart, and gives up a valid one with its own code, which we tell.
"""

import contextlib
import os
import shutil
import subprocess
import time

from drivers.base import DriverError, wait_until
from processes import Process, ProcessError, run_program
from results import BOTH, FAIL, PASS, Row

SECTION = "tor"
PORT = 19050
SOCKS_SECONDS = 10
READY_SECONDS = 20
LOG_SECONDS = 5
COMMAND_SECONDS = 60
# The example of Tor's rend-spec-v3, and the same with another last letter but two, which its checksum does not fit.
SERVICE = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd"
WRONG_SERVICE = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4psczyd"
PEER = "12D3KooWGUxVFZ2kk9xn4Z3WSch5aNKdLq14d9ktFjEgwoGoXmJs"
# Two of Tor's timers give up what is too old, each with a code of its own (TIMEOUT and CANT_ATTACH in its reasons.c): the one
# that comes first answers.
GIVEN_UP = ("it took too long", "general failure")
REFUSED = ("general failure",)


def missing():
    """What is not there for these rows, or None."""
    for program in ("tor", "ip"):
        if shutil.which(program) is None:
            return f"{program} is not installed (Debian: {'tor' if program == 'tor' else 'iproute2'})"
    return None if os.geteuid() == 0 else "a network namespace is made by root alone"


class Tor:
    """A Tor in a namespace of its own."""

    def __init__(self, site):
        self.namespace = f"apus-tor-{os.getpid()}"
        self.directory = site.work_directory + "/tor"
        self.log = site.log_directory + "/tor.log"
        self.process = None

    def __enter__(self):
        os.makedirs(self.directory, mode=0o700)
        self.ip("netns", "add", self.namespace)
        self.ip("-n", self.namespace, "link", "set", "lo", "up")
        configuration = self.directory + "/torrc"
        with open(configuration, "w") as file:
            file.write(f"SocksPort 127.0.0.1:{PORT}\nSocksTimeout {SOCKS_SECONDS}\nSafeLogging 0\n")
            file.write(f"DataDirectory {self.directory}\n")
        self.process = Process(self.inside("tor", "-f", configuration), self.log, merge_errors=True, name="tor")
        self.process.take(lambda line: "Opened Socks listener connection (ready)" in line, READY_SECONDS, "ready line")
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.stop()
        # The namespace goes when its last process has.
        with contextlib.suppress(DriverError):
            wait_until(lambda: not self.ip("netns", "pids", self.namespace), 5, "the namespace is empty")
        self.ip("netns", "del", self.namespace)

    def inside(self, *arguments):
        return ["ip", "netns", "exec", self.namespace, *arguments]

    @staticmethod
    def ip(*arguments):
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)
        if done.returncode != 0:
            raise ProcessError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def ping(self, program, address, *options):
        """How `apus ping` of that address through Tor fails, in its own words."""
        options = ("--socks", f"127.0.0.1:{PORT}", "--dial-timeout", f"{3 * SOCKS_SECONDS}s", *options)
        done = run_program(self.inside(program, "ping", f"{address}/p2p/{PEER}", *options), COMMAND_SECONDS)
        if done.returncode != 1:
            raise DriverError(f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")
        return done.stderr.strip()

    def log_tail(self):
        return self.process.log_tail() if self.process else ""


def run(site, program, report):
    """The rows; `program` is the command line apus."""
    gave_up, refused = "connection to {}:4001. Giving up", "Invalid onion hostname {}.onion"
    cases = (
        ("an onion service", f"/onion3/{SERVICE}:4001", (), GIVEN_UP, gave_up.format(SERVICE)),
        ("an invalid onion address", f"/onion3/{WRONG_SERVICE}:4001", (), REFUSED, refused.format(WRONG_SERVICE)),
        ("a name, everything through Tor", "/dns4/example.org/tcp/4001", ("--socks-scope", "all"), GIVEN_UP, gave_up.format("example.org")),
        ("a login of its own", f"/onion3/{WRONG_SERVICE}:4001", ("--socks-login", "me:secret"), REFUSED, refused.format(WRONG_SERVICE)),
    )
    rows = []
    with Tor(site) as tor:
        for feature, address, options, answers, logged in cases:
            row = Row(SECTION, "we dial", "", "", BOTH, feature)
            start = time.monotonic()
            try:
                said = tor.ping(program, address, *options)
                if not any(f"the SOCKS proxy could not connect: {answer}" in said for answer in answers):
                    raise DriverError(f"it does not tell Tor's answer: {said}")
                tor.process.take(lambda line, logged=logged: logged in line, LOG_SECONDS, f"line with {logged!r}")
                row.status = PASS
            except Exception as error:  # whatever it is, the row names it
                row.status, row.reason = FAIL, str(error) or repr(error)
            row.seconds = time.monotonic() - start
            rows.append(row)
            report(row, tor)
    return rows
