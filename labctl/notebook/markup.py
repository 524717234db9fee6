"""What a notebook shows of a run, as plain HTML tables; every text is escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from labctl.drawing.lettering import unit_text, value_text

Cell = str | float | int
_STYLE = "text-align:left;vertical-align:top"


def table_html(
    titles: Sequence[str], rows: Iterable[Sequence[Cell]], below: str = ""
) -> str:
    """Return rows under titles; ``name|unit`` puts the unit in a second line."""
    head = "".join(f'<th style="{_STYLE}">{_title(each)}</th>' for each in titles)
    body = "".join(
        f"<tr>{''.join(f'<td>{_shown(cell)}</td>' for cell in row)}</tr>"
        for row in rows
    )
    caption = f"<p>{escape(below)}</p>" if below else ""
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{caption}"
    )


def facts_html(facts: Iterable[tuple[str, str]], title: str = "") -> str:
    """Return two columns: what is said, and of what."""
    rows = "".join(
        f'<tr><th style="{_STYLE}">{escape(name)}</th>'
        f'<td style="{_STYLE}">{escape(value)}</td></tr>'
        for name, value in facts
    )
    head = f"<p><strong>{escape(title)}</strong></p>" if title else ""
    return f"{head}<table><tbody>{rows}</tbody></table>"


def _title(text: str) -> str:
    name, _, unit = text.partition("|")
    below = f"<br><small>{escape(unit_text(unit))}</small>" if unit else ""
    return escape(name) + below


def _shown(cell: Cell) -> str:
    return escape(value_text(cell) if isinstance(cell, float) else str(cell))
