"""One page for one run or several: everything inside, nothing fetched.

Every text is escaped, and a content security policy forbids the page to load or run
anything but its own script, so that a sample's name cannot do harm.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from typing import Any

from labctl.data import Result
from labctl.drawing.lettering import spoken
from labctl.drawing.result_text import MEANING
from labctl.drawing.unmet import unmet
from labctl.figures.figure import Figure
from labctl.report.numbers import figure_numbers, json_block
from labctl.report.svg import Drawing, drawing, figure_css
from labctl.report.tables import (
    WARNING,
    Table,
    icon,
    result_tables,
    state,
    summary,
    table,
)

_WIDE, _NARROW = (840.0, 440.0), (400.0, 360.0)
"""Sizes in pixels drawn for a desk and for a phone."""
_VERDICTS = (
    "Good: every condition of the method was seen to be met. Suspect: one was not, or "
    "could not be checked; the reason stands below the name. What each method asks for "
    "is listed in labctl's reference, “When a number is good”."
)
_SHARED = "What both sides share cancels in a ratio, and stays in a mean."
_BANNER = "SIMULATED: these numbers come from a model, no instrument was connected."


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What the page says."""

    title: str
    subtitle: str = ""
    facts: Sequence[tuple[str, str]] = ()
    """Label and value: sample, mass, protocol, station, serials, versions, hash."""
    ended: str = ""
    """How the run ended, in a sentence."""
    ok: bool = True
    """False when it ended otherwise than planned."""
    unsafe: Sequence[str] = ()
    """What could not be made safe at the end, a sentence each; the page begins so."""
    deviations: Sequence[str] = ()
    """Holds, reconnects, edits, missed samples."""
    results: Mapping[str, Result] = field(default_factory=dict)
    figures: Sequence[Figure] = ()
    compared: Sequence[Table] = ()
    """Results of several runs, where ``results`` are those of one."""
    tables: Sequence[Table] = ()
    """Further tables, after the figures."""
    simulated: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)
    """For programs: goes into the JSON block as it is."""


def page(report: Report) -> str:
    """Return the whole HTML document."""
    script = _asset("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; img-src data:"
    )
    banner = (
        f'<div class="banner" role="note">{_BANNER}</div>' if report.simulated else ""
    )
    alarm = "".join(
        f'<div class="alarm" role="alert">{icon(WARNING)}<span>{escape(text)}</span>'
        "</div>"
        for text in report.unsafe
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(report.title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>\n{_asset('report.css')}{figure_css()}</style>\n</head>\n<body>\n"
        f"{alarm}{banner}<main>\n{_head(report)}{_results(report)}{_figures(report)}"
        f"{_tables(report)}</main>\n{_raw(report)}<script>{script}</script>\n"
        "</body>\n</html>\n"
    )


def _head(report: Report) -> str:
    parts = [f"<header><h1>{escape(report.title)}</h1>\n"]
    if report.subtitle:
        parts.append(f'<p class="subtitle">{escape(report.subtitle)}</p>\n')
    if report.ended:
        parts.append(state(report.ended, ok=report.ok))
    parts.append("</header>\n")
    if report.facts:
        facts = "".join(
            f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>"
            for label, value in report.facts
        )
        parts.append(f'<section class="card"><dl>{facts}</dl></section>\n')
    if report.deviations:
        items = "".join(f"<li>{escape(text)}</li>" for text in report.deviations)
        parts.append(
            f'<section class="card"><h2 style="margin-top:0">Deviations</h2>'
            f"<ul>{items}</ul></section>\n"
        )
    return "".join(parts)


def _results(report: Report) -> str:
    own = summary(report.results) if report.results else ""
    several = "".join(map(table, report.compared))
    if not own and not several:
        return ""
    shared = f" {_SHARED}" if several else ""
    note = f"<p class='reason'>{MEANING}{shared} {_VERDICTS}</p>"
    behind = "".join(map(table, _behind(report.results)))
    return (
        f'<section><h2>Results</h2><div class="card">{own}{several}{note}{behind}'
        "</div></section>\n"
    )


def _behind(results: Mapping[str, Result]) -> list[Table]:
    rows = [
        (condition.holds, ", ".join(map(spoken, names)), condition.advice)
        for condition, names in unmet(results).values()
    ]
    title = "What was not met, and what to do"
    needed = [Table(title, ("Needed", "Results", "What to do"), rows)] if rows else []
    return [*needed, *result_tables(results)]


def _figures(report: Report) -> str:
    if not report.figures:
        return ""
    drawn = "".join(
        _figure(figure, place, simulated=report.simulated)
        for place, figure in enumerate(report.figures)
    )
    return f"<section><h2>Figures</h2>\n{drawn}</section>\n"


def _figure(figure: Figure, place: int, *, simulated: bool) -> str:
    identity = f"f{place}-{figure.name}"
    wide = drawing(figure, *_WIDE, identity=identity)
    narrow = drawing(figure, *_NARROW, identity=f"{identity}-n")
    word = re.sub(r"[^A-Za-z0-9_-]+", "-", figure.name).strip("-") or "figure"
    file = f"{'SIMULATED-' if simulated else ''}{word}"
    chip = '<span class="chip">SIMULATED</span>' if simulated else ""
    caption = " ".join(filter(None, (figure.note, *_remarks(figure, wide))))
    doubts = "".join(
        f'<p class="doubt">{icon(WARNING)}<span>{escape(text)}</span></p>'
        for text in figure.doubts
    )
    return (
        f'<figure class="card"><div class="head"><h3>{escape(figure.title)}</h3>{chip}'
        f'<button type="button" title="Numbers of the curves shown">CSV</button></div>'
        f'<div class="wide">{wide.svg}</div><div class="narrow">{narrow.svg}</div>'
        f"<figcaption>{escape(caption)}{doubts}</figcaption>"
        f'<script type="application/json">'
        f"{json_block(figure_numbers(figure, wide, file))}</script></figure>\n"
    )


def _remarks(figure: Figure, drawn: Drawing) -> list[str]:
    """Say what the eye could not know: uncertainties, thinning, points left out."""
    said = []
    if any(series.error is not None for series in figure.series):
        said.append("Bars and bands: ± once, half of what covers 95 %.")
    given = sum(
        len(s.y) for s, m in zip(figure.series, drawn.marks, strict=True) if m.thinned
    )
    if given:
        shown = sum(m.rows.size for m in drawn.marks if m.thinned)
        said.append(
            f"Thinned for this page, extremes kept: {_grouped(given)} points are drawn "
            f"as {_grouped(shown)}."
        )
    unshown = sum(marks.unshown for marks in drawn.marks)
    if unshown:
        plural = "points are" if unshown > 1 else "point is"
        said.append(
            f"{_grouped(unshown)} {plural} not above zero and not on the log axis."
        )
    return said


def _tables(report: Report) -> str:
    if not report.tables:
        return ""
    inner = "".join(map(table, report.tables))
    return f'<section><h2>Tables</h2><div class="card">{inner}</div></section>\n'


def _raw(report: Report) -> str:
    raw = {
        "title": report.title,
        "simulated": report.simulated,
        "ended": report.ended,
        "ok": report.ok,
        "unsafe": list(report.unsafe),
        "deviations": list(report.deviations),
        "facts": dict(report.facts),
        "results": {name: r.to_json() for name, r in report.results.items()},
        "raw": report.raw,
    }
    block = json_block(raw)
    return f'<script type="application/json" id="report">{block}</script>\n'


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _asset(name: str) -> str:
    return files("labctl.report").joinpath(name).read_text("utf-8")
