"""A protocol that forms once and reads a resistance that its chamber warms."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from simple_chamber import ChamberBench, SimpleChamber

from labctl.analysis.temperature.law import KILOJOULE, Kind, Law
from labctl.analysis.uncertainty import Measured
from labctl.columns import AMBIENT_TEMPERATURE, STAMP
from labctl.data import Batch, Column, Result, Stream
from labctl.engine.auxiliaries import Auxiliaries, AuxiliaryChannel
from labctl.engine.control import Control
from labctl.engine.ledger import Ledger
from labctl.engine.run import Engine
from labctl.engine.situation import Ended, Recorded, Watchers
from labctl.figures.figure import Figure, Series
from labctl.protocol import (
    Bench,
    Ending,
    Parameters,
    Plan,
    Protocol,
    RecordedRun,
    Rows,
    Step,
    StepRecord,
)
from labctl.sample import Sample, SampleKind
from labctl.series.over_temperatures import over_temperatures
from labctl.session.thermometers import ChamberAir, TemperatureBeside
from labctl.session.view import JournalView
from labctl.sources import Source
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.journal.reader import JournalReader
from labctl.temperatures import Readings, Temperatures

ACTIVATION = 50.0
"""kJ/mol."""
READINGS = Stream(
    "readings",
    (
        *STAMP,
        Column("resistance_ohm", "ohm", "Resistance"),
        Column("sweep_id", "", "", "i8"),
    ),
)
SAMPLE = Sample(name="toy", kind=SampleKind.PELLET)


@dataclass(frozen=True, kw_only=True)
class ReadResistance(Step):
    """Read what the chamber makes of 100 Ω, five times."""

    sweep: int = 0
    noise: float = 0.0

    def execute(self, bench: Bench) -> Rows:
        chamber, ohm = bench.role("chamber", SimpleChamber), 0.0
        for k in range(5):
            bench.clock.sleep(60.0)
            kelvin = chamber.celsius() + 273.15
            ohm = 100 * math.exp(ACTIVATION / KILOJOULE * (1 / kelvin - 1 / 298.15))
            row = {
                "resistance_ohm": ohm * (1 + self.noise * (k - 2)),
                "sweep_id": self.sweep,
            }
            yield Batch.row("readings", row)
        return Ending(values={"ohm": ohm})


class ToyParameters(Parameters):
    """One number."""

    formation_cycles: int = 1


class Toy(Protocol):
    """See the module."""

    name = "toy"
    title = "A toy"
    parameters_model = ToyParameters
    streams: ClassVar[tuple[Stream, ...]] = (READINGS,)
    sample_kinds = frozenset({SampleKind.PELLET})
    laws: ClassVar[tuple[Law, ...]] = (
        Law("resistance", "activation_energy", Kind.RESISTANCE),
    )

    def roles(self) -> Mapping[str, type]:
        return {}

    def again(self, step: Step) -> Step | None:
        return None if step.cycle == 1 else step

    def plan(self) -> Plan:
        formed = yield ReadResistance(label="form", cycle=1, sweep=0)
        assert formed.values["ohm"] > 0
        yield ReadResistance(label="read", cycle=2, sweep=1)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        table = run.table("readings")
        own = table["resistance_ohm"][table["cycle_count"] == 2]
        value = float(np.mean(own)) if len(own) else math.nan
        found = Measured(value, "Ω", {Source("noise"): 0.001 * value})
        return {
            "resistance": found.to_result() if len(own) else Result.absent("Ω", "no")
        }

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        table = run.table("readings")
        series = Series("r", table["test_time_second"], table["resistance_ohm"])
        return (Figure("toy", "Toy", "t", "r", (series,)),)


def series_of(**given: Any) -> Protocol:
    """Return the toy at several temperatures."""
    kind = over_temperatures(Toy)
    given = {"temperatures": "10 °C; 25 °C; 45 °C", "soak": "10 min", **given}
    return kind(kind.parameters_model.model_validate(given), SAMPLE)


@dataclass
class ToyRun:
    """A run of the toy on a chamber of its own, in a folder."""

    folder: Path
    bench: ChamberBench = field(default_factory=ChamberBench)

    @property
    def journal(self) -> Path:
        return self.folder / "run" / "journal.sqlite"

    def go(
        self,
        protocol: Protocol,
        *,
        control: Control | None = None,
        watch: Any = None,
        recorded: Recorded | None = None,
        read_beside: bool = False,
    ) -> Ended:
        """Begin, or go on after ``recorded`` steps.

        ``read_beside``: its chamber is read every 10 s as what is around the sample.
        """
        header = RunHeader("run", "run", "toy", protocol.streams)
        opened = (
            Journal.create(self.journal, header)
            if recorded is None
            else Journal.open(self.journal)
        )
        with opened as journal:
            engine = Engine(
                self.bench,
                journal,
                Ledger(header.streams),
                protocol.envelope(),
                {"chamber": self.bench.chamber},
                control,
                Watchers(watch) if watch else None,
                auxiliaries=self._air() if read_beside else None,
            )
            ended = engine.run(protocol.plan(), recorded)
            journal.settle()
        return ended

    def _air(self) -> Auxiliaries:
        beside, air = TemperatureBeside(AMBIENT_TEMPERATURE), self.bench.chamber
        one = AuxiliaryChannel("ambient", "oven", 10.0, beside, ChamberAir(air))
        readings = {AMBIENT_TEMPERATURE.name: Readings(10.0)}
        return Auxiliaries(self.bench.clock, [one], Temperatures(readings))

    def steps(self) -> Sequence[StepRecord]:
        with JournalReader(self.journal) as reader:
            return reader.steps

    def results(self, protocol: Protocol) -> Mapping[str, Result]:
        with JournalReader(self.journal) as reader:
            return protocol.results(JournalView(SAMPLE, reader))

    def figures(self, protocol: Protocol) -> Sequence[Figure]:
        with JournalReader(self.journal) as reader:
            return protocol.figures(JournalView(SAMPLE, reader))
