"""Figures of several rounds, and what they say of ours beside the better of the others."""

import statistics

# Of less than this nobody would say that it is faster.
TIE = 0.02


class Comparison:
    """One row: the values of each contestant, one a round, in the order of the rounds."""

    def __init__(self, row, ours, others):
        self.row = row
        self.ours = ours
        self.others = others
        self.values = {name: [] for name in (ours, *others)}

    def add(self, name, value):
        self.values[name].append(value)

    def median(self, name):
        return statistics.median(self.values[name])

    def cell(self, name):
        values = self.values[name]
        text = self.row.text
        return f"{text(self.median(name))} ({text(min(values))}-{text(max(values))})"

    @property
    def better(self):
        """Which of the others is better, by its median."""
        choose = min if self.row.less_is_better else max
        return choose(self.others, key=self.median)

    @property
    def ratios(self):
        """Ours to the better one's, round by round: what the machine did to one round it did to both."""
        pairs = zip(self.values[self.ours], self.values[self.better])
        return [ours / theirs if theirs else float("inf") for ours, theirs in pairs]

    @property
    def ratio(self):
        theirs = self.median(self.better)
        return self.median(self.ours) / theirs if theirs else float("inf")

    @property
    def ratio_cell(self):
        return f"{self.ratio:.2f} ({min(self.ratios):.2f}-{max(self.ratios):.2f})"

    @property
    def mark(self):
        """Won or lost where every round says the same, and by more than a trifle; otherwise tied."""
        higher, lower = min(self.ratios) > 1 + TIE, max(self.ratios) < 1 - TIE
        if self.row.less_is_better:
            higher, lower = lower, higher
        return "won" if higher else "lost" if lower else "tied"

    @property
    def worse_than_all(self):
        """Whether our median is worse than that of every other, which asks for a cause."""
        ours = self.median(self.ours)
        theirs = [self.median(name) for name in self.others]
        return ours > max(theirs) if self.row.less_is_better else ours < min(theirs)
