#!/usr/bin/env python3
"""Looks for leaks and losses over time, with our peer against the go peer, in both roles. See Interop/README.md.

1. Connections one after the other (connect, ping, close): the open files and the resident memory of our process end
   where they were after the first 1,000, within 5 %.
2. Connections at once that stand for minutes, while samples of them are pinged: all answer, none is lost, and our
   process, started with a low soft limit of open files, has raised it.

Exit code 0: neither was found. 1: one was, and the last line says which. 2: bad arguments, or a program is missing.
"""

import argparse
import os
import shutil
import sys
from functools import partial

import soak_cycles
import soak_standing
from processes import InOrder, ProcessError, end_children_with_us

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
QUICK = {"cycles": 1_500, "connections": 200, "minutes": 20 / 60}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", metavar="FILE", help="our peer (default .build/release/apus-peer)")
    parser.add_argument("--peers-dir", metavar="DIR", help="where go-peer is (default ../shared/peers)")
    parser.add_argument("--cycles", type=int, metavar="N", help="connections one after the other (10,000)")
    parser.add_argument("--connections", type=int, metavar="N", help="connections at once (1,000); 0 for none")
    parser.add_argument("--minutes", type=float, metavar="M", help="how long these stand (10)")
    parser.add_argument(
        "--quick", action="store_true", help="1,500 cycles, 200 connections, 20 seconds, where nothing else is said"
    )
    options = parser.parse_args()
    defaults = QUICK if options.quick else {"cycles": 10_000, "connections": 1_000, "minutes": 10}
    for name, value in defaults.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.cycles and options.cycles <= soak_cycles.BASELINE_CYCLES:
        parser.error(f"--cycles: more than {soak_cycles.BASELINE_CYCLES}, the baseline, or 0 for none")
    if options.connections < 0 or options.minutes <= 0:
        parser.error("--connections and --minutes: a number below zero makes no sense")
    options.apus = os.path.abspath(options.apus or f"{REPOSITORY}/.build/release/apus-peer")
    directory = options.peers_dir or os.path.join(os.path.dirname(REPOSITORY), "shared", "peers")
    options.go = os.path.abspath(f"{directory}/go-peer")
    for program in (options.apus, options.go):
        if not os.access(program, os.X_OK):
            parser.error(f"there is no program {program}")
    return options


def run(options, logs):
    if options.cycles:
        soak_cycles.we_dial(options.apus, options.go, logs, options.cycles)
        soak_cycles.we_listen(options.apus, options.go, logs, options.cycles)
    if options.connections:
        seconds = round(60 * options.minutes)
        print(f"\n{options.connections} connections at once in each role, {seconds} s")
        print(soak_standing.FORMAT.format(*soak_standing.HEADINGS), flush=True)
        arguments = (options.apus, options.go, logs, options.connections, seconds)
        roles = (soak_standing.we_listen, soak_standing.we_dial)
        InOrder().run([partial(at_once, role, arguments) for role in roles], seconds + 600)


def at_once(role, arguments):
    """Tells of a failure when it comes: the other role goes on until its time is over."""
    try:
        role(*arguments)
    except (soak_cycles.SoakError, ProcessError) as error:
        print(f"{role.__name__.replace('_', ' ')}: failed: {error}", flush=True)
        raise


def main():
    options = parse_arguments()
    logs = REPOSITORY + "/.build-interop/soak"
    shutil.rmtree(logs, ignore_errors=True)
    end_children_with_us()
    try:
        run(options, logs)
    except (soak_cycles.SoakError, ProcessError) as error:
        print(f"soak: {error} (logs are in {logs})", file=sys.stderr)
        sys.exit(1)
    print("\nsoak: no leak, no loss")


if __name__ == "__main__":
    main()
