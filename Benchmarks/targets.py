"""What the figures are to be, as data, and whether they are."""

import dataclasses

from pairs import BETTER, OTHERS, OURS, TITLES, cross, resolve
from ratio import Ratio

UP, DOWN = "Bulk up, 1 stream", "Bulk down, 1 stream"
BULK = (UP, DOWN, "Bulk up, 8 streams", "Bulk down, 8 streams")
CPU = tuple(f"{title}: CPU of both ends" for title in BULK)
PINGS = ("Ping p50", "Ping p99")
DELAY, NO_DELAY = "Download at 63 ms round trip", "Download at 0 ms round trip"
BESIDE_PING = "Ping p99 beside a download, same connection"
BESIDE_RATE = "Download beside pings, of its rate without"


@dataclasses.dataclass(frozen=True)
class Target:
    """The pair's figure in a row, or its ratio to that of the pair `to`, is at least `bound`, or at most where less is
    better. `of` is the row of `to` where it is another."""

    row: str
    pair: str
    to: str | None
    bound: float
    of: str | None = None


TARGETS = (
    *(Target(row, OURS, BETTER, 2.0) for row in (UP, DOWN)),
    *(Target(row, OURS, "floor", 0.85) for row in (UP, DOWN)),
    *(Target(row, pair, other, 1.0) for row in (UP, DOWN) for other in OTHERS for pair in cross(other)),
    *(Target(row, OURS, BETTER, 0.55) for row in CPU),
    *(Target(row, OURS, BETTER, bound) for row, bound in zip(PINGS, (0.3, 0.5))),
    *(Target(row, "apus sleeping", BETTER, bound) for row, bound in zip(PINGS, (1.0, 0.9))),
    Target("Requests of 64 bytes, 1 in flight", OURS, BETTER, 1.5),
    Target("Requests of 64 bytes, 16 in flight", OURS, BETTER, 1.3),
    Target("Requests of 64 bytes, 256 in flight", OURS, BETTER, 1.2),
    Target("New connections, 32 clients", OURS, BETTER, 1.5),
    Target("Streams, 16 workers", OURS, BETTER, 2.0),
    Target("Memory of an idle connection", OURS, "go", 0.25),
    Target(DELAY, OURS, BETTER, 1.8),
    Target(DELAY, OURS, OURS, 0.5, of=NO_DELAY),
    Target(BESIDE_PING, OURS, None, 2.0),
    Target(BESIDE_PING, OURS, BETTER, 1 / 3),
    Target(BESIDE_RATE, OURS, None, 95.0),
)

MET, NOT_SHOWN, MISSED = "met", "not shown", "missed"


def answer(ratio, bound, less_is_better):
    """Met where the whole interval is, missed where its middle is not, and not shown between the two."""
    if ratio.value is None:
        return NOT_SHOWN
    if less_is_better:
        return MET if ratio.high <= bound else NOT_SHOWN if ratio.value <= bound else MISSED
    return MET if ratio.low >= bound else NOT_SHOWN if ratio.value >= bound else MISSED


class Result:
    """What was measured of a target."""

    def __init__(self, target, row, ratio, cells):
        """`cells` are those, each a row's title and a pair, whose figures make the ratio."""
        self.target = target
        self.row = row
        self.ratio = ratio
        self.cells = cells
        self.answer = answer(ratio, target.bound, row.less_is_better)

    @property
    def beside(self):
        """What the figure is held against; empty where the target is the figure itself."""
        if self.target.to is None:
            return ""
        name = self.cells[1][1]
        title = TITLES.get(name, name)
        if self.target.to == BETTER:
            title = f"{title}, the better"
        return f"{title}: {self.target.of}" if self.target.of else title

    @property
    def wanted(self):
        word = "at most" if self.row.less_is_better else "at least"
        return f"{word} {self._text(self.target.bound)}"

    @property
    def measured(self):
        return self.ratio.text() if self.target.to else f"{self.ratio.text(self.row.digits)} {self.row.unit}"

    def _text(self, value):
        return f"{value:.2f}" if self.target.to else f"{self.row.text(value)} {self.row.unit}"


def results(comparisons):
    """Those of all targets whose figures were measured."""
    rows = {comparison.row.title: comparison for comparison in comparisons}
    found = (result(target, rows) for target in TARGETS)
    return [one for one in found if one]


def result(target, rows):
    ours = rows.get(target.row)
    theirs = rows.get(target.of or target.row)
    if not ours or not theirs or not ours.has(target.pair):
        return None
    values = ours.values[target.pair]
    cells = [(target.row, target.pair)]
    if target.to is None:
        return Result(target, ours.row, Ratio(values, dict.fromkeys(values, 1)), cells)
    name = resolve(theirs, target.to)
    if not name or not theirs.has(name):
        return None
    return Result(target, ours.row, Ratio(values, theirs.values[name]), [*cells, (theirs.row.title, name)])
