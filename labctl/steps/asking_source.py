"""Ask a person what a source meter shall do next, and read it while it is on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labctl.data import Batch
from labctl.protocol import Bench, Item
from labctl.steps.asking import Ask, Panel
from labctl.steps.source_meter import Point, Probe


@dataclass(frozen=True, kw_only=True)
class AskSource(Ask):
    """Hold a level, or nothing, until a person asks for something else."""

    probe: Probe
    level: float | None = None
    """V or A; None: output off, nothing to read."""

    @property
    def holds(self) -> bool:
        """See `Ask`."""
        return self.level is not None

    def panel(self, bench: Bench) -> Panel:
        """See `Ask`."""
        if self.level is None:
            return _Off()
        return _On(Point(bench, self.probe, abs(self.level), 0), self.level)


class _Off(Panel):
    def look(self) -> Iterator[Batch | None]:
        yield from ()


class _On(Panel):
    def __init__(self, point: Point, level: float) -> None:
        self._point = point
        self._level = level
        self._setpoint: float | None = None

    def begin(self) -> Iterator[Item]:
        yield from self._point.connect()

    def look(self) -> Iterator[Batch | None]:
        if self._setpoint is None:
            self._setpoint = self._point.source.drive(self._level)
            yield None
        yield (yield from self._point.again(self._setpoint))

    def end(self) -> None:
        self._point.source.make_safe()

    def values(self) -> Mapping[str, float]:
        return self._point.values()
