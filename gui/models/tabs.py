"""Which plots a run has, and how each is fetched; runs in a worker thread.

A tab that the station's vocabulary has no special view for is drawn from the plots
that the protocol itself declares, so a lab's own protocol is never without one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gui.models import figures
from gui.models.form import referred
from gui.models.loops import Loop, LoopBook, chosen
from gui.models.windows import Span, curve, fetch, table
from gui.port import Station
from labctl.figure import Figure, Plot
from labctl.report.from_plot import from_plot
from labctl.service.answers import RunDetail, StepOut

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


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a run."""

    name: str
    """Stable word."""
    title: str
    stream: str
    """It is fetched again when this stream has grown."""
    build: Callable[[Station, RunDetail, Memory], list[Figure]] | None
    """None: the live plot against time, which fetches by itself."""


def tabs_of(detail: RunDetail) -> list[Tab]:
    """Return the tabs of a run, the first one to open first."""
    streams = {s.name: {c.name for c in s.columns} for s in detail.streams}
    tabs, covered = [], set[str]()
    series = streams.get("timeseries", set())
    if "voltage_volt" in series:
        tabs.append(Tab("time", "V, I – t", "timeseries", None))
        covered.add("timeseries")
    if set(SERIES_COLUMNS) <= series and "cycles" in streams:
        tabs.append(Tab("charge", "Q–V", "timeseries", _charge))
        tabs.append(Tab("differential", "dQ/dV", "timeseries", _differential))
    if set(CYCLE_COLUMNS) <= streams.get("cycles", set()):
        tabs.append(Tab("capacity", "Capacity · CE", "cycles", _capacity))
        covered.add("cycles")
    if set(EIS_COLUMNS) <= streams.get("eis", set()):
        tabs.append(Tab("impedance", "Impedance", "eis", _impedance))
        covered.add("eis")
    if set(HALL_COLUMNS) <= streams.get("hall", set()):
        tabs.append(Tab("hall", "Hall", "hall", _hall))
        covered.add("hall")
    if set(IV_COLUMNS) <= streams.get("iv", set()):
        tabs.append(Tab("iv", "I–V", "iv", _iv))
        covered.add("iv")
    for plot in detail.plots:
        if plot.stream not in covered:
            known = Plot(**{**plot.model_dump(), "y": tuple(plot.y)})
            tabs.append(Tab(plot.name, plot.title, plot.stream, _declared(known)))
    return tabs


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


def _impedance(station: Station, detail: RunDetail, _memory: Memory) -> list[Figure]:
    return figures.spectra(fetch(station, detail.summary.run, "eis", EIS_COLUMNS))


def _iv(station: Station, detail: RunDetail, _memory: Memory) -> list[Figure]:
    return figures.current_voltage(fetch(station, detail.summary.run, "iv", IV_COLUMNS))


def _hall(station: Station, detail: RunDetail, _memory: Memory) -> list[Figure]:
    return figures.hall(fetch(station, detail.summary.run, "hall", HALL_COLUMNS))


def _declared(
    plot: Plot,
) -> Callable[[Station, RunDetail, Memory], list[Figure]]:
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
