#!/usr/bin/env python3
"""Counts what does not depend on the machine's load, and holds it against the figures of counts.json.

Instructions of each operation of a machine, under valgrind, and blocks of memory that are allocated for a frame, a ping, a
stream and a connection. Exit code 0: no figure is worse than the stored one by more than its tolerance. 1: one is. 2: bad
arguments, or a program is missing. --update stores what was counted.
"""

import argparse
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
STORED = f"{HERE}/counts.json"
# Compilers and libraries differ a little; what a change of ours costs should show all the same.
TOLERANCE = {"instructions": 0.05, "allocations": 0.1}
# A figure may be worse by this much whatever the tolerance says: some allocations come with the time.
SLACK = {"instructions": 20, "allocations": 0.1}
ITERATIONS = 100
# The ones whose operations take long.
FEW = {"noise-handshake": 5}


class CountError(Exception):
    """A program that counts failed."""


def output_of(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CountError(f"{' '.join(command)} ended with exit code {done.returncode}:\n{done.stderr[-2000:]}")
    return done


def instructions(program, name, count):
    """All instructions of a process that does the operation so many times."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, name, str(count)]
    found = re.search(r"Collected : (\d+)", output_of(command).stderr)
    if not found:
        raise CountError(f"valgrind counted nothing for {name}")
    return int(found.group(1))


def count_instructions(program):
    """Instructions an operation: what more operations add to a process."""
    counted = {}
    for name in output_of([program, "list"]).stdout.split():
        count = FEW.get(name, ITERATIONS)
        counted[name] = round((instructions(program, name, 2 * count) - instructions(program, name, count)) / count)
    return counted


def count_allocations(program):
    lines = (line.split() for line in output_of([program]).stdout.splitlines())
    return {name: float(value) for name, value in lines}


def worse(kind, value, stored):
    return value > stored * (1 + TOLERANCE[kind]) + SLACK[kind]


def report(counted, stored):
    """Prints every figure; gives the names of those that are worse than stored, or not stored at all."""
    failed = []
    for kind, figures in counted.items():
        print(f"\n{kind:<24} {'counted':>12} {'stored':>12}")
        for name, value in figures.items():
            former = stored.get(kind, {}).get(name)
            mark = ""
            if former is None or worse(kind, value, former):
                mark = "not stored" if former is None else "WORSE"
                failed.append(name)
            before = "" if former is None else f"{former:,}"
            print(f"{name:<24} {value:>12,} {before:>12} {mark}".rstrip())
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", metavar="DIR", help="where the programs are (default .build-bench/release)")
    parser.add_argument("--update", action="store_true", help="store what was counted")
    options = parser.parse_args()
    directory = options.programs or f"{os.path.dirname(HERE)}/.build-bench/release"
    programs = [f"{directory}/MachineBenchmarks", f"{directory}/AllocationBenchmarks"]
    for program in programs:
        if not os.access(program, os.X_OK):
            parser.error(f"there is no program {program}: make counts builds it")
    counted = {
        "instructions": count_instructions(programs[0]),
        "allocations": count_allocations(programs[1]),
    }
    stored = {}
    if os.path.exists(STORED):
        with open(STORED) as file:
            stored = json.load(file)
    failed = report(counted, stored)
    if options.update:
        with open(STORED, "w") as file:
            json.dump(counted, file, indent=2)
            file.write("\n")
        print("\ncounts: stored")
    elif failed:
        print(f"\ncounts: {', '.join(failed)}: see Benchmarks/README.md, \"Counts\"", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except CountError as failure:
        print(f"counts: {failure}", file=sys.stderr)
        sys.exit(1)
