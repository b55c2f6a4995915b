"""Writes Docs/Performance.md from a run. What people wrote between the markers stays."""

import os
import re

BLOCK = re.compile(r"<!-- kept: ([a-z-]+) -->\n(.*?)<!-- end: \1 -->", re.DOTALL)
# Blocks that every page has, with what they say until somebody writes something.
BLOCKS = {
    "causes": "No figure has been explained yet.\n",
    "notes": "",
}
OURS, OTHERS = "apus", ("go", "rust")
# Pairs that stand beside each other, the better of the others where the second is None, and the ratio wanted of a row.
BESIDE = (
    (OURS, "floor", {"Bulk up, 1 stream": 0.85, "Bulk down, 1 stream": 0.85}),
    (OURS, "raw", {}),
    ("apus sleeping", None, {"Ping p50": 1.0, "Ping p99": 0.9}),
    ("apus sleeping", "raw sleeping", {}),
)
TITLES = {
    "floor": "floor",
    "raw": "TCP alone",
    "apus sleeping": "apus, polling off",
    "raw sleeping": "TCP alone, polling off",
}
INTRODUCTION = """\
`make bench` made this page. Each program runs as a client against a server of its own kind, then ours against the
others' and theirs against ours, in turn, on one machine, over the loopback, all with Noise and Yamux over TCP. A cell is
the median of the rounds, with the least and the greatest. A ratio is the geometric mean over the rounds with its 95 %
interval; a row is won or lost where the interval says so, and tied otherwise. Times, CPU and memory are better the smaller
they are, everything else the greater. The floor is a program of `Benchmarks/` with the event loop, TCP and the cipher and
no protocol: what this machine allows today."""


class PageError(Exception):
    """The page holds markers that do not fit together, and nothing is written over it."""


def kept_blocks(path):
    """What stands between the markers of the page; nothing where there is no page."""
    try:
        with open(path) as page:
            text = page.read()
    except FileNotFoundError:
        return {}
    blocks = dict(BLOCK.findall(text))
    if text.count("<!-- kept: ") != len(blocks) or text.count("<!-- end: ") != len(blocks):
        raise PageError(f"{path}: a marker has no partner or stands twice")
    return blocks


def block(name, text):
    return f"<!-- kept: {name} -->\n{text}<!-- end: {name} -->"


def laid_out(heads, lines, numbers):
    """A table, as text that is read as it is and as Markdown; `numbers` are the columns to the right."""
    widths = [max(len(line[index]) for line in [heads, *lines]) for index in range(len(heads))]

    def row(cells):
        padded = [
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, widths))
        ]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * (width - 1) + (":" if index in numbers else "-") for index, width in enumerate(widths)]
    return "\n".join([row(heads), "| " + " | ".join(rule) + " |", *(row(line) for line in lines)])


def own_table(comparisons):
    """Each program with itself, and ours beside the better of the others."""
    lines = []
    for comparison in comparisons:
        better = comparison.better(OTHERS)
        ratio = comparison.ratio(OURS, better) if better else None
        lines.append(
            [
                comparison.row.title,
                comparison.row.unit,
                *(comparison.cell(name) for name in (OURS, *OTHERS)),
                str(ratio or ""),
                ratio.mark(comparison.row.less_is_better) if ratio else "",
                comparison.wanted(ratio, comparison.row.target),
            ]
        )
    return laid_out(["", "unit", OURS, *OTHERS, "ratio to the better", "mark", "wanted"], lines, range(2, 6))


def cross_table(comparisons):
    """Ours with each of the others, beside that other with itself."""
    lines = []
    for comparison in comparisons:
        for other in OTHERS:
            pairs = (f"{OURS} to {other}", f"{other} to {OURS}")
            if not any(comparison.has(pair) for pair in pairs):
                continue
            cells = []
            for pair in pairs:
                ratio = comparison.ratio(pair, other)
                mark = ratio.mark(comparison.row.less_is_better) if ratio else ""
                cells += [comparison.cell(pair), str(ratio or ""), mark]
            lines.append([comparison.row.title, comparison.row.unit, other, *cells])
    heads = ["", "unit", "other", "we dial", "to its own pair", "mark", "it dials", "to its own pair", "mark"]
    return laid_out(heads, lines, (3, 4, 6, 7))


def beside_table(comparisons):
    """Ours beside what the machine allows, and with polling off."""
    lines = []
    for comparison in comparisons:
        for ours, theirs, targets in BESIDE:
            theirs = theirs or comparison.better(OTHERS)
            ratio = comparison.ratio(ours, theirs) if theirs else None
            if ratio is None:
                continue
            row = comparison.row
            cells = [TITLES.get(ours, ours), comparison.cell(ours), TITLES.get(theirs, theirs), comparison.cell(theirs)]
            wanted = comparison.wanted(ratio, targets.get(row.title))
            lines.append([row.title, row.unit, *cells, str(ratio), wanted])
    return laid_out(["", "unit", "this", "its figure", "beside", "its figure", "ratio", "wanted"], lines, (3, 5, 6))


def tables(comparisons):
    """All of them, with their headings."""
    parts = ["## Each with its own kind", own_table(comparisons)]
    if any(comparison.has(f"{OURS} to {other}") for comparison in comparisons for other in OTHERS):
        parts += ["## Ours with the others", cross_table(comparisons)]
    if any(comparison.has(name) for comparison in comparisons for name in TITLES):
        parts += ["## Beside the floor, and with polling off", beside_table(comparisons)]
    return "\n\n".join(parts)


def summary(comparisons):
    marks = []
    for comparison in comparisons:
        if (better := comparison.better(OTHERS)) and (ratio := comparison.ratio(OURS, better)):
            marks.append(ratio.mark(comparison.row.less_is_better))
    worse = [comparison.row.title for comparison in comparisons if comparison.worse_than_all(OURS, OTHERS)]
    return f"{marks.count('won')} won, {marks.count('tied')} tied, {marks.count('lost')} lost. " + (
        f"Worse than every other: {'; '.join(worse)}." if worse else "No figure is worse than every other's."
    )


def page(facts, comparisons, commands, blocks):
    blocks = {**BLOCKS, **blocks}
    parts = [
        "# Performance",
        INTRODUCTION,
        "\n".join(f"- {name}: {fact}" for name, fact in facts),
        tables(comparisons),
        summary(comparisons),
        "## Causes",
        block("causes", blocks.pop("causes")),
        "## Commands",
        "PEER is `apus-peer`, `go-peer` and `rust-peer`; CPU is that of the client in the measured part and of the\n"
        "server from the client's start to its end. Clients of `connect` and `idle` do without identify, as those of the\n"
        "others do; our server is the default node. No program has resource limits.",
        "```\nPEER bench server\n" + "\n".join(commands) + "\n```",
        *(block(name, text) for name, text in blocks.items()),
    ]
    return "\n\n".join(parts) + "\n"


def write(path, text):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
