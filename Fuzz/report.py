"""Writes what a run by executions found into a page, between two markers."""

import pathlib
import sys

BEGIN, END = "<!-- fuzzing -->", "<!-- end of fuzzing -->"
HEADING = "| target | executions | edges | features | inputs | most held by one, KiB | seconds | result |"
INTRODUCTION = """
## Fuzzing
`make fuzz RUNS=1000000` runs every target so often, guided by coverage, and writes this table; a target that runs by itself replaces
its own row. Decoders and one side of a protocol are fed the peer's bytes; each execution of a `-session` target is a whole session
of two ends whose bytes are cut, and perhaps changed, on their way (`Fuzz/README.md`). A run fails by a trap, by an invariant that does
not hold, or by an execution that holds more memory than its target may (1 MiB for what reads a message, up to 8 MiB for two ends of a
session with all that is on its way). Inputs are those that the run kept for their coverage.

"""


def rows_of(text: str) -> dict[str, list[str]]:
    """The fields of each row of the table, by its target."""
    rows = [[field.strip() for field in line.strip("| ").split("|")] for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row for row in rows if len(row) == 8}


def table(rows: dict[str, list[str]], targets: list[str]) -> str:
    known = [rows[target] for target in targets if target in rows]
    executions = sum(int(row[1].replace(",", "")) for row in known)
    seconds = sum(int(row[6]) for row in known)
    lines = [HEADING, "| --- |" + " ---: |" * 6 + " --- |"]
    lines += ["| " + " | ".join(row) + " |" for row in known]
    return "\n".join(lines + [f"| all | {executions:,} | | | | | {seconds} | |"])


def main() -> None:
    results, page, targets = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    text = page.read_text() if page.exists() else ""
    if BEGIN not in text:
        text += INTRODUCTION + BEGIN + "\n" + END + "\n"
    before, rest = text.split(BEGIN, 1)
    old, after = rest.split(END, 1)
    rows = rows_of(old)
    for path in results.iterdir():
        row = path.read_text().split()
        row[1] = f"{int(row[1]):,}"
        rows[row[0]] = row
    page.write_text(before + BEGIN + "\n\n" + table(rows, targets) + "\n\n" + END + after)


main()
