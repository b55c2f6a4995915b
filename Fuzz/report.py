"""Writes what a run by executions found into a page, between two markers."""

import pathlib
import sys

BEGIN, END = "<!-- fuzzing: written by make fuzz RUNS=… -->", "<!-- end of fuzzing -->"
HEADING = "| target | executions | edges | features | inputs | most held by one, KiB | seconds | result |"
INTRODUCTION = """# Security

## Fuzzing
`make fuzz RUNS=1200000` runs every target so often, guided by coverage, and writes this table. Decoders and one side of a
protocol are fed the peer's bytes; each execution of a `-session` target is a whole session of two ends whose bytes are cut, and
perhaps changed, on their way (`Fuzz/README.md`). A run fails by a trap, by an invariant that does not hold, or by an execution
that holds more memory than its target's limit (1 MiB for what reads a message, 1 to 8 MiB for two ends of a session with all that
is on its way). "Most held" is the largest of all executions.

"""


def table(results: pathlib.Path, targets: list[str]) -> str:
    rows = [HEADING, "| --- |" + " ---: |" * 6 + " --- |"]
    executions = seconds = 0
    for target in targets:
        path = results / target
        if not path.exists():
            continue
        fields = path.read_text().split()
        executions += int(fields[1])
        seconds += int(fields[6])
        fields[1] = f"{int(fields[1]):,}"
        rows.append("| " + " | ".join(fields) + " |")
    rows.append(f"| all | {executions:,} | | | | | {seconds} | |")
    return "\n".join(rows)


def main() -> None:
    results, page = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    text = page.read_text() if page.exists() else ""
    if BEGIN not in text:
        introduction = INTRODUCTION if not text else "\n" + INTRODUCTION.removeprefix("# Security\n\n")
        text += introduction + BEGIN + "\n" + END + "\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    page.write_text(before + BEGIN + "\n" + table(results, sys.argv[3:]) + "\n" + END + after)


main()
