"""The tables of the page, as text that is read as it is and as Markdown."""

import targets
from pairs import OTHERS, OURS, TITLES, beside, cross


def laid_out(heads, lines, numbers):
    """A table; `numbers` are the columns to the right."""
    widths = [max(len(line[index]) for line in [heads, *lines]) for index in range(len(heads))]

    def row(cells):
        padded = [
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, widths))
        ]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * (width - 1) + (":" if index in numbers else "-") for index, width in enumerate(widths)]
    return "\n".join([row(heads), "| " + " | ".join(rule) + " |", *(row(line) for line in lines)])


def target_table(results):
    """What the figures are to be, and whether they are."""
    lines = [
        [
            result.target.row,
            TITLES.get(result.target.pair, result.target.pair),
            result.beside,
            result.wanted,
            result.measured,
            result.answer,
        ]
        for result in results
    ]
    return laid_out(["", "this", "beside", "wanted", "measured", "answer"], lines, (4,))


def own_table(comparisons):
    """Each program with itself, and ours beside the better of the others."""
    lines = []
    for comparison in comparisons:
        row = comparison.row
        cells = [comparison.cell(name) for name in (OURS, *OTHERS)]
        lines.append([row.title, row.unit, *cells, *ratio_cells(comparison, OURS, comparison.better(OTHERS))])
    return laid_out(["", "unit", OURS, *OTHERS, "ratio to the better", "mark"], lines, range(2, 6))


def cross_table(comparisons):
    """Ours with each of the others, beside that other with itself."""
    lines = []
    for comparison in comparisons:
        for other in OTHERS:
            cells = []
            for pair in cross(other):
                cells += [comparison.cell(pair), *ratio_cells(comparison, pair, other)]
            if any(cells):
                lines.append([comparison.row.title, comparison.row.unit, other, *cells])
    heads = ["", "unit", "other", "we dial", "to its own pair", "mark", "it dials", "to its own pair", "mark"]
    return laid_out(heads, lines, (3, 4, 6, 7))


def beside_table(comparisons):
    """Ours beside what the machine allows, and ours set up in another way."""
    lines = []
    for comparison in comparisons:
        row = comparison.row
        for names in beside(comparison):
            cells = [cell for name in names for cell in (TITLES.get(name, name), comparison.cell(name))]
            lines.append([row.title, row.unit, *cells, str(comparison.ratio(*names))])
    heads = ["", "unit", "this", "its figure", "beside", "its figure", "ratio"]
    return laid_out(heads, lines, (3, 5, 6))


def ratio_cells(comparison, ours, theirs):
    """The ratio and its mark; empty where one of both was not measured."""
    ratio = comparison.ratio(ours, theirs)
    return [str(ratio), ratio.mark(comparison.row.less_is_better)] if ratio else ["", ""]


def tables(comparisons):
    """All of them that have lines, with their headings."""

    def having(names):
        return [comparison for comparison in comparisons if any(map(comparison.has, names))]

    made = (
        ("## Targets", target_table, targets.results(comparisons)),
        ("## Each with its own kind", own_table, having((OURS, *OTHERS))),
        ("## Ours with the others", cross_table, having([name for other in OTHERS for name in cross(other)])),
        ("## Beside the floor, and set up otherwise", beside_table, [one for one in comparisons if beside(one)]),
    )
    return "\n\n".join(f"{heading}\n\n{table(content)}" for heading, table, content in made if content)


def summary(comparisons):
    marks = []
    for comparison in comparisons:
        if ratio := comparison.ratio(OURS, comparison.better(OTHERS)):
            marks.append(ratio.mark(comparison.row.less_is_better))
    answers = [result.answer for result in targets.results(comparisons)]
    worse = [comparison.row.title for comparison in comparisons if comparison.worse_than_all(OURS, OTHERS)]
    return (
        f"{marks.count('won')} won, {marks.count('tied')} tied, {marks.count('lost')} lost. "
        f"Of {len(answers)} targets, {answers.count(targets.MET)} are met, "
        f"{answers.count(targets.NOT_SHOWN)} not shown, {answers.count(targets.MISSED)} missed. "
    ) + (f"Worse than every other: {'; '.join(worse)}." if worse else "No figure is worse than every other's.")
