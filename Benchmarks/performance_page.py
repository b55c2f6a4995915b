"""Writes Docs/Performance.md from a run. What people wrote between the markers stays."""

import os
import re

from pairs import TITLES, VARIANTS
from tables import summary, tables

BLOCK = re.compile(r"<!-- kept: ([a-z-]+) -->\n(.*?)<!-- end: \1 -->", re.DOTALL)
# Blocks that every page has, with what they say until somebody writes something.
BLOCKS = {
    "causes": "No figure has been explained yet.\n",
    "notes": "",
}
INTRODUCTION = """\
`make bench` made this page. Each program runs as a client against a server of its own kind, then ours against the
others' and theirs against ours, in turn, on one machine, over the loopback, all with Noise and Yamux over TCP. A cell is
the median of the rounds, with the least and the greatest. A ratio is the geometric mean over the rounds with its 95 %
interval; a row is won or lost where the interval says so, and tied otherwise. Times, CPU and memory are better the smaller
they are, everything else the greater. A target is met where the whole interval meets it, missed where the middle does not,
and not shown where the middle does and the interval reaches beyond. What is not known well is measured in more rounds.

The floor is a program of `Benchmarks/` with the event loop, TCP, the cipher and one connection, without a protocol or
streams: what this machine allows today. Ours and the floor send unpaced within a machine, by "reno", whatever the system's
congestion control is, which the others' programs run under; with it, ours has the figures of the pair "apus, paced". A
client that comes again has its key remembered at both ends, which saves a signature check each; without, ours has those of
"apus, no key cache"."""


COMMANDS = """\
PEER is `apus-peer`, `go-peer` and `rust-peer`; CPU is that of the client in the measured part and of the
server from the client's start to its end. Clients of `connect` and `idle` do without identify, as those of the
others do; our server is the default node, with its limits. The others have none. Some pairs have an option at both ends:"""


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


def options_of_pairs():
    return "; ".join(f"{TITLES.get(name, name)}: `{option}`" for _, name, _, option in VARIANTS) + "."


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
        COMMANDS + "\n" + options_of_pairs(),
        "```\nPEER bench server\n" + "\n".join(commands) + "\n```",
        *(block(name, text) for name, text in blocks.items()),
    ]
    return "\n\n".join(parts) + "\n"


def write(path, text):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
