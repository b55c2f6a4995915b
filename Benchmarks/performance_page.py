"""Writes Docs/Performance.md from a run. What people wrote between the markers stays."""

import os
import re

BLOCK = re.compile(r"<!-- kept: ([a-z-]+) -->\n(.*?)<!-- end: \1 -->", re.DOTALL)
# Blocks that every page has, with what they say until somebody writes something.
BLOCKS = {
    "causes": "No figure has been explained yet.\n",
    "notes": "",
}


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


def table(comparisons, names):
    """The table, as text that is read as it is and as Markdown."""
    heads = ["", "unit", *names, "ratio", "mark"]
    lines = [
        [
            comparison.row.title,
            comparison.row.unit,
            *(comparison.cell(name) for name in names),
            comparison.ratio_cell,
            comparison.mark,
        ]
        for comparison in comparisons
    ]
    widths = [max(len(line[index]) for line in [heads, *lines]) for index in range(len(heads))]
    numbers = range(2, len(heads) - 1)

    def laid_out(cells):
        padded = [
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, widths))
        ]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * (width - 1) + (":" if index in numbers else "-") for index, width in enumerate(widths)]
    return "\n".join([laid_out(heads), "| " + " | ".join(rule) + " |", *(laid_out(line) for line in lines)])


def page(facts, comparisons, names, commands, blocks):
    blocks = {**BLOCKS, **blocks}
    marks = [comparison.mark for comparison in comparisons]
    worse = [comparison.row.title for comparison in comparisons if comparison.worse_than_all]
    parts = [
        "# Performance",
        "`make bench` made this page. Each program runs against a server of its own kind, in turn, on one machine,\n"
        "over the loopback. A cell is the median of the rounds, with the least and the greatest. The ratio is ours to\n"
        "the better of the others', likewise; a row is won or lost where every round says so by more than 2 %. Times\n"
        "and CPU are better the smaller they are, everything else the greater.",
        "\n".join(f"- {name}: {fact}" for name, fact in facts),
        table(comparisons, names),
        f"{marks.count('won')} won, {marks.count('tied')} tied, {marks.count('lost')} lost. "
        + (f"Worse than every other: {'; '.join(worse)}." if worse else "No figure is worse than every other's."),
        "## Causes",
        block("causes", blocks.pop("causes")),
        "## Commands",
        "PEER is `apus-peer`, `go-peer` and `rust-peer`; CPU is that of the client in the measured part and of the\n"
        "server from the client's start to its end.",
        "```\nPEER bench server\n" + "\n".join(f"PEER bench {command}" for command in commands) + "\n```",
        *(block(name, text) for name, text in blocks.items()),
    ]
    return "\n\n".join(parts) + "\n"


def write(path, text):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
