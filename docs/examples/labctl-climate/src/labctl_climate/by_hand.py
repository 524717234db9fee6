"""A humidifier's front panel: a humidity, off, and a row a second meanwhile."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from labctl.data import Batch, Result, Stream
from labctl.errors import Complaint
from labctl.figures.figure import Plot
from labctl.protocol import Bench, Item, Parameters, RecordedRun
from labctl.quantities import Fraction
from labctl.sample import SampleKind
from labctl.steps.asking import KEPT, Ask, Panel
from labctl_climate.humidifier import Humidifier
from labctl_climate.humidity import AIR, HUMIDITY, PLOT, row_of
from labctl_climate.soak import PERCENT
from labctl_climate.steps import ROLE, out_of_reach
from protocols.by_hand.by_hand import COMMON, ByHand, ByHandParameters, Doing


@dataclass(frozen=True, slots=True)
class Front:
    """Where the humidifier stands between two requests."""

    humidity: float | None = None
    """%; None: off."""

    @property
    def is_on(self) -> bool:
        """Whether it regulates."""
        return self.humidity is not None


@dataclass(frozen=True, kw_only=True)
class AskHumidity(Ask):
    """Hold a humidity, or none, until a person asks for something else."""

    humidity: float | None = None
    """%; None: off, the air is read all the same."""

    @property
    def holds(self) -> bool:
        """See `Ask`."""
        return self.humidity is not None

    def panel(self, bench: Bench) -> Panel:
        """See `Ask`."""
        return _Water(bench.role(ROLE, Humidifier), self.humidity)


class _Water(Panel):
    def __init__(self, humidifier: Humidifier, humidity: float | None) -> None:
        self._humidifier = humidifier
        self._humidity = humidity

    def begin(self) -> Iterator[Item]:
        if self._humidity is not None:
            self._humidifier.humidify(self._humidity)
        yield None

    def look(self) -> Iterator[Batch | None]:
        yield Batch.row(HUMIDITY.name, row_of(self._humidifier.read()))

    def end(self) -> None:
        self._humidifier.make_safe()


class Humidify(Parameters):
    """Go to a humidity and stay there."""

    humidity: Fraction
    """Of the chamber's air, relative."""


class HumidityByHand(ByHand[Front]):
    """See the module."""

    name = "humidity-by-hand"
    title = "A humidifier by hand"
    parameters_model = ByHandParameters
    requests: ClassVar[Mapping[str, type[Parameters]]] = {
        "humidify": Humidify,
        **COMMON,
    }
    streams: ClassVar[tuple[Stream, ...]] = (
        HUMIDITY,
        dataclasses.replace(HUMIDITY, name=KEPT, title="Readings that were kept"),
    )
    plots: ClassVar[tuple[Plot, ...]] = (PLOT,)
    sample_kinds = frozenset(SampleKind)

    def roles(self) -> Mapping[str, type]:
        """One humidifier."""
        return {ROLE: Humidifier}

    def refuse(self, asked: Parameters, bench: Bench) -> list[Complaint]:
        """Compare the humidity with the bounds; nothing is said to it."""
        if not isinstance(asked, Humidify):
            return []
        percent = PERCENT * asked.humidity
        found = out_of_reach(bench.role(ROLE, Humidifier), (percent,))
        return [dataclasses.replace(each, path=("humidity",)) for each in found]

    def begin(self) -> Front:
        """Return the humidifier off."""
        return Front()

    def ask(self, held: Front) -> Ask:
        """Return the step that holds a humidity and waits."""
        if held.humidity is None:
            return AskHumidity(label="off")
        label = f"holds {held.humidity:g} %"
        return AskHumidity(label=label, humidity=held.humidity)

    def do(self, asked: Parameters, held: Front) -> Doing[Front]:
        """Take another humidity."""
        yield from ()
        if isinstance(asked, Humidify):
            return Front(PERCENT * asked.humidity)
        return held

    def release(self, held: Front) -> Doing[Front]:
        """Every step leaves it off."""
        del held
        yield from ()
        return Front()

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the air's last humidity."""
        air = run.table(HUMIDITY.name)[AIR.name]
        if not len(air):
            return {"air": Result.absent("%", "nothing was read")}
        return {"air": Result(float(air[-1]), "%")}
