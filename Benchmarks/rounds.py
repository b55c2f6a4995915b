"""Runs everything, round by round, until the ratios are known."""

import targets
from comparison import Comparison
from pairs import shown_beside

# So often everything is measured at least: less says nothing of the spread.
LEAST_ROUNDS = 3


def run(measurements, pairs, most):
    """At most so many rounds; gives one comparison a row, and how many rounds there were."""
    comparisons = {row.title: Comparison(row) for measurement in measurements for row in measurement.rows}
    for number in range(1, most + 1):
        open_cells = None
        if number > LEAST_ROUNDS:
            open_cells = unknown(comparisons.values())
            if not open_cells:
                return list(comparisons.values()), number - 1
        for measurement in measurements:
            for pair in chosen(measurement, pairs, open_cells):
                measure(measurement, pair, comparisons, number, f"{number}/{most}")
    return list(comparisons.values()), most


def chosen(measurement, pairs, open_cells):
    """The pairs of a measurement that this round is for, in turn; all where no cells are named."""
    mine = [pair for kind in measurement.kinds for pair in pairs.get(kind, ())]
    if open_cells is None:
        return mine
    return [pair for pair in mine if any((row.title, pair.name) in open_cells for row in measurement.rows)]


def unknown(comparisons):
    """The cells, each a row's title and a pair's name, of every ratio that the page shows and that is not known yet."""
    cells = set()
    for comparison in comparisons:
        for names in shown_beside(comparison):
            if not comparison.ratio(*names).is_known:
                cells.update((comparison.row.title, name) for name in names)
    for result in targets.results(comparisons):
        if not result.ratio.is_known:
            cells.update(result.cells)
    return cells


def measure(measurement, pair, comparisons, number, round_text):
    for title, value in measurement.run(pair).items():
        comparisons[title].add(pair.name, number, value)
        row = comparisons[title].row
        print(f"{round_text} {pair.name:<14} {title}: {row.text(value)} {row.unit}", flush=True)


def text(count, most):
    """How many rounds there were of the most that were allowed."""
    if count <= LEAST_ROUNDS:
        return f"{count} round{'' if count == 1 else 's'}"
    return f"{LEAST_ROUNDS} rounds, and up to {count} of at most {most} for what was not known by then"
