#!/usr/bin/env python3
"""Switches off each defence of the node in turn and sees the test of its attack fail.

The tests are built once with -DAPUS_MUTANTS, in a scratch path of their own. They run once with every defence, and must pass;
then for each defence without it, and must fail: by an expectation, a crash, or by not ending in time.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from defences import ATTACKS, DEFENCES

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCRATCH = ROOT / ".build-mutants"
PAGE = ROOT / "Docs" / "Security.md"
BEGIN, END = "<!-- mutants -->", "<!-- end of mutants -->"
# With its defence a test takes a few seconds; one that takes so long without it does not end.
TIMEOUT = 30


def main():
    arguments = parse_arguments()
    problems = check_names()
    if problems or arguments.check:
        return complain(problems + (check_page() if arguments.check else []))
    names = arguments.defence or list(DEFENCES)
    if not arguments.skip_build:
        build(arguments.swift)
    started = time.monotonic()
    all_tests = sorted({DEFENCES[name][1] for name in names})
    status, output = run_tests(all_tests, None, 300)
    if status != "passed" or tests_in(output) < len(all_tests):
        print(output)
        return complain(["with every defence the tests do not pass, or some are missing"])
    with ThreadPoolExecutor(arguments.jobs) as pool:
        results = dict(zip(names, pool.map(run_without, names)))
    table = [row(name, results[name]) for name in names]
    print("\n".join(table))
    print(f"{len(names)} defences in {time.monotonic() - started:.0f} s")
    if not arguments.defence and not arguments.no_report:
        write(table)
    return complain([f"{name}: its test passes without it" for name in names if results[name][0] == "passed"])


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--swift", default=os.environ.get("SWIFT", "swift"))
    parser.add_argument("--skip-build", action="store_true", help="the tests were built before")
    parser.add_argument("--check", action="store_true", help="only see that names, tests and the page agree")
    parser.add_argument("--no-report", action="store_true", help="leave Docs/Security.md as it is")
    parser.add_argument("--jobs", type=int, default=2, help="how many defences are tried at once")
    parser.add_argument("defence", nargs="*", help="only these")
    return parser.parse_args()


def complain(problems):
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


def check_names():
    """Every defence of the sources has a test here, and guards something."""
    source = (ROOT / "Sources/Foundations/Bytes/Defence.swift").read_text()
    named = set(re.findall(r"^    case (\w+)$", source, re.M))
    problems = [f"{name} is no defence of the sources" for name in sorted(DEFENCES.keys() - named)]
    problems += [f"{name} has no test in defences.py" for name in sorted(named - DEFENCES.keys())]
    problems += [f"{name} guards nothing" for name in sorted(named) if not places(name)]
    return problems


def check_page():
    """The page has every defence, and no other."""
    shown = set(re.findall(r"^\| [^|]* \| `(\w+)` \|", PAGE.read_text().split(BEGIN)[1].split(END)[0], re.M))
    problems = [f"Docs/Security.md has no row of {name}; make mutants writes it" for name in DEFENCES if name not in shown]
    return problems + [f"Docs/Security.md has a row of {name}, which is no defence" for name in shown - DEFENCES.keys()]


def places(name):
    """The files that ask the defence."""
    pattern = re.compile(rf"\bDefence\.{name}\b")
    files = sorted((ROOT / "Sources").rglob("*.swift"))
    return [file for file in files if pattern.search(file.read_text())]


def build(swift):
    command = [swift, "build", "--build-tests", "--scratch-path", str(SCRATCH), "-Xswiftc", "-DAPUS_MUTANTS"]
    subprocess.run(command, cwd=ROOT, check=True)


def run_without(name):
    # On a busy machine one run may meet a limit of its own; a mutant that is found once is found.
    return run_tests([DEFENCES[name][1]], name, TIMEOUT)


def run_tests(tests, mutant, timeout):
    environment = dict(os.environ)
    environment.pop("APUS_MUTANT", None)
    if mutant:
        environment["APUS_MUTANT"] = mutant
    # The program itself: `swift test` would let one run at a time use the scratch path.
    command = [str(SCRATCH / "debug" / "ApusPackageTests.xctest"), "--testing-library", "swift-testing"]
    command += ["--experimental-maximum-parallelization-width", "4"]
    for test in tests:
        command += ["--filter", re.escape(test)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True)
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        return "does not end", process.communicate()[0]
    if process.returncode == 0:
        return "passed", output
    return "fails" if "failed after" in output else "crashes", output


def tests_in(output):
    found = re.search(r"Test run with (\d+) test", output)
    return int(found.group(1)) if found else 0


def row(name, result):
    attacks, test = DEFENCES[name]
    where = ", ".join(f"`{file.stem}`" for file in places(name))
    what = "; ".join(f"{number}: {ATTACKS[number]}" for number in attacks)
    return f"| {what} | `{name}` | {where} | {test} | {result[0]} |"


def write(table):
    page = PAGE.read_text()
    head = ["| attack | defence | where | test | without the defence it |", "| --- | --- | --- | --- | --- |"]
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(before + "\n".join([BEGIN, ""] + head + table + ["", END]) + after)


if __name__ == "__main__":
    sys.exit(main())
