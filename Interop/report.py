"""Writes the report of a run (Docs/Interop.md)."""

from known_missing import known_missing
from results import BOTH, FAIL, MISSING, NOT_RUN, OURS, PASS, STAND_IN, THEIRS, UNEXPECTED, WE_DIAL, WE_LISTEN

CELLS = {
    PASS: "pass",
    FAIL: "**fail**",
    MISSING: "missing",
    UNEXPECTED: "**unexpected pass**",
    STAND_IN: "not tried",
    NOT_RUN: "–",
}
FEATURES = ("connect", "identify", "ping", "echo", "streams", "half-close", "reset", "perf", "command line", "stands")

INTRODUCTION = """\
# Interoperability

This page is written by `make interop` from the run itself; do not edit it. `Interop/README.md` says how to run it.

Every row is one connection over TCP with Noise and Yamux between our peer (`apus-peer`) and a peer of another
implementation. Both directions of dialling, every key type the peer can have, and ours in rotation. On each connection
each feature is asked first by us, then by the peer:

- **connect**: the dialled peer proves the expected identity, and both sides know of the connection.
- **identify**: agent, protocols, listening addresses, observed address and key type are those of the other side.
- **ping**: `/ipfs/ping/1.0.0`.
- **echo**: {echo} MiB there and back, checked by hash.
- **streams**: {streams} concurrent streams that echo {stream} KiB each, checked by hash.
- **half-close**: {up} bytes up, half-close, and only then {down} bytes down (`/perf/1.0.0`).
- **reset**: {resets} streams reset with data in flight; ping and echo work on afterwards.
- **perf**: {perf} MiB up and {perf} MiB down.
- **command line**: `apus identify ADDR --json` shows agent, protocols, addresses, key type, security and muxer.
- **stands**: after all this the same single connection stands, over Noise and Yamux.

A cell is `pass`, **fail**, or `missing` with a number: the peer itself lacks the feature, for the reason below the
table, and the run saw it lacking.
"""


class Report:
    def __init__(self, facts, amounts):
        self.facts = facts
        self.lines = [INTRODUCTION.format(**amounts)]

    def write(self, path, matrix, others, peer_classes, skipped):
        contracts, private, onions, discovery = others
        self.summary(sum(others, matrix))
        for peer_class in peer_classes:
            self.peer(peer_class, [row for row in matrix if row.section == peer_class.name])
        if contracts:
            self.contracts(contracts)
        if private:
            self.private_networks(private)
        if onions:
            self.onions(onions)
        if discovery:
            self.discovery(discovery)
        if skipped:
            self.lines.append("## Not run\n")
            self.lines += [f"- {name}: {reason}" for name, reason in skipped]
            self.lines.append("")
        with open(path, "w") as file:
            file.write("\n".join(self.lines).rstrip() + "\n")

    def summary(self, rows):
        self.lines.append("## This run\n")
        self.lines += table(["what", "value"], [[name, value] for name, value in self.facts])
        counts = [(status, sum(row.status == status for row in rows)) for status in CELLS]
        told = ", ".join(f"{count} {CELLS[status].strip('*')}" for status, count in counts if count)
        self.lines.append(f"Of {len(rows)} rows: {told}.\n")

    def peer(self, peer_class, rows):
        self.lines.append(f"## {peer_class.title}\n")
        if peer_class.remark:
            self.lines.append(peer_class.remark + "\n")
        notes = []
        features = [feature for feature in FEATURES if any(row.feature == feature for row in rows)]
        once = [feature for feature in features if feature in ("connect", "stands", "command line")]
        lines = []
        for direction in (WE_DIAL, WE_LISTEN):
            for keys in unique((row.their_key, row.our_key) for row in rows if row.direction == direction):
                meeting = [row for row in rows if row.direction == direction and (row.their_key, row.our_key) == keys]
                for side in (OURS, THEIRS):
                    cells = {row.feature: row for row in meeting if row.side in (side, BOTH)}
                    shown = [f for f in features if f in cells and (side == OURS or f not in once)]
                    if shown:
                        texts = [cell(cells[f], notes) if f in shown else "" for f in features]
                        lines.append([direction, *keys, side, *texts])
        self.lines += table(["dialling", "their key", "our key", "asking", *features], lines)
        self.notes(notes)

    def contracts(self, rows):
        self.lines.append("## The official suites' contracts\n")
        self.lines.append(
            "`PEER contract transport` and `PEER contract perf` with the variables, the redis keys and the outputs of "
            "libp2p/unified-testing (modern) and libp2p/test-plans (legacy), over TCP, Noise and Yamux.\n"
        )
        notes = []
        lines = []
        for row in rows:
            dialect, peer, role = row.direction.split(", ")
            lines.append([row.section.removeprefix("contract "), dialect, peer, role, cell(row, notes)])
        self.lines += table(["contract", "dialect", "with", "role", "result"], lines)
        self.notes(notes)

    def discovery(self, rows):
        self.lines.append("## Multicast DNS\n")
        self.lines.append(
            "Two network namespaces joined by one cable. **find**: our peer reports the other's address, and the other "
            "ours (kubo, which reports nothing, connects to us, who do not connect to it). **daemon connects**: "
            "`apus run` finds the other by itself and connects. **interfaces**: a node on `0.0.0.0` tells of an "
            "address that comes to an interface, and of its end.\n"
        )
        notes = []
        lines = [[row.direction, row.side, row.feature, cell(row, notes)] for row in rows]
        self.lines += table(["with", "asking", "feature", "result"], lines)
        self.notes(notes)

    def private_networks(self, rows):
        self.lines.append("## Private networks\n")
        self.lines.append(
            "With the `swarm.key` that Kubo and go-libp2p read. With the same key: connect, ping and echo, asked from both "
            "sides. Otherwise the dial fails, no connection stands, and where we dial with a key our error says that the "
            "peer is not in the network.\n"
        )
        notes = []
        cases = unique(row.feature for row in rows)
        lines = []
        for who in unique(row.direction for row in rows):
            cells = {row.feature: cell(row, notes) for row in rows if row.direction == who}
            lines.append([*who.split(", "), *(cells.get(case, "") for case in cases)])
        self.lines += table(["with", "dialling", *cases], lines)
        self.notes(notes)

    def onions(self, rows):
        self.lines.append("## Tor\n")
        self.lines.append(
            "`apus ping --socks` through Debian's `tor` in a network namespace that has only its loopback: nothing can be "
            "reached there, and a row passes where our error tells Tor's own answer to what we asked for.\n"
        )
        notes = []
        self.lines += table(["dialled", "result"], [[row.feature, cell(row, notes)] for row in rows])
        self.notes(notes)

    def notes(self, notes):
        self.lines += [f"{number}. {text}" for number, text in enumerate(notes, 1)]
        if notes:
            self.lines.append("")


def cell(row, notes):
    """A row's text, with the number of its reason."""
    text = CELLS[row.status]
    if row.status == PASS or not row.reason:
        return text
    if row.status == MISSING:
        entry = known_missing(row)
        reason = f"{entry.reason}. Seen: {entry.evidence}."
    else:
        reason = one_line(row.reason) + "."
    if reason not in notes:
        notes.append(reason)
    return f"{text} [{notes.index(reason) + 1}]"


def one_line(text):
    return " ".join(text.split()).replace("|", "\\|").rstrip(".")[:400]


def table(heads, lines):
    widths = [max(len(line[at]) for line in [heads, *lines]) for at in range(len(heads))]

    def drawn(cells):
        return "| " + " | ".join(text.ljust(width) for text, width in zip(cells, widths, strict=True)) + " |"

    return [drawn(heads), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(drawn, lines), ""]


def unique(items):
    return list(dict.fromkeys(items))
