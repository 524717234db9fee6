"""Lines become a table in Markdown: work, before and now, who is beside it, goal."""

from collections.abc import Iterable, Mapping, Sequence

from speed_history import Line
from speed_rows import Figure, Row

NONE = "–"


def table(rows: Iterable[Row], lines: Mapping[str, Line]) -> str:
    """Return the table of what has been measured, in the order of the rows."""
    shown = [
        (row, figure, lines[row.title(figure)])
        for row in rows
        for figure in row.figures
        if row.title(figure) in lines
    ]
    compared = any(line.before is not None for _, _, line in shown)
    heads = ["work", *(["before"] if compared else []), "labctl", "beside it", "goal"]
    made = [_joined(heads), _joined(["---"] * len(heads))]
    for row, figure, line in shown:
        before = [number(line.before, line.unit)] if compared else []
        cells = [row.title(figure), *before, _now(line), _beside(line)]
        made.append(_joined([*cells, _goal(figure, line)]))
    return "\n".join(made) + "\n"


def number(value: float | None, unit: str) -> str:
    """Return a value with three digits and its unit."""
    if value is None:
        return NONE
    return f"{_digits(value)} {unit}".rstrip()


def _digits(value: float) -> str:
    """Return three digits, never in powers of ten where a person reads them."""
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.3g}" if size >= 1e-4 else f"{value:.1e}"


def _now(line: Line) -> str:
    if line.value is None or line.low is None or line.high is None:
        return f"not measured: {_plain(line.trouble)}"
    told = number(line.value, line.unit)
    if line.repeats == 1:
        return told
    return f"{told} ({_digits(line.low)} to {_digits(line.high)})"


def _beside(line: Line) -> str:
    told = [
        f"{name} {number(given, line.unit)}"
        if isinstance(given, float)
        else f"{name}: {_plain(given)}"
        for name, given in line.beside.items()
    ]
    return "; ".join(told) or NONE


def _goal(figure: Figure, line: Line) -> str:
    goal = figure.goal(line.beside)
    if goal is None:
        if figure.most is None:
            return NONE
        return f"{figure.most:g} × {figure.beside}"
    told = f"{'≥' if figure.least else '≤'} {number(goal, line.unit)}"
    if figure.beside:
        told += f" ({figure.most:g} × {figure.beside})"
    if line.value is None:
        return told
    return f"{told}: {'met' if figure.meets(line.value, line.beside) else '**missed**'}"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _joined(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def occasions(lines: Iterable[Line]) -> str:
    """Return where the figures come from, a line an occasion."""
    told: dict[str, None] = {}
    for line in sorted(lines, key=lambda one: one.date):
        against = f", before: {line.against}" if line.against else ""
        told.setdefault(
            f"{line.date[:10]}, commit {line.commit}{against}; {line.machine}; "
            f"load {line.load:.1f}"
        )
    return "".join(f"- {one}\n" for one in told)
