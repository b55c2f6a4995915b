#!/usr/bin/env python3
"""Measures our peer beside the go and the rust peer, in the same run, on the same work, and writes the table.

The runs are interleaved: what the machine does meanwhile it does to all. A measurement is repeated until the spread of
its ratios is known or --rounds is reached. Measure on a machine that does nothing else.
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
from measurements import FULL, QUICK, measurements  # noqa: E402
from performance_page import OTHERS, OURS  # noqa: E402
from processes import ProcessError, end_children_with_us  # noqa: E402
from programs import Pair, Program, Servers  # noqa: E402

# More processes than this that wanted to run, on average over the last minute, spoil the figures.
QUIET_LOAD = 0.5
# So often everything is measured at least: less says nothing of the spread.
LEAST_ROUNDS = 3


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", metavar="FILE", help="our peer (default .build/release/apus-peer)")
    parser.add_argument("--floor", metavar="FILE", help="the floor program (default .build-bench/release/Floor)")
    parser.add_argument("--peers-dir", metavar="DIR", help="where go-peer and rust-peer are (default ../shared/peers)")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="how often anything is measured at most (7)")
    parser.add_argument("--only", metavar="LIST", help="names of measurements, or beginnings of them: bulk,ping")
    parser.add_argument("--pairs", metavar="LIST", help="kinds of pairs: own,cross,floor,sleeping,raw (all)")
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
    options.programs = {OURS: options.apus, "floor": options.floor}
    options.programs |= {name: f"{directory}/{name}-peer" for name in OTHERS}
    for program in options.programs.values():
        if not os.access(program, os.X_OK):
            parser.error(f"there is no program {program}")
    options.measurements = chosen(options, parser)
    options.kinds = options.pairs.split(",") if options.pairs else ["own", "cross", "floor", "sleeping", "raw"]
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


def pairs_by_kind(options, programs, servers):
    ours = programs[OURS]
    sleeping = Program("apus sleeping", options.apus, options=["--no-polling"])
    raw = Program("raw", options.floor, options=["--plain"])
    raw_sleeping = Program("raw sleeping", options.floor, options=["--no-polling"])
    made = {
        "own": [Pair(programs[name], programs[name], servers) for name in (OURS, *OTHERS)],
        "cross": [
            Pair(*ends, servers) for name in OTHERS for ends in ((ours, programs[name]), (programs[name], ours))
        ],
        "floor": [Pair(programs["floor"], programs["floor"], servers)],
        "sleeping": [Pair(program, program, servers) for program in (sleeping, raw_sleeping)],
        "raw": [Pair(raw, raw, servers)],
    }
    return {kind: made[kind] for kind in options.kinds}


def run(options, pairs):
    """Everything, round by round; gives one comparison a row."""
    comparisons = {row.title: Comparison(row) for measurement in options.measurements for row in measurement.rows}
    for number in range(1, options.rounds + 1):
        for measurement in options.measurements:
            rows = [comparisons[row.title] for row in measurement.rows]
            if number > LEAST_ROUNDS and all(is_known(comparison) for comparison in rows):
                continue
            measure(measurement, pairs, comparisons, f"{number}/{options.rounds}")
    return list(comparisons.values())


def measure(measurement, pairs, comparisons, round_text):
    for kind in measurement.kinds:
        for pair in pairs.get(kind, ()):
            for title, value in measurement.run(pair).items():
                comparisons[title].add(pair.name, value)
                row = comparisons[title].row
                print(f"{round_text} {pair.name:<14} {title}: {row.text(value)} {row.unit}", flush=True)


def is_known(comparison):
    """Whether the ratio to the better of the others is known well enough."""
    better = comparison.better(OTHERS)
    ratio = comparison.ratio(OURS, better) if better else None
    return ratio is None or ratio.is_known


def processor():
    with open("/proc/cpuinfo") as info:
        names = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def memory():
    with open("/proc/meminfo") as info:
        return f"{int(info.readline().split()[1]) / (1 << 20):.0f} GiB of memory"


def congestion_control():
    """What decides how fast the system's TCP sends: one that paces by timers costs much on the loopback."""
    try:
        with open("/proc/sys/net/ipv4/tcp_congestion_control") as setting:
            return setting.read().strip()
    except OSError:
        return "unknown"


def describe(options, programs, load):
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    versions = "; ".join(programs[name].version(f"{REPOSITORY}/Interop/peers") for name in (OURS, *OTHERS))
    arguments = " ".join(sys.argv[1:])
    least = min(LEAST_ROUNDS, options.rounds)
    rounds = f"{least} rounds" if least == options.rounds else f"{least} to {options.rounds} rounds"
    return [
        ("date", datetime.date.today().isoformat()),
        ("machine", f"{processor()}, {memory()}, {system}, Linux {platform.release()}"),
        ("TCP", f"congestion control {congestion_control()}"),
        ("load", f"{load:.2f} over the minute before"),
        ("versions", versions),
        ("run", f"`make bench`, {rounds}" if not arguments or options.report else arguments),
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
    programs = {name: Program(name, path, environments.get(name)) for name, path in options.programs.items()}
    comparisons = run(options, pairs_by_kind(options, programs, Servers(logs)))
    facts = describe(options, programs, load)
    print()
    for name, fact in facts:
        print(f"{name}: {fact}")
    print(f"\n{performance_page.tables(comparisons)}\n\n{performance_page.summary(comparisons)}")
    if options.report:
        commands = [measurement.command() for measurement in options.measurements]
        performance_page.write(options.report, performance_page.page(facts, comparisons, commands, kept))
        print(f"\nbench: wrote {os.path.relpath(options.report)}")


if __name__ == "__main__":
    try:
        main()
    except (ProcessError, performance_page.PageError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        sys.exit(1)
