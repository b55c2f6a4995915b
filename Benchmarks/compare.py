#!/usr/bin/env python3
"""Measures our peer beside the go and the rust peer, in the same run, on the same work, and writes the table.

The runs are interleaved: what the machine does meanwhile it does to all. Measure on a machine that does nothing else.
Exit code 0: everything was measured. 1: a run failed. 2: bad arguments, or a program is missing.
"""

import argparse
import datetime
import os
import platform
import shutil
import sys

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, REPOSITORY + "/Interop")

import performance_page  # noqa: E402
from comparison import Comparison  # noqa: E402
from contestant import Contestant  # noqa: E402
from measurements import FULL, QUICK, measurements  # noqa: E402
from processes import ProcessError, end_children_with_us  # noqa: E402

OURS, OTHERS = "apus", ("go", "rust")
# More processes than this that wanted to run, on average over the last minute, spoil the figures.
QUIET_LOAD = 0.5


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", metavar="FILE", help="our peer (default .build/release/apus-peer)")
    parser.add_argument("--peers-dir", metavar="DIR", help="where go-peer and rust-peer are (default ../shared/peers)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often everything is measured (3)")
    parser.add_argument("--only", metavar="LIST", help="names of measurements, or beginnings of them: bulk,ping")
    parser.add_argument("--quick", action="store_true", help="small sizes: a check of the script, not a measurement")
    parser.add_argument(
        "--report", metavar="FILE", help="the page to write (default Docs/Performance.md; none with --quick or --only)"
    )
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: at least one")
    options.apus = os.path.abspath(options.apus or f"{REPOSITORY}/.build/release/apus-peer")
    directory = os.path.abspath(options.peers_dir or os.path.join(os.path.dirname(REPOSITORY), "shared", "peers"))
    options.programs = {OURS: options.apus} | {name: f"{directory}/{name}-peer" for name in OTHERS}
    for program in options.programs.values():
        if not os.access(program, os.X_OK):
            parser.error(f"there is no program {program}")
    options.measurements = chosen(options, parser)
    if not options.report and not options.quick and not options.only:
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


def run(options, contestants):
    """Everything, round by round; gives one comparison a row."""
    comparisons = {
        row.title: Comparison(row, OURS, OTHERS) for measurement in options.measurements for row in measurement.rows
    }
    for number in range(1, options.rounds + 1):
        for measurement in options.measurements:
            for contestant in contestants:
                for title, value in contestant.measure(measurement).items():
                    comparisons[title].add(contestant.name, value)
                    row = comparisons[title].row
                    text = f"{number}/{options.rounds} {contestant.name:<5} {title}: {row.text(value)} {row.unit}"
                    print(text, flush=True)
    return list(comparisons.values())


def processor():
    with open("/proc/cpuinfo") as info:
        names = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def memory():
    with open("/proc/meminfo") as info:
        return f"{int(info.readline().split()[1]) / (1 << 20):.0f} GiB of memory"


def describe(options, contestants, load):
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    versions = "; ".join(contestant.version(f"{REPOSITORY}/Interop/peers") for contestant in contestants)
    arguments = f"--rounds {options.rounds}" + (" --quick" if options.quick else "")
    return [
        ("date", datetime.date.today().isoformat()),
        ("machine", f"{processor()}, {memory()}, {system}, Linux {platform.release()}"),
        ("load", f"{load:.2f} over the minute before"),
        ("versions", versions),
        ("run", f"`Benchmarks/compare.py {arguments}`, {options.rounds} rounds"),
    ]


def main():
    options = parse_arguments()
    kept = performance_page.kept_blocks(options.report) if options.report else {}
    logs = REPOSITORY + "/.build-interop/bench"
    shutil.rmtree(logs, ignore_errors=True)
    end_children_with_us()
    load = os.getloadavg()[0]
    if load > QUIET_LOAD:
        print(f"bench: the machine is busy (load {load:.2f}): the figures will not hold", file=sys.stderr)
    environments = {"go": {"GOGC": "400"}}
    contestants = [
        Contestant(name, program, logs, environments.get(name)) for name, program in options.programs.items()
    ]
    comparisons = run(options, contestants)
    facts = describe(options, contestants, load)
    print()
    for name, fact in facts:
        print(f"{name}: {fact}")
    print("\n" + performance_page.table(comparisons, list(options.programs)))
    if options.report:
        commands = [" ".join(measurement.arguments) for measurement in options.measurements]
        text = performance_page.page(facts, comparisons, list(options.programs), commands, kept)
        performance_page.write(options.report, text)
        print(f"\nbench: wrote {os.path.relpath(options.report)}")


if __name__ == "__main__":
    try:
        main()
    except (ProcessError, performance_page.PageError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        sys.exit(1)
