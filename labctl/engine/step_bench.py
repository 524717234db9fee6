"""The bench as a step sees it: its clock ends waits when the run is asked."""

import typing
from dataclasses import dataclass

from labctl.clock import Clock
from labctl.limits import Envelope
from labctl.person import PERSON, Person
from labctl.protocol import Bench
from labctl.temperatures import THERMOMETERS, Temperatures

T = typing.TypeVar("T")


@dataclass(frozen=True, slots=True)
class StepBench:
    """See the module."""

    bench: Bench
    clock: Clock
    envelope: Envelope
    person: Person
    temperatures: Temperatures

    def role(self, name: str, kind: type[T]) -> T:
        """See `labctl.protocol.Bench`."""
        if name == PERSON and isinstance(self.person, kind):
            return self.person
        if name == THERMOMETERS and isinstance(self.temperatures, kind):
            return self.temperatures
        return self.bench.role(name, kind)
