"""A station without a process: the same answers every time, for views and pictures.

It answers with the station's own models and thins with the station's own pyramid; only
the bench behind it is made up. Everything asked of it is kept in `acts`.
"""

import math

# ruff: noqa: ARG002  (a port is filled with what it asks for)
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from labctl import columns
from labctl.api.answers import (
    Accepted,
    ChannelOut,
    Checked,
    ForecastOut,
    InstrumentOut,
    PlannedStep,
    ProtocolOut,
    Queued,
    RunDetail,
    RunEvent,
    RunList,
    SampleOut,
    Started,
    StepOut,
    StreamOut,
)
from labctl.api.client import StationClient
from labctl.api.comparison import Asked, Grouping, Overlay
from labctl.api.figures import Plot, RunFigures
from labctl.api.models import (
    Channel,
    ChannelState,
    Finding,
    Health,
    QueueEntry,
    RunSummary,
    State,
    StationEvent,
    StationInfo,
    StopLine,
    StopReport,
)
from labctl.api.requests import OrderIn
from labctl.api.run_search import RunOrder, in_order, read_search
from labctl.api.states import RunState
from labctl.data import Array, Column, Columns, Level, Result, Stream
from labctl.errors import Complaint, InstrumentError, LinkError, OperatorError
from labctl.figures.bounded import bounded
from labctl.figures.curves_of_runs import ComparedRun
from labctl.figures.from_plot import from_plot
from labctl.figures.of_rows import of_a_cell, of_readings
from labctl.quantities import SI
from labctl.sample import Sample
from labctl.service.http.catalogue import protocols
from labctl.service.records import comparison
from labctl.thinning.pyramid import Pyramid

NOW = 1_786_000_000.0
HOUR = 3600.0
CELLS = [f"vsp300/{k}" for k in range(1, 7)] + [f"vmp3/{k}" for k in range(1, 9)]
BENCH = ["k2450", "k2400", "k6221", "k2182a", "k7001", "ls475", "ls643"]
ROLES = {
    "k2450": ["source_meter"],
    "k2400": ["source_meter"],
    "k6221": ["current_source"],
    "k2182a": ["voltmeter"],
    "k7001": ["switch"],
    "ls475": ["gaussmeter"],
    "ls643": ["magnet"],
}
SAMPLES = ("si-qms-0.7", "nmc-031", "lfp-117", "lco-12", "si-c-204")
Table = dict[str, Array]


@cache
def cell_table(cycles: int, rows: int = 300) -> Table:
    """Return rows of a half cell that is cycled; ``rows`` a half cycle."""
    parts: dict[str, list[Array]] = {c.name: [] for c in columns.TIMESERIES.columns}
    t0, step = 0.0, 0
    for cycle in range(1, cycles + 1):
        fade = 0.998 ** (cycle - 1)
        hours = 12.0 if cycle == 1 else 2.0
        for half, sign in enumerate((-1.0, 1.0)):
            step += 1
            x = np.linspace(0.0, 1.0, rows)
            deep = x if sign < 0 else 1 - x
            voltage = 0.08 + 0.62 * np.exp(-9 * deep) + 0.24 * (1 - deep)
            voltage = voltage + sign * 0.05 + 0.004 * np.sin(40 * deep)
            seconds = hours * HOUR * fade
            time = t0 + x * seconds
            current = np.full(rows, sign * 1.7e-3 / hours)
            charge = current * x * seconds / HOUR
            for name, values in {
                "test_time_second": time,
                "unix_time_second": NOW - 9e5 + time,
                "step_count": np.full(rows, float(step)),
                "cycle_count": np.full(rows, float(cycle)),
                "half_cycle": np.full(rows, float(2 * (cycle - 1) + half)),
                "step_time_second": x * seconds,
                "instrument_time_second": x * seconds,
                "technique_index": np.zeros(rows),
                "voltage_volt": voltage,
                "current_ampere": current,
                "step_net_capacity_ah": charge,
                "net_capacity_ah": charge,
            }.items():
                parts[name].append(values)
            t0 += seconds + 600.0
    return {name: np.concatenate(values) for name, values in parts.items()}


@cache
def cycle_table(cycles: int) -> Table:
    """Return capacity and efficiency of every cycle."""
    n = np.arange(1, cycles + 1, dtype=float)
    out = 1.7e-3 * 0.998 ** (n - 1)
    efficiency = 99.7 - 11.0 * np.exp(-1.8 * (n - 1))
    zero = np.zeros(cycles)
    return _filled(
        columns.CYCLES,
        {
            "test_time_second": n * 4 * HOUR,
            "cycle_count": n,
            "cycle_discharging_capacity_ah": out,
            "cycle_charging_capacity_ah": out * efficiency / 100,
            "coulombic_efficiency_percent": efficiency,
            "specific_capacity_mah_g": out * 1e3 / 0.6e-3 / 1e3,
            "rate_ampere": zero,
        },
    )


@cache
def eis_table(spectra: int = 6) -> Table:
    """Return spectra of two arcs and a diffusion tail, growing with time."""
    parts: dict[str, list[Array]] = {}
    f = np.logspace(5, -2, 57)
    w = 2j * np.pi * f
    for k in range(spectra):
        r1, r2 = 30 + 6 * k, 55 + 14 * k
        z = 4.0 + r1 / (1 + w * r1 * 1e-5) + r2 / (1 + w * r2 * 4e-3)
        z = z + 18 / np.sqrt(w)
        for name, values in {
            "test_time_second": k * 4 * HOUR + np.arange(len(f), dtype=float),
            "spectrum_id": np.full(len(f), float(k)),
            "frequency_hertz": f,
            "real_impedance_ohm": z.real,
            "imaginary_impedance_ohm": z.imag,
            "minus_imaginary_impedance_ohm": -z.imag,
        }.items():
            parts.setdefault(name, []).append(values)
    return _filled(columns.EIS, {n: np.concatenate(v) for n, v in parts.items()})


@cache
def iv_table() -> Table:
    """Return two sweeps of a diode-like particle with hysteresis."""
    sweep = np.concatenate([np.linspace(-1, 1, 101), np.linspace(1, -1, 101)])
    current = 2e-8 * np.sinh(3 * sweep) + 6e-9 * np.sign(np.gradient(sweep))
    return _filled(
        columns.IV,
        {
            "test_time_second": np.arange(202, dtype=float),
            "sweep_id": np.repeat([0.0, 1.0], 101),
            "voltage_volt": sweep,
            "current_ampere": current,
            "source_ampere": current,
            "in_compliance": np.zeros(202),
        },
    )


@cache
def hall_table() -> Table:
    """Return the four Hall configurations of a film over a field sweep."""
    field_t = np.tile(np.linspace(-0.5, 0.5, 11), 4)
    leads = np.repeat([[1, 3, 2, 4], [3, 1, 4, 2], [2, 4, 3, 1], [4, 2, 1, 3]], 11, 0)
    sign = np.repeat([1.0, 1.0, -1.0, -1.0], 11)
    current = np.full(44, 2e-3)
    voltage = current * (0.31 * field_t * sign + 0.02)
    return _filled(
        columns.HALL,
        {
            "test_time_second": np.arange(44, dtype=float) * 4,
            "current_in_contact": leads[:, 0].astype(float),
            "current_out_contact": leads[:, 1].astype(float),
            "voltage_high_contact": leads[:, 2].astype(float),
            "voltage_low_contact": leads[:, 3].astype(float),
            "source_ampere": current,
            "voltage_volt": voltage,
            "field_tesla": field_t,
            "field_setpoint_tesla": field_t,
        },
    )


def _filled(stream: Stream, known: Table) -> Table:
    rows = len(next(iter(known.values())))
    empty = np.full(rows, math.nan)
    return {c.name: np.asarray(known.get(c.name, empty), float) for c in stream.columns}


@dataclass
class FakeRun:
    """A run that the fake station knows."""

    summary: RunSummary
    tables: dict[str, tuple[Stream, Table]]
    plots: list[Plot] = field(default_factory=list)
    envelope: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    pyramids: dict[str, Pyramid] = field(default_factory=dict)
    view: str = ""
    """The protocol's word for its own figures."""
    drawn: RunFigures | None = None
    """What its protocol draws; None: nothing yet."""

    def pyramid(self, stream: str) -> Pyramid:
        """Return a stream as the station keeps it."""
        if stream not in self.pyramids:
            found, table = self.tables[stream]
            made = Pyramid([c.name for c in found.columns])
            made.add(table)
            self.pyramids[stream] = made
        return self.pyramids[stream]


def summary(
    name: str, sample: str, channels: dict[str, str], **more: Any
) -> RunSummary:
    """Return a run that goes on, unless ``more`` says otherwise."""
    about: dict[str, Any] = {
        "run": name,
        "protocol": "formation-cycling",
        "title": "Formation, then cycles at a working rate",
        "sample": sample,
        "channels": channels,
        "state": RunState.RUNNING,
        "reason": "",
        "asked": "",
        "step_count": 3,
        "step_label": "lithiation at C/20",
        "technique": "ConstantCurrent",
        "cycle": 1,
        "test_time": 40 * HOUR,
        "rows": 1000,
        "last": {"voltage_volt": 0.3127, "current_ampere": -0.0001417},
        "started_unix": NOW - 40 * HOUR,
        "ended_unix": None,
        "expected_duration": 90 * HOUR,
        "simulated": True,
        "operator": "Kim",
        "trouble": "",
    }
    return RunSummary(**{**about, **more})


def cell_run(k: int, cycles: int, channel: str, **more: Any) -> FakeRun:
    """Return a cycled cell with its streams."""
    series, per_cycle = cell_table(cycles), cycle_table(max(cycles - 1, 1))
    time = float(series["test_time_second"][-1])
    rows = len(series["test_time_second"])
    about: dict[str, Any] = {
        "cycle": cycles,
        "rows": rows,
        "test_time": time,
        "expected_duration": time / 0.62,
        "step_count": 2 * cycles,
        "started_unix": NOW - time - 60 * k,
        "step_label": "delithiation at C/2",
        "last": {
            "voltage_volt": float(series["voltage_volt"][-1]) + 0.01 * k,
            "current_ampere": float(series["current_ampere"][-1]),
            "step_net_capacity_ah": float(series["step_net_capacity_ah"][-1]),
        },
        **more,
    }
    run = f"20260801-0{k:02d}000-formation-cycling-{SAMPLES[k % 5]}"
    return FakeRun(
        summary(run, f"{SAMPLES[k % 5]}-{k}", {"cell": channel}, **about),
        {
            "timeseries": (columns.TIMESERIES, series),
            "cycles": (columns.CYCLES, per_cycle),
            "eis": (columns.EIS, eis_table()),
        },
        envelope={
            "voltage_volt": (0.0, 1.5),
            "current_ampere": (-0.004, 0.004),
        },
    )


def bench_run(kind: str) -> FakeRun:
    """Return a finished ``hall`` or a running ``iv`` measurement."""
    if kind == "hall":
        channels = dict(
            zip(
                ("current_source", "voltmeter", "switch", "gaussmeter", "magnet"),
                BENCH[2:],
                strict=True,
            )
        )
        about = summary(
            "20260806-100000-hall-effect-film-7",
            "film-7",
            channels,
            protocol="hall-effect",
            title="Carrier type, density and mobility from the Hall effect",
            technique="ReadFilm",
            step_label="Hall at 0.30 T",
            cycle=0,
            last={"voltage_volt": 6.21e-4, "field_tesla": 0.3},
            test_time=420.0,
            expected_duration=600.0,
            rows=44,
        )
        return FakeRun(about, {"hall": (columns.HALL, hall_table())})
    about = summary(
        "20260806-110000-particle-iv-p3",
        "particle-3",
        {"source_meter": "k2450"},
        protocol="particle-iv",
        title="Current against voltage of a single particle",
        technique="SweepSource",
        step_label="sweep 2 of 4",
        cycle=0,
        last={"voltage_volt": 0.42, "current_ampere": 6.1e-8},
        test_time=180.0,
        expected_duration=400.0,
        rows=202,
    )
    return FakeRun(about, {"iv": (columns.IV, iv_table())})


class FakeStation(StationClient):
    """A station that is made up."""

    def __init__(self, scenario: str = "one") -> None:
        self.acts: list[tuple[Any, ...]] = []
        self.gone = False
        """True: nobody answers."""
        self.refuses = ""
        self.silent_samples = 0
        """How often the question for samples is not answered."""
        self.figures_asked = 0
        """How often a protocol's own figures were asked for."""
        self.sequence = 1
        self.boot = "b1"
        self.stop_report: StopReport | None = None
        self.doubts: dict[str, str] = {}
        """Channels that may still be on, and why."""
        self.stays_on = ""
        """Why no channel can be made safe; empty if it can."""
        self.event_list: list[StationEvent] = []
        self.queue_list: list[QueueEntry] = []
        self.fake_runs: dict[str, FakeRun] = {}
        for run in _SCENARIOS[scenario]():
            self.add(run)
        if scenario == "alarm":
            self._alarms()

    def add(self, run: FakeRun) -> None:
        """Add a run."""
        self.fake_runs[run.summary.run] = run
        self.sequence += 1

    def change(self, run: str, **changes: Any) -> None:
        """Change a run's summary."""
        known = self.fake_runs[run]
        known.summary = known.summary.model_copy(update=changes)
        self.sequence += 1

    # ---- looking

    def state(self, since: int = -1, wait: float = 0.0) -> State:
        self._answer()
        lent = {
            channel: run.summary.run
            for run in self.fake_runs.values()
            if run.summary.ended_unix is None
            and run.summary.state is not RunState.INTERRUPTED
            for channel in run.summary.channels.values()
        }
        return State(
            sequence=self.sequence,
            unix=NOW,
            clock_unix=NOW,
            station=StationInfo(
                name="battery-bench",
                simulated=True,
                speed=1.0,
                version="0.1.0",
                pid=4711,
                boot=self.boot,
                started_unix=NOW - 3.5e6,
                data="/data/runs",
                operator="Kim",
            ),
            health=Health(
                ok=True,
                disk_free=412_000_000_000,
                findings=[Finding(name="disk", ok=True, what="412 GB free")],
            ),
            channels=[
                Channel(
                    name=channel,
                    instrument=channel.partition("/")[0],
                    roles=ROLES.get(channel, ["cell"]),
                    state=self._channel_state(channel, lent),
                    run=lent.get(channel, ""),
                    held=False,
                    held_because="",
                    queued=0,
                    doubt="" if channel in lent else self.doubts.get(channel, ""),
                )
                for channel in [*CELLS, *BENCH]
            ],
            runs=[run.summary for run in self.fake_runs.values()],
            queue=self.queue_list,
            attention=[e for e in self.event_list if e.needs_you][::-1],
            last_event=max((e.number for e in self.event_list), default=0),
            stop=self.stop_report,
        )

    def protocols(self) -> list[ProtocolOut]:
        self._answer()
        return protocols()

    def samples(self) -> list[SampleOut]:
        self._answer()
        if self.silent_samples:
            self.silent_samples -= 1
            raise LinkError("timed out")
        cell = {
            "active_mass": "1.25 mg",
            "area": "1.131 cm²",
            "one_c": "3350 mAh/g",
            "first_step": "lithiation",
            "preset": "half-cell",
        }
        return [
            SampleOut(
                name="si-qms-0.7",
                kind="half_cell",
                title="QMS, 0.7 at% sulfur",
                simulated=True,
                label={"name": "si-qms-0.7", "kind": "half_cell", **cell},
            ),
            SampleOut(
                name="film-7",
                kind="film",
                title="QMS film, 1.2 µm",
                simulated=True,
                label={"name": "film-7", "kind": "film", "thickness": "1.2 µm"},
            ),
            SampleOut(
                name="particle-3",
                kind="particle",
                title="one particle",
                simulated=True,
                label={"name": "particle-3", "kind": "particle", "length": "8 µm"},
            ),
        ]

    def instruments(self) -> list[InstrumentOut]:
        self._answer()
        lent = {c.name: c.run for c in self.state().channels}
        k2450 = InstrumentOut(
            name="k2450",
            driver="keithley-2450",
            address="USB0::0x05E6::0x2450::04089762::INSTR",
            open=True,
            identity={
                "maker": "Keithley",
                "model": "2450",
                "serial": "04089762",
                "firmware": "1.7.12b",
            },
            error="",
            channels=[
                ChannelOut(
                    channel="k2450",
                    plays=["SourceMeter"],
                    lent_to=lent["k2450"],
                )
            ],
        )
        return [
            InstrumentOut(
                name="vsp300",
                driver="biologic",
                address="192.168.0.10",
                open=False,
                identity={},
                error="",
                channels=[
                    ChannelOut(channel=s, plays=[], lent_to=lent[s]) for s in CELLS[:6]
                ],
            ),
            k2450,
        ]

    def check(self, order: OrderIn) -> Checked:
        self._answer()
        if self.refuses:
            name, _, what = self.refuses.partition(": ")
            return Checked(
                ok=False,
                complaints=[Complaint(("parameters", name), what)],
                warnings=[],
                channels={},
                limits={},
                parameters={},
            )
        kind = next(p for p in protocols() if p.name == order.protocol)
        roles = (
            {"current_source": "k6221", "voltmeter": "k2182a", "switch": "k7001"}
            if "film" in kind.sample_kinds and "half_cell" not in kind.sample_kinds
            else {"cell": order.channels.get("cell", "vsp300/5")}
        )
        return Checked(
            ok=True,
            complaints=[],
            warnings=[],
            channels=roles,
            limits={"voltage_volt": (0.0, 1.5), "current_ampere": (-0.004, 0.004)},
            parameters={},
            doubtful={s: w for s, w in self.doubts.items() if s in roles.values()},
            busy={
                c.name: c.run
                for c in self.state().channels
                if c.run and c.name in roles.values()
            },
        )

    def forecast(self, order: OrderIn, deadline: float = 20.0) -> ForecastOut:
        self._answer()
        return forecast_of(4, order.protocol)

    def expected(self, run: str) -> ForecastOut | None:
        self._answer()
        known = self.fake_runs[run]
        if "timeseries" not in known.tables:
            return None
        return forecast_of(2 * max(known.summary.cycle, 2), "")

    def run(self, run: str) -> RunDetail:
        self._answer()
        known = self._known(run)
        return RunDetail(
            summary=known.summary,
            folder=f"/data/runs/{run}",
            sample={"name": known.summary.sample, "active_mass": 6e-7, "area": 1.1e-4},
            parameters_given={},
            parameters={},
            instruments={},
            versions={"labctl-bench": "0.1.0"},
            streams=[
                StreamOut(
                    name=name,
                    title=stream.title,
                    columns=[
                        Column(name=c.name, unit=c.unit, long_name=c.long_name)
                        for c in stream.columns
                    ],
                    rows=len(next(iter(table.values()))),
                )
                for name, (stream, table) in known.tables.items()
            ],
            plots=known.plots,
            envelope=known.envelope,
            view=known.view,
        )

    def runs(
        self,
        search: str = "",
        limit: int = 100,
        offset: int = 0,
        order: RunOrder = RunOrder.STARTED,
        *,
        ascending: bool = False,
    ) -> RunList:
        self._answer()
        kept = read_search(search).keeps
        found = [r.summary for r in self.fake_runs.values() if kept(r.summary)]
        found = in_order(found, order, ascending=ascending)
        return RunList(total=len(found), runs=found[offset : offset + limit])

    def steps(self, run: str, after: int = 0, limit: int = 500) -> list[StepOut]:
        self._answer()
        known = self._known(run)
        if "timeseries" not in known.tables:
            return []
        table = known.tables["timeseries"][1]
        live = known.summary.ended_unix is None
        steps = []
        for count in range(1, int(table["step_count"][-1]) + 1):
            own = np.flatnonzero(table["step_count"] == count)
            begin, end = table["test_time_second"][own[[0, -1]]]
            last = live and count == int(table["step_count"][-1])
            steps.append(
                StepOut(
                    step_count=count,
                    label=("lithiation" if count % 2 else "delithiation") + " at C/2",
                    kind="RunTechniques",
                    cycle=(count + 1) // 2,
                    began=float(begin),
                    ended=None if last else float(end),
                    reason="" if last else "condition",
                    condition="" if last else "lower_voltage",
                    duration=None if last else float(end - begin),
                    charge=None if last else float(table["net_capacity_ah"][own[-1]]),
                    energy=None,
                    rows=None if last else len(own),
                )
            )
        return [s for s in steps if s.step_count > after][:limit]

    def run_events(self, run: str, after: int = 0, limit: int = 500) -> list[RunEvent]:
        self._answer()
        return [
            RunEvent(
                number=1,
                level=Level.INFO,
                code="firmware",
                text="every limit is in the firmware",
                test_time=0.4,
                unix=NOW,
            )
        ]

    def results(self, run: str) -> dict[str, Result]:
        self._answer()
        return {
            "initial_coulombic_efficiency": Result(92.84, "%", 0.11),
            "first_discharge_capacity": Result(2871.3, "mAh/g", 23.0),
            "fade": Result.absent("%", "ten cycles are needed"),
        }

    def window(
        self,
        run: str,
        stream: str,
        y: Sequence[str],
        *,
        x: str = "test_time_second",
        begin: float | None = None,
        end: float | None = None,
        px: int = 800,
    ) -> Columns:
        self._answer()
        low = -math.inf if begin is None else begin
        high = math.inf if end is None else end
        if stream not in self._known(run).tables:
            raise OperatorError(f"{run} has no stream {stream}")
        return self._known(run).pyramid(stream).window(x, tuple(y), low, high, px)

    def events(self, after: int = -1, limit: int = 200) -> list[StationEvent]:
        self._answer()
        return [e for e in self.event_list if e.number > after]

    def figures(self, run: str) -> RunFigures:
        self._answer()
        self.figures_asked += 1
        known = self._known(run)
        tables = {name: table for name, (_, table) in known.tables.items()}
        made = (
            *of_a_cell(tables, self._sample(run)),
            *of_readings(tables),
            *(from_plot(plot, tables[plot.stream]) for plot in known.plots),
        )
        found = RunFigures(figures=list(bounded(made)), rows=known.summary.rows)
        return known.drawn or found

    def overlay(self, asked: Asked) -> Overlay:
        self._answer()
        found = []
        for run in asked.runs:
            known = self._known(run)
            about = known.summary
            tables = {
                name: table
                for name, (_, table) in known.tables.items()
                if len(next(iter(table.values())))
            }
            given = (about.run, about.protocol, about.title, self._sample(run))
            compared = ComparedRun(*given, about.simulated, tables, self.results(run))
            found.append(comparison.read(compared, asked))
        return comparison.compared(found, asked)

    def _sample(self, run: str) -> Sample:
        label = {"kind": "half_cell", **self.run(run).sample}
        return Sample.model_validate(label, context=SI)

    def report(self, run: str) -> str:
        self._answer()
        return f"<html><title>{run}</title></html>"

    def compare(
        self,
        runs: Sequence[str],
        by: Grouping = Grouping.SAMPLE,
        words: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> str:
        self._act("compare", tuple(runs), by, tuple(words), tuple(without))
        return f"<html><title>{len(runs)} runs</title></html>"

    # ---- doing

    def start(self, order: OrderIn) -> Started:
        self._act("start", order)
        k = len(self.fake_runs) + 1
        run = cell_run(k, 1, order.channels.get("cell", "vsp300/5"))
        self.add(run)
        return Started(run=run.summary.run, channels=run.summary.channels, warnings=[])

    def enqueue(self, order: OrderIn, *, ready: bool = False) -> Queued:
        self._act("enqueue", order)
        self.queue_list.append(
            QueueEntry(
                entry="0000000a",
                order=order.model_dump(mode="json"),
                protocol=order.protocol,
                sample=order.sample,
                channels=order.channels,
                ready=ready,
                hold=False,
                waits_for="the sample is not marked as connected",
                added_by="Kim",
                added_unix=NOW,
            )
        )
        self.sequence += 1
        return Queued(entry="0000000a")

    def change_queue(
        self,
        entry: str,
        *,
        ready: bool | None = None,
        hold: bool | None = None,
        position: int | None = None,
    ) -> Accepted:
        return self._act("change_queue", entry, ready, hold, position)

    def unqueue(self, entry: str) -> Accepted:
        self.queue_list = [e for e in self.queue_list if e.entry != entry]
        return self._act("unqueue", entry)

    def hold_channel(self, channel: str, reason: str = "") -> Accepted:
        return self._act("hold_channel", channel, reason)

    def clear_channel(
        self, channel: str, *, by_hand: bool = False, reason: str = ""
    ) -> Accepted:
        if self.stays_on and not by_hand:
            raise InstrumentError(self.stays_on)
        self.doubts.pop(channel, None)
        for run in self.fake_runs.values():
            left = {s: why for s, why in run.summary.unsafe.items() if s != channel}
            run.summary = run.summary.model_copy(update={"unsafe": left})
        return self._act("clear_channel", channel, by_hand, reason)

    def release_channel(self, channel: str) -> Accepted:
        return self._act("release_channel", channel)

    def hold(self, run: str, reason: str = "") -> Accepted:
        self.change(run, state=RunState.HOLD, reason=reason or "by Kim")
        return self._act("hold", run, reason)

    def resume(
        self, run: str, reason: str = "", *, accept_voltage: bool = False
    ) -> Accepted:
        self.change(run, state=RunState.RUNNING, reason="")
        return self._act("resume", run, reason)

    def skip(self, run: str, reason: str = "") -> Accepted:
        return self._act("skip", run, reason)

    def stop(self, run: str, reason: str = "") -> Accepted:
        self.change(run, asked="stop")
        return self._act("stop", run, reason)

    def finish(self, run: str, reason: str = "") -> Accepted:
        return self._act("finish", run, reason)

    def discard(self, run: str, reason: str = "") -> Accepted:
        return self._act("discard", run, reason)

    def stop_all(self, reason: str = "") -> Accepted:
        live = [r.summary for r in self.fake_runs.values() if not r.summary.ended_unix]
        self.stop_report = StopReport(
            asked_unix=NOW,
            by="Kim",
            reason=reason,
            done=True,
            lines=[
                StopLine(
                    run=run.run,
                    channels=list(run.channels.values()),
                    asked_unix=NOW,
                    confirmed_unix=NOW + 0.4,
                    confirmed=True,
                    measured={f"{next(iter(run.channels.values()))} current A": 0.0},
                    text="every output was made safe",
                )
                for run in live
            ],
        )
        for run in live:
            self.change(run.run, state=RunState.STOPPED, ended_unix=NOW)
        return self._act("stop_all", reason)

    def acknowledge(self, number: int, by: str) -> StationEvent:
        self._act("acknowledge", number, by)
        at = next(k for k, e in enumerate(self.event_list) if e.number == number)
        self.event_list[at] = self.event_list[at].model_copy(
            update={"needs_you": False, "acknowledged_by": by}
        )
        return self.event_list[at]

    def keep_sample(self, name: str, label: Mapping[str, Any]) -> SampleOut:
        self._act("keep_sample", name, dict(label))
        return SampleOut(
            name=name, kind="half_cell", title="", simulated=False, label=dict(label)
        )

    def open_instrument(self, name: str) -> Accepted:
        return self._act("open_instrument", name)

    def request(
        self, run: str, request: str, values: Mapping[str, Any] | None = None
    ) -> Accepted:
        return self._act("request", run, request, values)

    def close(self) -> None:
        """Nothing to close."""

    # ---- how

    def tell(self, level: Level, text: str, run: str = "") -> None:
        """Let something happen."""
        number = len(self.event_list) + 1
        self.event_list.append(
            StationEvent(
                number=number,
                level=level,
                code="limit",
                text=text,
                run=run,
                first_unix=NOW,
                last_unix=NOW,
                count=1,
                needs_you=level is Level.ALARM,
                acknowledged_by="",
                acknowledged_unix=None,
            )
        )
        self.sequence += 1

    def _alarms(self) -> None:
        names = list(self.fake_runs)
        text = "voltage 1.532 V is above the limit of 1.5 V; the circuit was opened"
        self.change(names[1], state=RunState.LIMIT, reason=text, ended_unix=NOW)
        self.tell(Level.INFO, "hourly check passed")
        self.tell(Level.WARNING, "coulombic efficiency 98.1 %, 4.2 σ low", names[0])
        self.tell(Level.ALARM, text, names[1])

    def leave_on(self, run: str, why: str) -> None:
        """Let a run end although one of its outputs could not be made safe."""
        channel = next(iter(self.fake_runs[run].summary.channels.values()))
        self.doubts[channel] = why
        text = f"{run} was ended, {why}"
        self.change(
            run,
            state=RunState.FAILED,
            reason=why,
            ended_unix=NOW,
            unsafe={channel: why},
        )
        self.tell(Level.ALARM, text, run)

    def _channel_state(self, channel: str, lent: Mapping[str, str]) -> ChannelState:
        if channel in lent:
            return ChannelState.BUSY
        return ChannelState.DOUBTFUL if channel in self.doubts else ChannelState.FREE

    def _known(self, run: str) -> FakeRun:
        if run not in self.fake_runs:
            raise OperatorError(f"there is no run {run}")
        return self.fake_runs[run]

    def _answer(self) -> None:
        if self.gone:
            raise LinkError("the station does not answer")

    def _act(self, *what: Any) -> Accepted:
        self._answer()
        self.acts.append(what)
        self.sequence += 1
        return Accepted(sequence=self.sequence)


@cache
def forecast_of(cycles: int, protocol: str) -> ForecastOut:
    """Return what a run of so many cycles comes to."""
    table = cell_table(cycles)
    every = max(len(table["test_time_second"]) // 800, 1)
    duration = float(table["test_time_second"][-1])
    names = ("test_time_second", "voltage_volt", "current_ampere")
    curve = {n: tuple(table[n][::every].tolist()) for n in names}
    return ForecastOut(
        status="completed",
        reason="",
        duration=duration,
        end_unix=NOW + duration,
        steps=2 * cycles,
        rows=len(table["test_time_second"]),
        file_bytes=410_000,
        extremes={"voltage_volt": (0.04, 1.02), "current_ampere": (-8.5e-4, 8.5e-4)},
        curve=curve if "hall" not in protocol else {},
        plan=[
            PlannedStep(
                label=("lithiation" if k % 2 == 0 else "delithiation") + " at C/2",
                cycle=k // 2 + 1,
                began=k * 2.2 * HOUR,
                ended=(k + 0.9) * 2.2 * HOUR,
            )
            for k in range(2 * cycles)
        ],
    )


def _one() -> list[FakeRun]:
    return [cell_run(1, 12, CELLS[0])]


def _sixteen() -> list[FakeRun]:
    runs = [cell_run(k, 4 + k, channel) for k, channel in enumerate(CELLS)]
    shown: list[dict[str, Any]] = [
        {},
        {"technique": "ConstantCurrent", "last": _last(0.61, -8.1e-4)},
        {"technique": "ConstantVoltage", "last": _last(1.2, 4.2e-5)},
        {"technique": "OpenCircuit", "last": _last(0.7431, 0.0)},
        {"technique": "Spectrum", "last": _last(0.512, -8e-5, frequency_hertz=0.21)},
        {"state": RunState.HOLD, "reason": "by Kim: check the temperature"},
        {"state": RunState.COMPLETED, "ended_unix": NOW - 9000.0},
    ]
    for k, run in enumerate(runs):
        changes = shown[k % len(shown)]
        run.summary = run.summary.model_copy(update=changes)
    return [*runs, bench_run("hall"), bench_run("iv")]


def _last(voltage: float, current: float, **more: float) -> dict[str, float | None]:
    return {"voltage_volt": voltage, "current_ampere": current, **more}


def _few() -> list[FakeRun]:
    return [
        cell_run(1, 12, CELLS[0]),
        cell_run(2, 6, CELLS[1]),
        bench_run("hall"),
        bench_run("iv"),
    ]


_SCENARIOS = {
    "empty": list,
    "one": _one,
    "few": _few,
    "sixteen": _sixteen,
    "alarm": _few,
}
