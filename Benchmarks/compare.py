#!/usr/bin/env python3
"""Measures our peer beside the go and the rust peer, in the same run, on the same work, and writes the table.

The runs are interleaved: what the machine does meanwhile it does to all. What a ratio is made of is measured again until
its spread is known or --rounds is reached. Measure on a machine that does nothing else.
Exit code 0: everything was measured. 1: a run failed. 2: bad arguments, or a program is missing.
"""

import argparse
import os
import shutil
import sys
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, REPOSITORY + "/Interop")

import facts  # noqa: E402
import performance_page  # noqa: E402
import rounds  # noqa: E402
import tables  # noqa: E402
from measurements import FULL, QUICK, measurements  # noqa: E402
from pairs import KINDS, OTHERS, OURS, pairs_by_kind  # noqa: E402
from processes import ProcessError, end_children_with_us  # noqa: E402
from programs import Program, Servers  # noqa: E402

# Settings that suit the others' programs.
ENVIRONMENTS = {"go": {"GOGC": "400"}}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", metavar="FILE", help="our peer (default .build/release/apus-peer)")
    parser.add_argument("--floor", metavar="FILE", help="the floor program (default .build-bench/release/Floor)")
    parser.add_argument("--peers-dir", metavar="DIR", help="where go-peer and rust-peer are (default ../shared/peers)")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="how often anything is measured at most (7)")
    parser.add_argument("--only", metavar="LIST", help="names of measurements, or beginnings of them: bulk,ping")
    parser.add_argument("--pairs", metavar="LIST", help=f"kinds of pairs: {','.join(KINDS)} (all)")
    parser.add_argument("--quick", action="store_true", help="small sizes: a check of the script, not a measurement")
    parser.add_argument(
        "--report", metavar="FILE", help="the page to write (default Docs/Performance.md; none with other options)"
    )
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: at least one")
    options.apus = os.path.abspath(options.apus or f"{REPOSITORY}/.build/release/apus-peer")
    options.floor = os.path.abspath(options.floor or f"{REPOSITORY}/.build-bench/release/Floor")
    directory = os.path.abspath(options.peers_dir or os.path.join(os.path.dirname(REPOSITORY), "shared", "peers"))
    paths = {OURS: options.apus, "floor": options.floor}
    paths |= {name: f"{directory}/{name}-peer" for name in OTHERS}
    for program in paths.values():
        if not os.access(program, os.X_OK):
            parser.error(f"there is no program {program}")
    options.measurements = chosen(options, parser)
    options.programs = {name: Program(name, path, ENVIRONMENTS.get(name)) for name, path in paths.items()}
    options.kinds = options.pairs.split(",") if options.pairs else KINDS
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"--pairs: {', '.join(sorted(unknown))}: expected some of {', '.join(KINDS)}")
    if not options.report and not options.quick and not options.only and not options.pairs:
        options.report = f"{REPOSITORY}/Docs/Performance.md"
    return options


def chosen(options, parser):
    made = measurements(QUICK if options.quick else FULL)
    if not options.only:
        return made
    wanted = tuple(options.only.split(","))
    found = [measurement for measurement in made if measurement.name.startswith(wanted)]
    if not found:
        parser.error(f"--only: none of {', '.join(measurement.name for measurement in made)}")
    return found


def main():
    options = parse_arguments()
    kept = performance_page.kept_blocks(options.report) if options.report else {}
    logs = REPOSITORY + "/.build-interop/bench"
    shutil.rmtree(logs, ignore_errors=True)
    end_children_with_us()
    facts_of_run = facts.before_run(REPOSITORY)
    for name, fact in facts_of_run:
        if name == "warning":
            print(f"bench: {fact}", file=sys.stderr)
    start = time.monotonic()
    pairs = pairs_by_kind(options.kinds, options.programs, Servers(logs))
    comparisons, count = rounds.run(options.measurements, pairs, options.rounds)
    versions = [options.programs[name].version(f"{REPOSITORY}/Interop/peers") for name in (OURS, *OTHERS)]
    facts_of_run += facts.of_run(versions, rounds.text(count, options.rounds), time.monotonic() - start)
    print()
    for name, fact in facts_of_run:
        print(f"{name}: {fact}")
    print(f"\n{tables.tables(comparisons)}\n\n{tables.summary(comparisons)}")
    if options.report:
        commands = [measurement.command() for measurement in options.measurements]
        performance_page.write(options.report, performance_page.page(facts_of_run, comparisons, commands, kept))
        print(f"\nbench: wrote {os.path.relpath(options.report)}")


if __name__ == "__main__":
    try:
        main()
    except (ProcessError, performance_page.PageError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        sys.exit(1)
