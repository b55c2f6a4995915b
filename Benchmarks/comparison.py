"""One row of the tables: what every pair had in every round."""

import dataclasses
import statistics

from ratio import Ratio


@dataclasses.dataclass(frozen=True)
class Row:
    """One figure, of which more is better unless said otherwise."""

    title: str
    unit: str
    less_is_better: bool = False
    digits: int = 0

    def text(self, value):
        return f"{value:,.{self.digits}f}"


class Comparison:
    """The values of each pair, by the pair's name and the number of the round."""

    def __init__(self, row):
        self.row = row
        self.values = {}

    def add(self, pair, number, value):
        self.values.setdefault(pair, {})[number] = value

    def has(self, pair):
        return bool(self.values.get(pair))

    def median(self, pair):
        return statistics.median(self.values[pair].values())

    def cell(self, pair):
        if not self.has(pair):
            return ""
        values = self.values[pair].values()
        text = self.row.text
        return f"{text(self.median(pair))} ({text(min(values))}-{text(max(values))})"

    def ratio(self, ours, theirs):
        """None where one of them was not measured."""
        if not self.has(ours) or not self.has(theirs):
            return None
        return Ratio(self.values[ours], self.values[theirs])

    def better(self, pairs):
        """Which of the pairs is better, by its median; None where none was measured."""
        choose = min if self.row.less_is_better else max
        return choose((pair for pair in pairs if self.has(pair)), key=self.median, default=None)

    def worse_than_all(self, ours, others):
        """Whether our median is worse than that of every other, which asks for a cause."""
        theirs = [self.median(pair) for pair in others if self.has(pair)]
        if not theirs or not self.has(ours):
            return False
        mine = self.median(ours)
        return mine > max(theirs) if self.row.less_is_better else mine < min(theirs)
