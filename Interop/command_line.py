"""`apus identify ADDR --json` against each peer: the command line shows what the matrix could only ask apus-peer."""

import json

from drivers.base import IDENTIFY, PING, DriverError
from processes import run_program

SECONDS = 30
# What the JSON object must hold, each under the first of these names that it has.
FIELDS = {
    "agent": ("agent",),
    "protocols": ("protocols",),
    "addresses": ("addresses", "listen_addrs"),
    "key type": ("key_type",),
    "security": ("security",),
    "muxer": ("muxer",),
}


def check_identify(program):
    """A row's check of one running peer."""

    def check(them):
        address = them.addresses[0]
        done = run_program([program, "identify", address, "--json"], SECONDS)
        if done.returncode != 0:
            raise DriverError(f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        if len(lines) != 1:
            raise DriverError(f"{len(lines)} lines instead of one JSON object")
        check_object(lines[0], them)

    return check


def check_object(said, them):
    found = {}
    for what, names in FIELDS.items():
        name = next((name for name in names if said.get(name)), None)
        if name is None:
            raise DriverError(f"the JSON object has no {what}: {json.dumps(said)[:300]}")
        found[what] = said[name]
    for what, holds in (
        ("agent", found["agent"].startswith(them.agent_prefix)),
        ("protocols", {PING, IDENTIFY} <= set(found["protocols"])),
        ("addresses", any(text.startswith("/ip4/127.0.0.1/tcp/") for text in found["addresses"])),
        ("key type", found["key type"] == them.key_type),
        ("security", found["security"] == "/noise"),
        ("muxer", found["muxer"] == "/yamux/1.0.0"),
    ):
        if not holds:
            raise DriverError(f"the {what} is {found[what]!r}")
