#!/usr/bin/env python3
"""Checks of what the benchmarks' scripts make of figures; `make bench` with --quick shows that they get any."""

import math
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(1, os.path.dirname(HERE) + "/Interop")

import counts  # noqa: E402
import measurements  # noqa: E402
import pairs  # noqa: E402
import performance_page  # noqa: E402
import rounds  # noqa: E402
import tables  # noqa: E402
import targets  # noqa: E402
from comparison import Comparison, Row  # noqa: E402
from ratio import Ratio  # noqa: E402

RATE = Row("Bulk up, 1 stream", "MiB/s")
TIME = Row("Ping p50", "us", less_is_better=True, digits=1)


def series(*values):
    return dict(enumerate(values, 1))


def comparison(row, **values):
    """Pairs by their names, with "_" for a space."""
    made = Comparison(row)
    for pair, figures in values.items():
        for number, value in enumerate(figures, 1):
            made.add(pair.replace("_", " "), number, value)
    return made


class Ratios(unittest.TestCase):
    def test_interval(self):
        ratio = Ratio(series(2, 8), series(1, 1))
        self.assertAlmostEqual(ratio.value, 4)
        # The logarithms are a factor of 4 apart: their deviation is ln 4 / sqrt 2, that of the mean ln 4 / 2.
        self.assertAlmostEqual(ratio.high, 4 * math.exp(12.71 * math.log(4) / 2))
        self.assertAlmostEqual(ratio.low * ratio.high, 16)
        self.assertFalse(ratio.is_known)

    def test_rounds_are_paired_by_their_number(self):
        ratio = Ratio({1: 2.0, 3: 30.0}, {1: 1.0, 2: 5.0, 3: 15.0})
        self.assertEqual((ratio.value, ratio.low, ratio.high), (2, 2, 2))
        self.assertTrue(ratio.is_known)

    def test_one_round_says_nothing_of_the_spread(self):
        ratio = Ratio(series(3), series(2))
        self.assertEqual((str(ratio), ratio.low, ratio.high), ("1.50", 0, math.inf))
        self.assertEqual(ratio.mark(False), "tied")
        self.assertFalse(ratio.is_known)

    def test_nothing_positive_is_unknown(self):
        for ours, theirs in ((series(), series()), (series(-1, 0), series(2, 2)), ({1: 2.0}, {2: 2.0})):
            ratio = Ratio(ours, theirs)
            self.assertEqual((ratio.value, str(ratio), ratio.mark(False)), (None, "unknown", "unknown"))
            self.assertFalse(ratio.is_known)
            self.assertEqual(targets.answer(ratio, 0.5, False), targets.NOT_SHOWN)

    def test_marks(self):
        for values, more, less in (((2, 2.1), "won", "lost"), ((0.5, 0.51), "lost", "won"), ((0.5, 2), "tied", "tied")):
            ratio = Ratio(series(*values), series(1, 1))
            self.assertEqual((ratio.mark(False), ratio.mark(True)), (more, less))


class Targets(unittest.TestCase):
    def test_answers(self):
        ratio = Ratio(series(1.9, 2.0, 2.1), series(1, 1, 1))
        self.assertTrue(1.7 < ratio.low < 1.9 and 2.1 < ratio.high < 2.4)
        for bound, more, less in (
            (1.5, targets.MET, targets.MISSED),
            (1.9, targets.NOT_SHOWN, targets.MISSED),
            (2.1, targets.MISSED, targets.NOT_SHOWN),
            (2.5, targets.MISSED, targets.MET),
        ):
            self.assertEqual(targets.answer(ratio, bound, False), more)
            self.assertEqual(targets.answer(ratio, bound, True), less)

    def test_every_target_names_rows_and_pairs_that_are_measured(self):
        made = measurements.measurements(measurements.FULL)
        kinds = {row.title: one.kinds for one in made for row in one.rows}
        names = {
            "own": {pairs.OURS, *pairs.OTHERS, pairs.BETTER},
            "cross": {name for other in pairs.OTHERS for name in pairs.cross(other)},
            "floor": {"floor"},
            "sleeping": {"apus sleeping"},
        }
        for target in targets.TARGETS:
            for row, pair in ((target.row, target.pair), (target.of or target.row, target.to)):
                measured = set().union(*(names.get(kind, set()) for kind in kinds[row]))
                self.assertIn(pair, {*measured, None}, target)

    def test_results(self):
        rate = comparison(RATE, apus=[2000, 2010], go=[500, 505], rust=[790, 800], apus_to_go=[490, 500])
        found = {(one.target.pair, one.beside): one for one in targets.results([rate])}
        self.assertEqual(set(found), {("apus", "rust, the better"), ("apus to go", "go")})
        better = found["apus", "rust, the better"]
        self.assertEqual((better.wanted, better.answer), ("at least 2.00", targets.MET))
        self.assertEqual(better.cells, [(RATE.title, "apus"), (RATE.title, "rust")])
        self.assertEqual(found["apus to go", "go"].answer, targets.MISSED)

    def test_absolute_and_other_row(self):
        ping = Row(targets.BESIDE_PING, "ms", less_is_better=True, digits=2)
        none, some = Row(targets.NO_DELAY, "MiB/s"), Row(targets.DELAY, "MiB/s")
        absolute, delayed = targets.results(
            [comparison(ping, apus=[1.2, 1.21]), comparison(none, apus=[1000]), comparison(some, apus=[400])]
        )[::-1]
        self.assertEqual((delayed.measured, delayed.answer), ("0.40", targets.MISSED))
        self.assertEqual(delayed.cells, [(some.title, "apus"), (none.title, "apus")])
        self.assertEqual((absolute.wanted, absolute.beside, absolute.answer), ("at most 2.00 ms", "", targets.MET))


class Rounds(unittest.TestCase):
    def test_what_is_known_is_not_measured_again(self):
        rate = comparison(
            RATE,
            apus=[2000, 2000, 2000],
            go=[500, 500, 500],
            rust=[800, 800, 800],
            floor=[2000, 2001, 2000],
            apus_to_go=[500, 900, 700],
        )
        self.assertEqual(rounds.unknown([rate]), {(RATE.title, "apus to go"), (RATE.title, "go")})
        rate = comparison(RATE, apus=[2000, 2000, 2000], go=[500, 500, 500], floor=[2000, 3000, 1000])
        self.assertEqual(rounds.unknown([rate]), {(RATE.title, "apus"), (RATE.title, "floor")})

    def test_rounds(self):
        class Same:
            rows = (RATE,)
            kinds = ("own", "cross")
            runs = []

            def run(self, pair):
                self.runs.append(pair.name)
                swings = pair.name == "apus to go" and self.runs.count(pair.name) % 2
                return {RATE.title: 200 if swings else 100}

        class Named:
            def __init__(self, name):
                self.name = name

        chosen = {
            "own": [Named(name) for name in ("apus", "go", "rust")],
            "cross": [Named("apus to go")],
            "floor": [Named("floor")],
        }
        measurement = Same()
        with open(os.devnull, "w") as silent:
            sys.stdout, before = silent, sys.stdout
            try:
                (rate,), count = rounds.run([measurement], chosen, 5)
            finally:
                sys.stdout = before
        self.assertEqual(count, 5)
        lengths = {name: len(values) for name, values in rate.values.items()}
        self.assertEqual(lengths, {"apus": 3, "go": 5, "rust": 3, "apus to go": 5})
        self.assertEqual(measurement.runs[-4:], ["go", "apus to go"] * 2)
        self.assertEqual(rounds.text(1, 7), "1 round")
        self.assertIn("up to 5 of at most 7", rounds.text(5, 7))


class Page(unittest.TestCase):
    def test_tables(self):
        rate = comparison(RATE, apus=[2000, 2010], go=[500, 505], rust=[790, 800], floor=[2200, 2210])
        text = tables.tables([rate])
        self.assertIn("## Targets", text)
        self.assertNotIn("## Ours with the others", text)
        self.assertRegex(text, r"\| Bulk up, 1 stream \| apus +\| floor +\| at least 0.85 \| .* \| met +\|")
        self.assertRegex(tables.summary([rate]), "1 won, 0 tied, 0 lost. Of 2 targets, 2 are met")

    def test_kept_blocks(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/page.md"
            self.assertEqual(performance_page.kept_blocks(path), {})
            kept = {"causes": "- because\n", "more": "said\n\nby hand\n"}
            rate = comparison(RATE, apus=[2000], go=[500])
            performance_page.write(path, performance_page.page([("date", "today")], [rate], ["PEER x"], kept))
            self.assertEqual(performance_page.kept_blocks(path), {**performance_page.BLOCKS, **kept})
            with open(path, "a") as page:
                page.write("<!-- kept: lost -->\n")
            with self.assertRaises(performance_page.PageError):
                performance_page.kept_blocks(path)


class Counts(unittest.TestCase):
    def test_worse(self):
        self.assertFalse(counts.worse("instructions", 1070, 1000))
        self.assertTrue(counts.worse("instructions", 1071, 1000))
        self.assertFalse(counts.worse("instructions", 1, 1000))
        self.assertFalse(counts.worse("allocations", 0.1, 0))
        self.assertTrue(counts.worse("allocations", 0.11, 0))
        self.assertTrue(counts.worse("allocations", 11.3, 10))


if __name__ == "__main__":
    unittest.main()
