"""The quotient of two figures that were measured several times, and how well it is known."""

import math
import statistics

# Student's t for a two-sided interval of 95 %, by the degrees of freedom.
T_95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10)
T_95_BEYOND = 2.0


class Ratio:
    """The geometric mean of the quotients of all rounds that have both figures, with its 95 % interval.

    A quotient of figures that are not positive says nothing; where there is no other, the value is None.
    """

    def __init__(self, ours, theirs):
        """Both by the number of their round: what the machine did to one figure of a round it did to both."""
        pairs = [(ours[number], theirs[number]) for number in ours if number in theirs]
        logarithms = [math.log(a / b) for a, b in pairs if a > 0 and b > 0]
        self.value = None
        self.low, self.high = 0.0, math.inf
        if not logarithms:
            return
        mean = statistics.fmean(logarithms)
        self.value = math.exp(mean)
        if len(logarithms) > 1:
            freedom = len(logarithms) - 1
            t = T_95[freedom - 1] if freedom <= len(T_95) else T_95_BEYOND
            half = t * statistics.stdev(logarithms) / math.sqrt(len(logarithms))
            self.low, self.high = math.exp(mean - half), math.exp(mean + half)

    @property
    def is_known(self):
        """Whether another round would say little more: the interval is within a tenth of its middle."""
        return self.value is not None and self.high <= self.value * 1.1 and self.low >= self.value * 0.9

    def text(self, digits=2):
        if self.value is None:
            return "unknown"
        middle = f"{self.value:,.{digits}f}"
        return middle if math.isinf(self.high) else f"{middle} ({self.low:,.{digits}f}-{self.high:,.{digits}f})"

    def __str__(self):
        return self.text()

    def mark(self, less_is_better):
        """Won or lost where the interval says so, otherwise tied."""
        if self.value is None:
            return "unknown"
        if self.low > 1:
            return "lost" if less_is_better else "won"
        if self.high < 1:
            return "won" if less_is_better else "lost"
        return "tied"
