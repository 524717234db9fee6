"""A chamber's front panel: a temperature, off, and a row a second meanwhile."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from labctl.data import Batch, Result, Stream
from labctl.errors import Complaint
from labctl.figures.figure import Plot
from labctl.protocol import Bench, Item, Parameters, RecordedRun
from labctl.quantities import Celsius
from labctl.sample import SampleKind
from labctl.steps.asking import KEPT, Ask, Panel
from labctl_climate.chamber import Chamber
from labctl_climate.climate import CLIMATE, PLOT, row_of
from labctl_climate.steps import ROLE, out_of_reach
from protocols.by_hand.by_hand import COMMON, ByHand, ByHandParameters, Doing


@dataclass(frozen=True, slots=True)
class Front:
    """Where the chamber stands between two requests."""

    temperature: float | None = None
    """°C; None: off."""

    @property
    def is_on(self) -> bool:
        """Whether it regulates."""
        return self.temperature is not None


@dataclass(frozen=True, kw_only=True)
class AskChamber(Ask):
    """Hold a temperature, or none, until a person asks for something else."""

    temperature: float | None = None
    """°C; None: off, its air is read all the same."""

    @property
    def holds(self) -> bool:
        """See `Ask`."""
        return self.temperature is not None

    def panel(self, bench: Bench) -> Panel:
        """See `Ask`."""
        return _Climate(bench.role(ROLE, Chamber), self.temperature)


class _Climate(Panel):
    def __init__(self, chamber: Chamber, temperature: float | None) -> None:
        self._chamber = chamber
        self._temperature = temperature

    def begin(self) -> Iterator[Item]:
        if self._temperature is not None:
            self._chamber.regulate(self._temperature)
        yield None

    def look(self) -> Iterator[Batch | None]:
        yield Batch.row(CLIMATE.name, row_of(self._chamber.read()))

    def end(self) -> None:
        self._chamber.make_safe()


class HoldTemperature(Parameters):
    """Go to a temperature and stay there."""

    temperature: Celsius
    """Of the chamber's air."""


class ChamberByHand(ByHand[Front]):
    """See the module."""

    name = "chamber-by-hand"
    title = "A chamber by hand"
    parameters_model = ByHandParameters
    requests: ClassVar[Mapping[str, type[Parameters]]] = {
        "hold-temperature": HoldTemperature,
        **COMMON,
    }
    streams: ClassVar[tuple[Stream, ...]] = (
        CLIMATE,
        dataclasses.replace(CLIMATE, name=KEPT, title="Readings that were kept"),
    )
    plots: ClassVar[tuple[Plot, ...]] = (PLOT,)
    sample_kinds = frozenset(SampleKind)

    def roles(self) -> Mapping[str, type]:
        """One chamber."""
        return {ROLE: Chamber}

    def refuse(self, asked: Parameters, bench: Bench) -> list[Complaint]:
        """Compare the temperature with the chamber's bounds; nothing is said to it."""
        if not isinstance(asked, HoldTemperature):
            return []
        found = out_of_reach(bench.role(ROLE, Chamber), (asked.temperature,))
        return [dataclasses.replace(each, path=("temperature",)) for each in found]

    def begin(self) -> Front:
        """Return the chamber off."""
        return Front()

    def ask(self, held: Front) -> Ask:
        """Return the step that holds a temperature and waits."""
        if held.temperature is None:
            return AskChamber(label="off")
        label = f"holds {held.temperature:g} °C"
        return AskChamber(label=label, temperature=held.temperature)

    def do(self, asked: Parameters, held: Front) -> Doing[Front]:
        """Take another temperature."""
        yield from ()
        if isinstance(asked, HoldTemperature):
            return Front(asked.temperature)
        return held

    def release(self, held: Front) -> Doing[Front]:
        """Every step leaves the chamber off."""
        del held
        yield from ()
        return Front()

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the air's last temperature."""
        air = run.table(CLIMATE.name)["ambient_temperature_celsius"]
        if not len(air):
            return {"air": Result.absent("degC", "nothing was read")}
        return {"air": Result(float(air[-1]), "degC")}
