"""Which plots a run has, and how each is fetched; runs in a worker thread.

What changes row by row is drawn from the rows; what has to be worked out is drawn by
the protocol, at the station, and comes into a tab that has the protocol's word for it.
Until it is there, raw rows stand in. Streams that nothing here knows are drawn from
the plots that the protocol declares, so a lab's own protocol is never without one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gui.link.port import Station
from gui.parts.form import referred
from gui.plot.loops import Loop, LoopBook, chosen
from gui.run import figures
from gui.run.windows import Span, curve, fetch, table
from labctl.api.answers import RunDetail, StepOut
from labctl.api.figures import Figure, Plot
from labctl.figures.from_plot import from_plot

PAGE = 2000
"""Steps asked for at once."""
CYCLE_PIXELS = 250
"""A cycle is fetched in at most four times as many rows."""
SERIES_COLUMNS = (
    "step_net_capacity_ah",
    "voltage_volt",
    "current_ampere",
    "half_cycle",
)
CYCLE_COLUMNS = (
    "cycle_count",
    "cycle_discharging_capacity_ah",
    "cycle_charging_capacity_ah",
    "coulombic_efficiency_percent",
)
EIS_COLUMNS = (
    "frequency_hertz",
    "real_impedance_ohm",
    "imaginary_impedance_ohm",
    "spectrum_id",
)
IV_COLUMNS = ("voltage_volt", "current_ampere", "sweep_id", "in_compliance")
HALL_COLUMNS = (
    "field_tesla",
    "voltage_volt",
    "source_ampere",
    "current_in_contact",
    "current_out_contact",
    "voltage_high_contact",
    "voltage_low_contact",
)


@dataclass(slots=True)
class Memory:
    """What a run's tabs remember between refreshes."""

    loops: LoopBook = field(default_factory=LoopBook)
    drawn: bool = False
    """Whether the protocol's own figures are there, and nothing needs to stand in."""


Build = Callable[[Station, RunDetail, Memory], list[Figure]]


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a run."""

    name: str
    """Stable word."""
    title: str
    build: Build | None
    """Makes figures of rows; None for ``time``, the live plot, which fetches by
    itself, and where only the protocol draws."""
    own: bool = False
    """Whether it shows what the protocol draws."""
    elsewhere: frozenset[str] = frozenset()
    """Names of the protocol's figures that other tabs show, row by row."""


def tabs_of(detail: RunDetail) -> list[Tab]:
    """Return the tabs of a run, the first one to open first."""
    columns = {s.name: {c.name for c in s.columns} for s in detail.streams}
    tabs = _of_a_cell(detail, columns)
    raw = [
        (stream, title, _looked_at(detail, stream, build))
        for stream, title, needed, build in _RAW
        if needed <= columns.get(stream, set())
    ]
    covered = {stream for stream, _, _ in raw}
    if "timeseries" in columns and tabs:
        covered |= {"timeseries", "cycles"}
    if not detail.view:
        tabs += [
            Tab(stream, title, build)
            for stream, title, build in raw
            if _may_grow(detail, stream)
        ]
    elif not raw or any(_may_grow(detail, stream) for stream, _, _ in raw):
        build = _together([build for _, _, build in raw])
        elsewhere = frozenset(tab.name for tab in tabs if _has_rows(detail, tab.name))
        tabs.append(Tab("own", detail.view, build, own=True, elsewhere=elsewhere))
    return tabs + [
        Tab(plot.name, plot.title, _declared(plot))
        for plot in detail.plots
        if plot.stream not in covered and _may_grow(detail, plot.stream)
    ]


def _of_a_cell(detail: RunDetail, columns: Mapping[str, set[str]]) -> list[Tab]:
    """Return what every cell shows row by row; named as the protocols' figures are."""
    series, tabs = columns.get("timeseries", set()), []
    if "voltage_volt" in series:
        tabs.append(Tab("time", "V, I – t", None))
    if set(SERIES_COLUMNS) <= series and "cycles" in columns:
        tabs.append(Tab("voltage_capacity", "Q–V", _charge))
        tabs.append(Tab("dq_dv", "dQ/dV", _differential))
    known = columns.get("cycles", set())
    if set(CYCLE_COLUMNS) <= known and _may_grow(detail, "cycles"):
        tabs.append(Tab("capacity", "Capacity · CE", _capacity))
    return tabs


def _has_rows(detail: RunDetail, name: str) -> bool:
    """Whether a tab of a cell has anything to show; capacities need whole cycles."""
    stream = "cycles" if name == "capacity" else "timeseries"
    return any(s.rows for s in detail.streams if s.name == stream)


def _may_grow(detail: RunDetail, stream: str) -> bool:
    """Whether a stream has rows, or may have some yet."""
    live = detail.summary.ended_unix is None
    return live or any(s.rows for s in detail.streams if s.name == stream)


def _looked_at(detail: RunDetail, stream: str, build: Build) -> Build:
    """Return what draws a stream; one that is looked at over time is no loop."""
    plots = [plot for plot in detail.plots if plot.stream == stream]
    if plots and plots[0].x == "test_time_second":
        build = _declared(plots[0])
    return build if stream == "eis" else _until_drawn(build)


def _together(builds: Sequence[Build]) -> Build:
    def build(station: Station, detail: RunDetail, memory: Memory) -> list[Figure]:
        return [f for one in builds for f in one(station, detail, memory)]

    return build


def _until_drawn(build: Build) -> Build:
    """Return what stands in for the protocol's own figures, and then no more."""

    def stand_in(station: Station, detail: RunDetail, memory: Memory) -> list[Figure]:
        return [] if memory.drawn else build(station, detail, memory)

    return stand_in


def cycle_spans(steps: Sequence[StepOut]) -> dict[int, Span]:
    """Return from when to when each cycle went on; None while it does."""
    spans: dict[int, Span] = {}
    for step in steps:
        if step.cycle < 1:
            continue
        begin, end = spans.get(step.cycle, (step.began, step.began))
        spans[step.cycle] = (
            min(begin or 0.0, step.began),
            None if end is None or step.ended is None else max(end, step.ended),
        )
    return spans


def every_step(station: Station, run: str) -> list[StepOut]:
    """Return all steps of a run, page by page."""
    steps: list[StepOut] = []
    while True:
        page = station.steps(run, steps[-1].step_count if steps else 0, PAGE)
        steps += page
        if len(page) < PAGE:
            return steps


def _loops(
    station: Station, detail: RunDetail, memory: Memory
) -> list[tuple[int, Loop]]:
    """Bring the thinned cycles up to date and return them."""
    run = detail.summary.run
    spans = cycle_spans(every_step(station, run))
    cycles = chosen(sorted(spans))
    growing = cycles[-1] if cycles and detail.summary.ended_unix is None else None
    for cycle in memory.loops.missing(cycles, growing):
        rows = fetch(
            station, run, "timeseries", SERIES_COLUMNS, spans[cycle], CYCLE_PIXELS
        )
        memory.loops.put(cycle, figures.half_cycles(rows))
    return list(memory.loops.loops(cycles))


def _charge(station: Station, detail: RunDetail, memory: Memory) -> list[Figure]:
    loops = _loops(station, detail, memory)
    return [figures.voltage_capacity(loops, referred(detail.sample).mass)]


def _differential(station: Station, detail: RunDetail, memory: Memory) -> list[Figure]:
    loops = _loops(station, detail, memory)
    return [figures.differential(loops, referred(detail.sample).mass)]


def _capacity(station: Station, detail: RunDetail, _memory: Memory) -> list[Figure]:
    rows = fetch(station, detail.summary.run, "cycles", CYCLE_COLUMNS)
    return [figures.capacity(rows, referred(detail.sample).mass)]


def _impedance(station: Station, detail: RunDetail, memory: Memory) -> list[Figure]:
    """Return all spectra; beside the protocol's own only the one that is coming in."""
    live = detail.summary.ended_unix is None
    if memory.drawn and not live:
        return []
    rows = fetch(station, detail.summary.run, "eis", EIS_COLUMNS)
    return figures.coming_in(rows) if memory.drawn else figures.spectra(rows)


def _iv(station: Station, detail: RunDetail, _memory: Memory) -> list[Figure]:
    return figures.current_voltage(fetch(station, detail.summary.run, "iv", IV_COLUMNS))


def _hall(station: Station, detail: RunDetail, _memory: Memory) -> list[Figure]:
    return figures.hall(fetch(station, detail.summary.run, "hall", HALL_COLUMNS))


def _declared(plot: Plot) -> Build:
    """Return what draws a protocol's own plot."""

    def build(station: Station, detail: RunDetail, _memory: Memory) -> list[Figure]:
        run = detail.summary.run
        stream = next(s for s in detail.streams if s.name == plot.stream)
        labels = {c.name: c.long_name for c in stream.columns}
        found = station.window(run, plot.stream, plot.y, x=plot.x, px=1000)
        if plot.x == "test_time_second" and not plot.points:
            pairs = {y: curve(found, plot.x, y) for y in plot.y}
            x = next(iter(pairs.values()))[0]
            columns = {plot.x: x, **{y: pair[1] for y, pair in pairs.items()}}
        else:
            columns = table(found, [plot.x, *plot.y])
        return [from_plot(plot, columns, labels)]

    return build


_RAW: tuple[tuple[str, str, frozenset[str], Build], ...] = (
    ("eis", "Impedance", frozenset(EIS_COLUMNS), _impedance),
    ("hall", "Hall", frozenset(HALL_COLUMNS), _hall),
    ("iv", "I–V", frozenset(IV_COLUMNS), _iv),
)
"""Stream, title where the protocol has no word of its own, columns, what draws it."""
