"""Ask a person what temperature comes next, and look at the chamber meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass

from labctl.data import Batch
from labctl.protocol import Bench, Item
from labctl.roles.chamber import Chamber
from labctl.steps.asking import Ask, Panel
from labctl.steps.temperature import ROLE, TemperatureTarget, row_of


@dataclass(frozen=True, kw_only=True)
class AskChamber(Ask):
    """Hold a temperature, or none, until a person asks for something else."""

    target: TemperatureTarget | None = None
    """None: it is left off; what it measures is read all the same."""

    @property
    def holds(self) -> bool:
        """See `Ask`."""
        return self.target is not None

    def panel(self, bench: Bench) -> Panel:
        """See `Ask`."""
        return _Climate(bench.role(ROLE, Chamber), self.target)


class _Climate(Panel):
    def __init__(self, chamber: Chamber, target: TemperatureTarget | None) -> None:
        self._chamber = chamber
        self._target = target

    def begin(self) -> Iterator[Item]:
        if self._target is not None:
            self._chamber.regulate(self._target.celsius, self._target.ramp)
        yield None

    def look(self) -> Iterator[Batch | None]:
        yield row_of(self._chamber.read())

    def end(self) -> None:
        if self._target is not None:
            self._chamber.make_safe()
