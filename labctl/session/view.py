"""A run as its protocol sees it: label, steps and tables, read from the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labctl.data import Array, Stream
from labctl.protocol import StepRecord
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.sample import Sample
from labctl.store.journal.reader import JournalReader


@dataclass(frozen=True, slots=True)
class JournalView:
    """See `labctl.protocol.RecordedRun`; of a run whose journal does not grow."""

    sample: Sample
    reader: JournalReader
    _tables: dict[str, Mapping[str, Array]] = field(default_factory=dict)
    """Those that were asked for: the same rows serve every result."""
    _steps: list[StepRecord] = field(default_factory=list)

    @property
    def steps(self) -> Sequence[StepRecord]:
        """The executed steps, in order."""
        if not self._steps:
            self._steps.extend(self.reader.steps)
        return self._steps

    @property
    def streams(self) -> Sequence[Stream]:
        """What was recorded, also beside the protocol."""
        return self.reader.header.streams

    def table(self, stream: str) -> Mapping[str, Array]:
        """Return the columns of a stream; who asks again gets the same ones."""
        if stream not in self._tables:
            self._tables[stream] = self.reader.table(stream)
        return self._tables[stream]

    def accuracy(self, role: str) -> ChannelAccuracy | None:
        """Return what was stated of the accuracy of a role's channel."""
        return self.reader.header.accuracy(role)

    def temperature_uncertainty(self, column: str) -> float:
        """Return the standard uncertainty that a thermometer stated, K; NaN: none."""
        return self.reader.header.temperature_uncertainty(column)
