"""Ask a person what a potentiostat channel shall do next, its circuit open."""

from collections.abc import Iterator
from dataclasses import dataclass

from labctl import columns
from labctl.clock import Clock
from labctl.data import Batch
from labctl.protocol import Bench
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.steps.asking import Ask, Panel


@dataclass(frozen=True, kw_only=True)
class AskChannel(Ask):
    """Watch a cell's open-circuit voltage until a person asks for something."""

    @property
    def holds(self) -> bool:
        """Return False: whatever is driven ends with its own step."""
        return False

    def panel(self, bench: Bench) -> Panel:
        """See `Ask`."""
        return _Sensed(bench.role("cell", PotentiostatChannel), bench.clock)


class _Sensed(Panel):
    def __init__(self, channel: PotentiostatChannel, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock
        self._began = clock.now()

    def look(self) -> Iterator[Batch | None]:
        found = self._channel.sense()
        passed = self._clock.now() - self._began
        row = {
            columns.STEP_TIME.name: passed,
            columns.INSTRUMENT_TIME.name: passed,
            columns.TECHNIQUE_INDEX.name: 0,
            columns.VOLTAGE.name: found[columns.VOLTAGE.name],
            columns.CURRENT.name: found[columns.CURRENT.name],
        }
        yield Batch.row(columns.TIMESERIES.name, row)
