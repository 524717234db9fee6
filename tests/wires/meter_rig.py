"""A source meter on a simulated cell, as a run has it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pairs import driver_of, twin_alone

from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.socket import CellModel
from drivers.twins.world.world import BenchWorld
from drivers.visa.cell_channel import CellChannel
from labctl.clock import VirtualClock
from labctl.columns import CURRENT, INSTRUMENT_TIME, TECHNIQUE_INDEX, VOLTAGE
from labctl.data import Array, Event
from labctl.errors import RefusedError
from labctl.limits import Envelope
from labctl.roles.driver import Setup
from labctl.roles.potentiostat import Loaded
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    Technique,
)

MODELS = {
    "2450": ("keithley-2450", "smu/cell"),
    "2460": ("keithley-2460", "smu/cell"),
    "2636B": ("keithley-2636b", "smu/cell-b"),
}
ADDRESS = "GPIB0::5::INSTR"
BENCH = Envelope({VOLTAGE.name: (-0.5, 5.0), CURRENT.name: (-0.4, 0.4)})
LONGEST = 1e6
"""s of a technique that ends by a condition."""


class Recorded:
    """What one upload brought."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Array]] = {}
        self.events: list[Event] = []
        self.technique = 0

    def __getitem__(self, name: str) -> Array:
        return np.concatenate(self.columns[name])

    def of(self, technique: int, name: str) -> Array:
        chosen: Array = self[name][self[TECHNIQUE_INDEX.name] == technique]
        return chosen

    def volts(self, technique: int) -> Array:
        return self.of(technique, VOLTAGE.name)

    def amperes(self, technique: int) -> Array:
        return self.of(technique, CURRENT.name)

    def seconds(self, technique: int) -> Array:
        return self.of(technique, INSTRUMENT_TIME.name)


class MeterRig:
    """One clock, one cell, one source meter."""

    def __init__(
        self,
        model: str = "2460",
        cell: CellModel | str = "qms-0.7",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        driver, self.place = MODELS[model]
        self.clock = VirtualClock(0.0)
        self.world = BenchWorld(self.clock)
        if isinstance(cell, str):
            self.world.place(cell, [self.place])
        else:
            self.world.put(cell, [self.place])
        self._driver, self._setup = driver, Setup("smu", driver, ADDRESS, options or {})
        self.twin: Any = twin_alone(driver, self._setup, self.world, self.clock)
        self.channel = self.opened()

    def opened(self) -> CellChannel:
        """Return the channel as a process has it that knows nothing of those before."""
        library = LabsimLibrary.around({ADDRESS: self.twin})
        opened = driver_of(self._driver).open(library, self._setup, self.clock)
        found = opened.roles[self.place.partition("/")[2]]
        assert isinstance(found, CellChannel)
        return found

    @property
    def cell(self) -> Any:
        return self.world.socket(self.place).cell

    @property
    def truth(self) -> tuple[float, float]:
        """V of the cell and A through it, whatever anybody measures."""
        self.world.socket(self.place).bring_to(self.clock.now(), exact=True)
        return self.world.socket(self.place).live

    def load(self, *techniques: Technique) -> Loaded:
        return self.channel.load(techniques, BENCH)

    def run(self, *techniques: Technique) -> Recorded:
        """Load, start, and poll when the channel wants it until it has ended."""
        self.load(*techniques)
        self.channel.start()
        return self.follow()

    def follow(self, polls: int = 100_000) -> Recorded:
        found, running = Recorded(), True
        while running and polls:
            self.clock.sleep(self.channel.next_look)
            running = self.poll(found)
            polls -= 1
        return found

    def poll(self, found: Recorded) -> bool:
        poll = self.channel.poll()
        found.events += poll.events
        found.technique = poll.technique
        for batch in poll.batches:
            for name, values in batch.columns.items():
                found.columns.setdefault(name, []).append(values)
        return poll.running


def ends(
    quantity: ConditionQuantity, comparison: Comparison, value: float, **more: Any
) -> tuple[Condition, ...]:
    return (Condition("end", quantity, comparison, value, **more),)


def down_to(volts: float) -> tuple[Condition, ...]:
    return ends(ConditionQuantity.VOLTAGE, Comparison.AT_MOST, volts)


def up_to(volts: float) -> tuple[Condition, ...]:
    return ends(ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, volts)


def tapered(amperes: float) -> tuple[Condition, ...]:
    return ends(ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, amperes)


def refusals(techniques: Sequence[Technique], channel: CellChannel) -> list[Any]:
    """Return what a channel would refuse."""
    try:
        channel.rehearse(techniques, BENCH)
    except RefusedError as refused:
        return list(refused.complaints)
    return []
