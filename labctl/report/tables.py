"""Results as tables: value ± uncertainty, whether to believe it, what lies behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from labctl.data import Quality, Result
from labctl.drawing.lettering import (
    spoken,
    uncertainty_text,
    unit_text,
    value_text,
)
from labctl.drawing.result_text import UNKNOWN, is_unknown, largest_text, number_text
from labctl.sources import Distribution, Kind, Part, Source

_ROWS = 2000
"""A longer table is cut in the page; the JSON block has it whole."""
_TICK_MARK = "M2 6.5L5 9.5L10 3"
WARNING = "M6 1L11.5 11H.5ZM6 4.5V7.5M6 9.2V9.8"
_DASH = "M2 6H10"
_ICONS = {
    Quality.GOOD: _TICK_MARK,
    Quality.SUSPECT: WARNING,
    Quality.ABSENT: _DASH,
}


@dataclass(frozen=True, slots=True)
class Table:
    """Any table of a page, as text."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = True
    """Behind its title until a person asks."""
    remarks: Sequence[str] = ()
    """What stands small below the name (the second cell) of each row; or nothing."""


def icon(path: str) -> str:
    """Return a small line drawing in the colour of the text around it."""
    return (
        f'<svg viewBox="0 0 12 12" aria-hidden="true"><path d="{path}" fill="none" '
        'stroke="currentColor" stroke-width="1.7" stroke-linecap="round" '
        'stroke-linejoin="round"/></svg>'
    )


def state(text: str, *, ok: bool) -> str:
    """Return how the run ended, shape before colour."""
    kind, path = ("good", _TICK_MARK) if ok else ("bad", WARNING)
    return f'<p class="state {kind}">{icon(path)}<span>{escape(text)}</span></p>'


def summary(results: Mapping[str, Result]) -> str:
    """Return the table of all results, with the reason where one is doubted."""
    rows = "".join(_row(name, result) for name, result in results.items())
    return (
        '<table class="results"><thead><tr><th>Verdict</th><th>Quantity</th>'
        '<th class="number">Value ± uncertainty</th><th>Unit</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def result_tables(results: Mapping[str, Result]) -> list[Table]:
    """Return what stands behind the results: their tables and uncertainty budgets."""
    found = []
    for name, result in results.items():
        if result.table:
            columns = [[_number(value) for value in c] for c in result.table.values()]
            rows = list(zip(*columns, strict=True))
            found.append(Table(spoken(name), list(result.table), rows))
        if result.budget:
            found.append(_budget(name, result.budget, result.parts, result.unit))
    return found


def table(content: Table) -> str:
    """Return a table as HTML; columns of numbers are aligned to the right."""
    numeric = [
        all(_looks_numeric(row[i]) for row in content.rows if row[i])
        for i in range(len(content.header))
    ]
    kinds = [' class="number"' if each else "" for each in numeric]
    remarks = [
        f'<span class="reason">{escape(text)}</span>' if text else ""
        for text in content.remarks or [""] * len(content.rows)
    ]
    head = "".join(
        f"<th{kind}>{escape(text)}</th>"
        for kind, text in zip(kinds, content.header, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{_shown(text)}{remark if at == 1 else ''}</td>"
            for at, (kind, text) in enumerate(zip(kinds, row, strict=True))
        )
        + "</tr>"
        for row, remark in zip(content.rows[:_ROWS], remarks, strict=False)
    )
    more = len(content.rows) - _ROWS
    rest = f"<p class='reason'>and {more} rows more</p>" if more > 0 else ""
    inner = (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{rest}"
    )
    if not content.folded:
        return f"<h3>{escape(content.title)}</h3>{inner}"
    count = f"{len(content.rows)} rows" if len(content.rows) != 1 else "1 row"
    title = f"<summary>{escape(content.title)} ({count})</summary>"
    return f"<details>{title}{inner}</details>"


def _row(name: str, result: Result) -> str:
    badge = _badge(result.quality)
    from_what = UNKNOWN if is_unknown(result) else largest_text(result)
    remarks = "".join(
        f'<span class="reason">{escape(text)}</span>'
        for text in (result.reason, from_what)
        if text
    )
    return (
        f'<tr><td class="quality">{badge}</td>'
        f'<td class="name">{escape(spoken(name))}{remarks}</td>'
        f'<td class="number">{escape(_value(result))}</td>'
        f'<td class="unit">{escape(unit_text(result.unit))}</td></tr>'
    )


def _badge(quality: Quality) -> str:
    return f'<span class="badge {quality}">{icon(_ICONS[quality])}{quality}</span>'


def _shown(cell: str) -> str:
    """Return a cell; a verdict as shape, colour and word."""
    return _badge(Quality(cell)) if cell in set(Quality) else escape(cell)


def _value(result: Result) -> str:
    if result.value is None and result.table:
        return "table below"
    return number_text(result)


def _budget(
    name: str, budget: Mapping[str, float], parts: Sequence[Part], unit: str
) -> Table:
    total = sum(value**2 for value in budget.values()) or 1.0
    rows = [
        (
            spoken(term),
            uncertainty_text(value),
            f"{100 * value**2 / total:.1f} %",
            *_about([part.source for part in parts if part.source.term == term]),
        )
        for term, value in sorted(budget.items(), key=lambda item: -item[1])
    ]
    header = (
        "Source",
        f"Standard uncertainty / {unit_text(unit) or '1'}",
        "Share of variance",
        "Type",
        "Known from",
        "Shared by all of",
    )
    return Table(f"{spoken(name)}: uncertainty budget", header, rows)


def _about(sources: Sequence[Source]) -> tuple[str, str, str]:
    """Return how a term was evaluated, who says so, and what it does not part.

    Empty where the file does not say it: older ones list the terms alone.
    """
    if not sources:
        return "", "", ""
    kinds = " and ".join(sorted({str(source.kind) for source in sources}))
    known = ", ".join(dict.fromkeys(map(_known_from, sources)))
    shared = sorted({source.shared for source in sources if source.shared})
    return kinds, known, ", ".join(shared) or "this run"


def _known_from(source: Source) -> str:
    """Return who says how large it is: a sheet or label, readings, or nobody."""
    if source.assumed:
        return "assumed"
    if source.kind is Kind.A:
        return "scatter"
    limits = source.distribution is Distribution.RECTANGULAR
    return "stated" if source.shared or limits else "worked out"


def _number(value: float) -> str:
    return value_text(value)


def _looks_numeric(text: str) -> bool:
    return not text or text[0] in "0123456789−(–∞N±"
