"""Which plots a run has: the live one, and figures that the station makes."""

from collections.abc import Mapping
from dataclasses import dataclass

from labctl.api.answers import RunDetail, StepOut
from labctl.api.client import StationClient
from labctl.columns import CLIMATE

PAGE = 2000
"""Steps asked for at once."""
TIME = "test_time_second"
CYCLED = frozenset({"voltage_volt", "step_net_capacity_ah", "half_cycle"})
"""Columns of a cell whose cycles are drawn."""
AGAINST_TEMPERATURE = "Against T"
"""Title of the laws of a series whose protocol draws nothing else of its own."""
SHORT: Mapping[str, str] = {CLIMATE.name: "Chamber"}
"""Stream -> title of its tab, where that of its plot leaves the others no room."""
READINGS: Mapping[str, tuple[str, frozenset[str]]] = {
    "eis": (
        "Impedance",
        frozenset({"nyquist", "bode", "kramers_kronig"})
        | {"relaxation_times", "coming_in"},
    ),
    "hall": ("Hall", frozenset({"hall", "configurations"})),
    "iv": ("I–V", frozenset({"iv", "iv_log"})),
}
"""Stream -> title where the protocol has no word of its own, names of its figures."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a run."""

    name: str
    """Stable word: ``time`` is the live plot, which fetches by itself."""
    title: str
    names: frozenset[str] = frozenset()
    """Of the figures that it shows."""
    elsewhere: frozenset[str] | None = None
    """Where it shows every figure but these; else None."""

    def shows(self, figure: str) -> bool:
        """Return whether a figure of this name belongs here."""
        if self.elsewhere is not None:
            return figure not in self.elsewhere
        return figure in self.names


def tabs_of(detail: RunDetail) -> list[Tab]:
    """Return the tabs of a run, the first one to open first."""
    columns = {s.name: {c.name for c in s.columns} for s in detail.streams}
    series = columns.get("timeseries", set())
    tabs, covered = [], set(READINGS) & set(columns)
    if "voltage_volt" in series:
        tabs.append(Tab("time", "V, I – t"))
        covered |= {"timeseries", "cycles"}
    if series >= CYCLED and "cycles" in columns:
        tabs += [
            Tab("voltage_capacity", "Q–V", frozenset({"voltage_capacity"})),
            Tab("dq_dv", "dQ/dV", frozenset({"dq_dv"})),
        ]
        if _may_grow(detail, "cycles"):
            shown = frozenset({"capacity", "efficiency"})
            tabs.append(Tab("capacity", "Capacity · CE", shown))
    known = {p.name for p in detail.plots if p.stream in covered - set(READINGS)}
    readings = [stream for stream in READINGS if stream in columns]
    alone = [
        Tab(plot.name, SHORT.get(plot.stream, plot.title), frozenset({plot.name}))
        for plot in detail.plots
        if plot.stream not in covered
        and _may_grow(detail, plot.stream)
        and (plot.x == TIME or not detail.view)
    ]
    growing = [stream for stream in readings if _may_grow(detail, stream)]
    own = detail.view
    if not own:
        tabs += [Tab(stream, *READINGS[stream]) for stream in growing]
        own = AGAINST_TEMPERATURE if detail.is_series else ""
    if own and (growing or not readings):
        others = {name for tab in (*tabs, *alone) for name in tab.names}
        tabs.append(Tab("own", own, elsewhere=frozenset(others | known)))
    return tabs + alone


def _may_grow(detail: RunDetail, stream: str) -> bool:
    """Whether a stream has rows, or may have some yet."""
    live = detail.summary.ended_unix is None
    return live or any(s.rows for s in detail.streams if s.name == stream)


def every_step(station: StationClient, run: str) -> list[StepOut]:
    """Return all steps of a run, page by page."""
    steps: list[StepOut] = []
    while True:
        page = station.steps(run, steps[-1].step_count if steps else 0, PAGE)
        steps += page
        if len(page) < PAGE:
            return steps
