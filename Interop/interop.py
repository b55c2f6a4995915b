#!/usr/bin/env python3
"""Runs our peer against real libp2p peers and writes the report. See Interop/README.md.

Exit code 0: every row passed or names what the peer itself lacks. 1: a row failed. 2: bad arguments, or peers are
missing that --require-all asks for.
"""

import argparse
import atexit
import datetime
import json
import os
import platform
import shutil
import sys
import tempfile
import time
import typing

import mdns
import rows
import self_test
import tor
from command_line import check_identify
from contracts import Contracts
from drivers.base import Site
from private_networks import PrivateNetworks
from processes import end_children_with_us
from report import Report
from results import BAD, STAND_IN

# What is run besides the matrix of the peers.
OTHER_SECTIONS = ("contracts", "private", "tor", "mdns")


class Sections(typing.NamedTuple):
    """Which of them are run."""

    contracts: bool
    private: bool
    tor: bool
    mdns: bool


REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ",".join(peer.name for peer in rows.PEERS) + "," + ",".join(OTHER_SECTIONS)
    parser.add_argument("--apus", metavar="FILE", help="our peer (default .build/release/apus-peer, else debug)")
    parser.add_argument("--apus-cli", metavar="FILE", help="the command line apus; without it its rows are left out")
    parser.add_argument(
        "--peers-dir", metavar="DIR", help="where go-peer, rust-peer and kubo are (default ../shared/peers)"
    )
    parser.add_argument(
        "--peers-home", metavar="DIR", help="where p2pd and the venv are (default $PEERS_HOME, ~/.cache/apus-peers)"
    )
    parser.add_argument("--only", metavar="LIST", help=f"of {names}")
    parser.add_argument("--quick", action="store_true", help="one pair of key types for each peer and direction")
    parser.add_argument("--all-keys", action="store_true", help="each key type of ours with each of theirs")
    parser.add_argument("--report", metavar="FILE", help="write the report there (default: none is written)")
    parser.add_argument("--require-all", action="store_true", help="a peer that is not installed is an error")
    parser.add_argument("--json", action="store_true", help="one JSON object a row on standard output")
    parser.add_argument("--self-test", action="store_true", help="checks the harness, then go-peer in our place")
    options = parser.parse_args()
    if options.only:
        unknown = set(options.only.split(",")) - set(names.split(","))
        if unknown:
            parser.error(f"--only: {', '.join(sorted(unknown))} is not of {names}")
    return options


def first_existing(*paths):
    return next((path for path in paths if os.path.exists(path)), None)


def make_site(options):
    peers_directory = options.peers_dir or os.path.join(os.path.dirname(REPOSITORY), "shared", "peers")
    home = options.peers_home or os.environ.get("PEERS_HOME") or os.path.expanduser("~/.cache/apus-peers")
    apus = options.apus
    if options.self_test:
        apus = peers_directory + "/go-peer"
    apus = apus or first_existing(f"{REPOSITORY}/.build/release/apus-peer", f"{REPOSITORY}/.build/debug/apus-peer")
    if not apus or not os.path.exists(apus):
        fail(2, f"there is no {apus or 'apus-peer in .build'}: build it, or name one with --apus")
    logs = REPOSITORY + "/.build-interop/logs"
    shutil.rmtree(logs, ignore_errors=True)
    os.makedirs(logs)
    work = tempfile.mkdtemp(prefix="apus-interop-")
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    return Site(REPOSITORY, os.path.abspath(peers_directory), home, work, logs, os.path.abspath(apus))


def fail(code, text):
    print(f"interop: {text}", file=sys.stderr)
    sys.exit(code)


# What is missing of the peers that have mDNS.
PEER_FILES = {peer.name: peer.missing_from for peer in rows.PEERS if peer.name in ("go", "rust", "kubo")}


class Progress:
    """Tells of each row as it comes."""

    def __init__(self, as_json):
        self.as_json = as_json

    def __call__(self, row, place):
        if self.as_json:
            print(json.dumps({"row": row.name} | vars(row)), flush=True)
        else:
            reason = f": {row.reason}" if row.reason else ""
            print(f"{row.status:>15}  {row.name} ({row.seconds:.1f} s){reason}", flush=True)
        if row.status in BAD:
            self.show_logs(place)

    def show_logs(self, place):
        for driver in (getattr(place, "us", None), getattr(place, "them", None), place):
            tail = driver.log_tail() if hasattr(driver, "log_tail") else ""
            if tail:
                print("    " + tail.replace("\n", "\n    "), file=sys.stderr, flush=True)


def choose_peers(options, site):
    """The peers to run, and those that are not installed with what is missing."""
    wanted = options.only.split(",") if options.only else [peer.name for peer in rows.PEERS] + list(OTHER_SECTIONS)
    if options.self_test:
        wanted = ["rust", "contracts"]
    chosen, skipped = [], []
    for peer in rows.PEERS:
        if peer.name not in wanted:
            continue
        missing = peer.missing_from(site)
        if missing:
            skipped.append((peer.title, f"{missing} is not installed"))
        else:
            chosen.append(peer)
    contracts = "contracts" in wanted
    if contracts and shutil.which("redis-server") is None:
        skipped.append(("the contracts", "redis-server is not installed"))
        contracts = False
    if skipped and options.require_all:
        fail(2, "; ".join(f"{name}: {reason}" for name, reason in skipped))
    # What a host does not allow is no peer that is missing.
    discovery = "mdns" in wanted
    if discovery and (reason := mdns.missing_from_host()):
        skipped.append(("mDNS", reason))
        discovery = False
    with_tor = "tor" in wanted
    if with_tor:
        missing = tor.missing() or (None if options.apus_cli else "it is tried with --apus-cli alone")
        if missing:
            skipped.append(("tor", missing))
            with_tor = False
    return chosen, Sections(contracts, "private" in wanted, with_tor, discovery), skipped


def contract_peers(site, chosen, only):
    names = [name for name in ("go", "rust") if os.path.exists(f"{site.peers_directory}/{name}-peer")]
    return [name for name in names if not only or name in [peer.name for peer in chosen] or not chosen]


def main():
    options = parse_arguments()
    if options.self_test and not self_test.run():
        fail(1, "the harness itself is broken")
    site = make_site(options)
    # Registered after the work directory's removal, so that it runs before it.
    end_children_with_us()
    started = time.monotonic()
    progress = Progress(options.json)
    chosen, sections, skipped = choose_peers(options, site)
    command_line = check_identify(os.path.abspath(options.apus_cli)) if options.apus_cli else None
    keys = "one" if options.quick or options.self_test else "all" if options.all_keys else "rotation"
    matrix = rows.run_matrix(site, chosen, keys, progress, command_line)
    contracts = []
    if sections.contracts:
        contracts = Contracts(site, rows.Stand(site), progress).run(contract_peers(site, chosen, options.only))
    apus_cli = os.path.abspath(options.apus_cli) if options.apus_cli else None
    private = []
    if sections.private:
        private_peers = chosen or [peer for peer in rows.PEERS if not peer.missing_from(site)]
        private = PrivateNetworks(site, rows.Stand(site), progress).run(private_peers)
    onions = tor.run(site, apus_cli, progress) if sections.tor else []
    discovery = []
    if sections.mdns:
        names = [name for name in ("go", "rust", "kubo") if not PEER_FILES[name](site)]
        discovery = mdns.Discovery(site, apus_cli, progress).run(names)
    others = (contracts, private, onions, discovery)
    if options.report:
        write_report(options, site, matrix, others, chosen, skipped)
    finish(options, sum(others, matrix), skipped, time.monotonic() - started)


def write_report(options, site, matrix, others, chosen, skipped):
    # Paths of this machine do not belong into the page.
    arguments = [f"--{name.replace('_', '-')}" for name in ("quick", "all_keys", "require_all") if vars(options)[name]]
    arguments += ["--only", options.only] if options.only else []
    facts = [
        ("date", datetime.date.today().isoformat()),
        ("our peer", os.path.basename(site.apus)),
        ("command", " ".join(["Interop/interop.py", *arguments])),
        ("machine", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
    ]
    amounts = {
        "echo": rows.ECHO_BYTES >> 20,
        "streams": rows.STREAMS,
        "stream": rows.STREAM_BYTES >> 10,
        "up": f"{rows.HALF_CLOSE_UP:,}",
        "down": f"{rows.HALF_CLOSE_DOWN:,}",
        "resets": rows.RESETS,
        "perf": rows.PERF_BYTES >> 20,
    }
    os.makedirs(os.path.dirname(os.path.abspath(options.report)), exist_ok=True)
    Report(facts, amounts).write(options.report, matrix, others, chosen, skipped)


def finish(options, done, skipped, seconds):
    bad = [row for row in done if row.status in BAD]
    stand_in = sum(row.status == STAND_IN for row in done)
    told = {
        "rows": len(done),
        "passed": sum(row.status == "pass" for row in done),
        "missing": sum(row.status == "missing" for row in done),
        "stand_in": stand_in,
        "bad": len(bad),
        "skipped": [name for name, _ in skipped],
        "seconds": round(seconds, 1),
    }
    if options.json:
        print(json.dumps({"summary": told}), flush=True)
    else:
        for name, reason in skipped:
            print(f"skipped: {name}: {reason}")
        for row in bad:
            print(f"{row.status}: {row.name}: {row.reason}")
        print(
            f"{told['rows']} rows: {told['passed']} pass, {told['missing']} are missing features of peers, "
            f"{stand_in} not tried with a stand-in, {len(bad)} bad; {seconds:.0f} s"
        )
    sys.exit(1 if bad or not done else 0)


if __name__ == "__main__":
    main()
