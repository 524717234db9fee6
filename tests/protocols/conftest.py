"""A channel that plays its role straight on the simulated cell, and runs on it.

No driver and no store: protocols are tested by themselves, in virtual time, on the
same physics that the instruments' twins see.
"""

import itertools
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from drivers.twins.world import catalogue
from drivers.twins.world.cell import Cell
from labctl.clock import VirtualClock
from labctl.data import Array, Batch, Event, Outcome
from labctl.engine.ledger import Ledger
from labctl.engine.run import Engine
from labctl.engine.situation import Ended
from labctl.limits import Envelope
from labctl.protocol import ClaimRecord, Protocol, StepRecord
from labctl.roles.capability import Capability
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.roles.potentiostat import Loaded, Poll
from labctl.sample import Sample
from labctl.station import LentBench
from labctl.store.header import RunHeader
from labctl.techniques import (
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Spectrum,
    Technique,
    VoltageSweep,
)

FIRMWARE = {
    ConditionQuantity.VOLTAGE,
    ConditionQuantity.CURRENT,
    ConditionQuantity.ABSOLUTE_CURRENT,
}
NOISE = 1e-5  # V and, relative, A


class CellChannel:
    """A `PotentiostatChannel` whose firmware is a generator over a cell."""

    def __init__(
        self,
        cell: Cell,
        clock: VirtualClock,
        seed: int = 0,
        beside: "CellChannel | None" = None,
    ) -> None:
        self.cell, self.clock = cell, clock
        self.beside = beside
        """The channel that drives the cell while this one only watches."""
        self.voltage = cell.voltage()
        self.current = 0.0
        self.truths: list[float] = []
        """R_ct at the middle of each spectrum's lowest frequency, Ω."""
        self._random = np.random.default_rng(seed)
        self._techniques: Sequence[Technique] = ()
        self._rows: Iterator[tuple[str, dict[str, float]]] = iter(())
        self._next: tuple[str, dict[str, float]] | None = None
        self._seen: dict[str, float] = {}
        """The last row: what is seen between two."""
        self._begun = self._time = 0.0
        self._index = 0
        self._running = self._skip = self._over = False

    def capability(self) -> Capability:
        return Capability(current=0.4)

    def load(
        self,
        techniques: Sequence[Technique],
        envelope: Envelope | None = None,  # noqa: ARG002
    ) -> Loaded:
        self._techniques = techniques
        return Loaded(
            tuple(
                (k, c)
                for k, t in enumerate(techniques)
                if not isinstance(t, Loop)
                for c in t.until
                if c.quantity not in FIRMWARE or isinstance(t, Spectrum)
            )
        )

    def start(self) -> None:
        self._begun, self._time = self.clock.now(), 0.0
        self._running, self._over = True, False
        self._rows, self._next, self._seen = self._programme(), None, {}

    def adopt(
        self,
        techniques: Sequence[Technique],  # noqa: ARG002
        token: Mapping[str, Any],  # noqa: ARG002
        started_unix: float,  # noqa: ARG002
        envelope: Envelope | None = None,  # noqa: ARG002
    ) -> bool:
        return False

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:  # noqa: ARG002
        return False

    def sense(self) -> Mapping[str, float]:
        return {"voltage_volt": self.cell.voltage(), "current_ampere": 0.0}

    def poll(self) -> Poll:
        now = self.clock.now() - self._begun
        if self.beside is not None:
            return self._watched(now)
        streams: dict[str, list[dict[str, float]]] = {}
        while self._running:
            if self._next is None:
                self._next = next(self._rows, None)
            if self._next is None:
                self._running = False
                break
            stream, row = self._next
            if row["instrument_time_second"] > now:
                break
            self._next = None
            self._seen = row
            streams.setdefault(stream, []).append(row)
        batches = tuple(
            Batch(name, {k: np.array([row[k] for row in rows]) for k in rows[0]})
            for name, rows in streams.items()
        )
        names = ("voltage_volt", "current_ampere")
        live: dict[str, float] = {}
        if self._running and self._seen:
            live = {name: self._seen[name] for name in names}
            live["instrument_time_second"] = now
        index = min(self._index, len(self._techniques) - 1)
        return Poll(batches, self._running, index, live=live)

    def _watched(self, now: float) -> Poll:
        assert self.beside is not None
        row = self._row(self.beside.voltage, 0.0)[1]
        row["instrument_time_second"] = now
        batch = Batch("timeseries", {k: np.array([x]) for k, x in row.items()})
        return Poll((batch,), running=True)

    def skip(self) -> None:
        self._skip = True

    def make_safe(self) -> None:
        self._running = False

    def _programme(self) -> Iterator[tuple[str, dict[str, float]]]:
        done: dict[int, int] = {}
        self._index = 0
        while self._index < len(self._techniques) and not self._over:
            technique = self._techniques[self._index]
            if isinstance(technique, Loop):
                done[self._index] = done.get(self._index, 0) + 1
                if done[self._index] < technique.passes:
                    self._index = technique.back_to
                    continue
            else:
                self._skip = False
                for row in self._technique(technique):
                    yield row
                    if self._skip:
                        break
            self._index += 1

    def _technique(self, t: Technique) -> Iterator[tuple[str, dict[str, float]]]:
        match t:
            case OpenCircuit():
                yield from self._driven(t, lambda _v: 0.0)
            case ConstantCurrent():
                yield from self._driven(t, lambda _v: t.current)
            case ConstantPower():
                yield from self._driven(t, lambda v: t.power / v)
            case ConstantVoltage():
                offset = self.cell.voltage() if t.versus_initial else 0.0
                end = self._time + t.duration
                while self._time < end - 1e-9:
                    dt = min(t.record.every_s or 1.0, end - self._time)
                    current = self.cell.step_voltage(t.voltage + offset, dt)
                    self._time += dt
                    yield self._row(t.voltage + offset, current)
                    if self._met(t.until, t.voltage + offset, current):
                        return
            case VoltageSweep():
                yield from self._sweep(t)
            case Spectrum():
                yield from self._spectrum(t)

    def _driven(
        self, t: Any, law: Callable[[float], float]
    ) -> Iterator[tuple[str, dict[str, float]]]:
        end = self._time + t.duration
        lower, upper = -math.inf, math.inf
        for c in t.until:
            if c.quantity is ConditionQuantity.VOLTAGE and c.comparison == ">=":
                upper = c.value
            elif c.quantity is ConditionQuantity.VOLTAGE:
                lower = c.value
        dt = min(1.0, t.record.every_s or 60.0)
        while self._time < end - 1e-9:
            current = law(self.cell.voltage())
            before = self.cell.voltage(current)
            step = min(dt, end - self._time)
            passed = self.cell.advance(current, step, lower, upper)
            self._time += passed
            voltage = self.cell.voltage(current)
            yield self._row(voltage, current)
            if self._met(t.until, voltage, current) or passed < step:
                return
            moved = abs(voltage - before)
            most = t.record.every_s or 60.0
            fine = t.record.every_volt or math.inf
            dt = min(most, max(1.0, dt * 2.0 if moved < fine / 2 else dt / 2.0))
            dt = min(most, dt)

    def _sweep(self, t: VoltageSweep) -> Iterator[tuple[str, dict[str, float]]]:
        first, *turns, last = t.vertices
        path = [first, *(turns * t.cycles), last]
        every = t.record.every_volt or 0.001
        for begin, end in itertools.pairwise(path):
            count = max(round(abs(end - begin) / every), 1)
            for voltage in np.linspace(begin, end, count + 1)[1:]:
                dt = abs(end - begin) / count / t.scan_rate
                before = self.cell.charge
                self.cell.step_voltage(float(voltage), dt)
                self._time += dt
                yield self._row(float(voltage), (self.cell.charge - before) / dt)

    def _spectrum(self, t: Spectrum) -> Iterator[tuple[str, dict[str, float]]]:
        start = self.cell.voltage() if t.versus_initial else 0.0

        def hold(dt: float) -> tuple[float, float]:
            self._time += dt
            if t.galvanostatic:
                self.cell.advance(t.bias, dt)
                return self.cell.voltage(t.bias), t.bias
            return t.bias + start, self.cell.step_voltage(t.bias + start, dt)

        if t.settle:
            yield self._row(*hold(t.settle))
        for f in np.geomspace(t.first_frequency, t.last_frequency, t.points):
            dt = max(0.3, (t.averages + t.wait_periods) / f)
            dt *= 2 if t.drift_correction else 1
            _, current = hold(0.5 * dt)
            z = complex(self.cell.impedance([f], current)[0])
            z *= 1 + 1e-4 * complex(*self._random.standard_normal(2))
            voltage, current = hold(0.5 * dt)
            sine = t.amplitude if t.galvanostatic else t.amplitude / abs(z)
            if f == t.last_frequency:
                (grain,) = self.cell.state.working.grains
                theta = float(grain.theta[-1])
                self.truths.append(self.cell.charge_transfer_resistance(theta, current))
            yield (
                "eis",
                {
                    "instrument_time_second": self._time,
                    "technique_index": self._index,
                    "frequency_hertz": float(f),
                    "real_impedance_ohm": z.real,
                    "imaginary_impedance_ohm": z.imag,
                    "voltage_volt": voltage,
                    "current_ampere": current,
                    "voltage_amplitude_volt": sine * abs(z),
                    "current_amplitude_ampere": sine,
                },
            )

    def _row(self, voltage: float, current: float) -> tuple[str, dict[str, float]]:
        self.voltage, self.current = voltage, current
        a, b = self._random.standard_normal(2)
        return "timeseries", {
            "instrument_time_second": self._time,
            "voltage_volt": voltage + NOISE * a,
            "current_ampere": current * (1 + NOISE * b),
            "technique_index": self._index,
        }

    def _met(self, until: Sequence[Condition], voltage: float, current: float) -> bool:
        x = {
            ConditionQuantity.VOLTAGE: voltage,
            ConditionQuantity.CURRENT: current,
            ConditionQuantity.ABSOLUTE_CURRENT: abs(current),
        }
        for c in until:
            if c.quantity in FIRMWARE and c.holds(x[c.quantity], 1e-6):
                self._over = c.ends_all
                return True
        return False


@dataclass
class MemoryJournal:
    """Keeps what the engine writes; reads as a run."""

    sample: Sample
    records: dict[int, StepRecord] = field(default_factory=dict)
    batches: dict[str, list[Batch]] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    ended: Ended | None = None
    truths: list[float] = field(default_factory=list)

    def append(self, batch: Batch) -> None:
        self.batches.setdefault(batch.stream, []).append(batch)

    def begin_step(self, count: int, payload: Mapping[str, Any], time: float) -> None:
        self.records[count] = StepRecord(count, payload, time)

    def end_step(self, count: int, outcome: Outcome, time: float) -> None:
        record = self.records[count]
        again = Outcome.from_json(outcome.to_json())
        self.records[count] = StepRecord(
            count, record.payload, record.began, time, again
        )

    def event(self, event: Event, test_time: float, unix: float) -> None:  # noqa: ARG002
        self.events.append(event)

    def set_status(self, state: str, **_: Any) -> None:
        pass

    trouble: str = ""
    waits_since: float | None = None
    lives_on_reserve: bool = False

    def claim(self, record: ClaimRecord) -> None:
        del record

    def amend(self, header: RunHeader, unix: float) -> None:
        del header, unix

    def commit(self) -> int:
        return 0

    def commit_durably(
        self, deadline: float, until: threading.Event | None = None
    ) -> bool:
        del deadline, until
        return True

    def commit_claim(
        self, deadline: float, until: threading.Event | None = None
    ) -> bool:
        del deadline, until
        return True

    @property
    def steps(self) -> Sequence[StepRecord]:
        return tuple(self.records.values())

    def table(self, stream: str) -> Mapping[str, Array]:
        parts = self.batches.get(stream, [])
        if len(parts) > 1:  # joined once: later questions are cheap
            parts[:] = [
                Batch(
                    stream,
                    {
                        name: np.concatenate([p.columns[name] for p in parts])
                        for name in parts[0].columns
                    },
                )
            ]
        return {
            name: parts[0].columns[name] if parts else np.empty(0)
            for name in self.columns[stream]
        }

    def accuracy(self, role: str) -> ChannelAccuracy | None:
        del role
        return None


def plugged(
    kind: type[Protocol],
    sample_name: str,
    clock: VirtualClock | None = None,
    /,
    **given: Any,
) -> tuple[Protocol, LentBench]:
    """Return a protocol and the bench with the simulated cell that it measures."""
    clock = clock or VirtualClock(1.7e9)
    sample = Sample.model_validate(catalogue.label(sample_name))
    cell = catalogue.build_cell(sample_name)
    preset = kind.presets.get(sample.preset, {})
    parameters = kind.parameters_model.model_validate({**preset, **given})
    protocol = kind(parameters, sample)
    assert protocol.check() == []
    driving = CellChannel(cell, clock)
    roles = {"cell": driving}
    if "monitor" in protocol.roles():
        roles["monitor"] = CellChannel(cell, clock, 1, beside=driving)
    return protocol, LentBench(clock, roles)


def played(
    kind: type[Protocol], sample_name: str, **given: Any
) -> tuple[MemoryJournal, Protocol, Cell]:
    """Run a protocol on a simulated cell; text parameters as a person writes them."""
    protocol, bench = plugged(kind, sample_name, **given)
    driving = bench.roles["cell"]
    assert isinstance(driving, CellChannel)
    journal = MemoryJournal(
        protocol.sample,
        columns={s.name: tuple(c.name for c in s.columns) for s in protocol.streams},
    )
    engine = Engine(
        bench,
        journal,
        Ledger(protocol.streams),
        protocol.envelope(),
        bench.outputs(),
    )
    journal.ended = engine.run(protocol.plan())
    journal.truths = driving.truths
    if journal.ended.error is not None:
        raise journal.ended.error
    return journal, protocol, driving.cell


@pytest.fixture(scope="session")
def play() -> Callable[..., tuple[MemoryJournal, Protocol, Cell]]:
    """Return `played`."""
    return played


@pytest.fixture(scope="session")
def plug() -> Callable[..., tuple[Protocol, LentBench]]:
    """Return `plugged`."""
    return plugged
