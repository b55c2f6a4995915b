"""Figures of several rounds, and what they say of one pair beside another."""

import math
import statistics

# Student's t for a two-sided interval of 95 %, by the degrees of freedom.
T_95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10)
T_95_BEYOND = 2.0


class Ratio:
    """The quotient of two series that were measured in turn: its geometric mean with a 95 % interval."""

    def __init__(self, ours, theirs):
        # What the machine did to one round it did to both.
        logarithms = [math.log(a / b) for a, b in zip(ours, theirs) if a > 0 and b > 0]
        mean = statistics.fmean(logarithms) if logarithms else 0.0
        self.value = math.exp(mean)
        self.low, self.high = 0.0, math.inf
        if len(logarithms) > 1:
            freedom = len(logarithms) - 1
            t = T_95[freedom - 1] if freedom <= len(T_95) else T_95_BEYOND
            half = t * statistics.stdev(logarithms) / math.sqrt(len(logarithms))
            self.low, self.high = math.exp(mean - half), math.exp(mean + half)

    @property
    def is_known(self):
        """Whether another round would say little more: the interval is within a tenth of its middle."""
        return self.high <= self.value * 1.1 and self.low >= self.value * 0.9

    def __str__(self):
        if math.isinf(self.high):
            return f"{self.value:.2f}"
        return f"{self.value:.2f} ({self.low:.2f}-{self.high:.2f})"

    def mark(self, less_is_better):
        """Won or lost where the interval says so, otherwise tied."""
        if self.low > 1:
            return "lost" if less_is_better else "won"
        if self.high < 1:
            return "won" if less_is_better else "lost"
        return "tied"


class Comparison:
    """One row: the values of each pair, by the pair's name, one a round."""

    def __init__(self, row):
        self.row = row
        self.values = {}

    def add(self, pair, value):
        self.values.setdefault(pair, []).append(value)

    def has(self, pair):
        return bool(self.values.get(pair))

    def median(self, pair):
        return statistics.median(self.values[pair])

    def cell(self, pair):
        if not self.has(pair):
            return ""
        values = self.values[pair]
        text = self.row.text
        return f"{text(self.median(pair))} ({text(min(values))}-{text(max(values))})"

    def ratio(self, ours, theirs):
        if not self.has(ours) or not self.has(theirs):
            return None
        return Ratio(self.values[ours], self.values[theirs])

    def better(self, pairs):
        """Which of the pairs is better, by its median."""
        choose = min if self.row.less_is_better else max
        return choose((pair for pair in pairs if self.has(pair)), key=self.median, default=None)

    def worse_than_all(self, ours, others):
        """Whether our median is worse than that of every other, which asks for a cause."""
        theirs = [self.median(pair) for pair in others if self.has(pair)]
        if not theirs or not self.has(ours):
            return False
        mine = self.median(ours)
        return mine > max(theirs) if self.row.less_is_better else mine < min(theirs)

    def wanted(self, ratio, target):
        """What ratio we want, and whether the middle of what was measured has it."""
        if target is None or ratio is None:
            return ""
        if self.row.less_is_better:
            return f"at most {target:.2f}: {'met' if ratio.value <= target else 'missed'}"
        return f"at least {target:.2f}: {'met' if ratio.value >= target else 'missed'}"
