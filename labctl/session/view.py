"""A run as its protocol sees it: label, steps and tables, read from the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labctl.data import Array, Stream
from labctl.protocol import StepRecord
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.sample import Sample
from labctl.store.journal.reader import JournalReader


@dataclass(frozen=True, slots=True)
class JournalView:
    """See `labctl.protocol.RecordedRun`."""

    sample: Sample
    reader: JournalReader

    @property
    def steps(self) -> Sequence[StepRecord]:
        """The executed steps, in order."""
        return self.reader.steps

    @property
    def streams(self) -> Sequence[Stream]:
        """What was recorded, also beside the protocol."""
        return self.reader.header.streams

    def table(self, stream: str) -> Mapping[str, Array]:
        """Return the columns of a stream."""
        return self.reader.table(stream)

    def accuracy(self, role: str) -> ChannelAccuracy | None:
        """Return what was stated of the accuracy of a role's channel."""
        return self.reader.header.accuracy(role)

    def temperature_uncertainty(self, column: str) -> float:
        """Return the standard uncertainty that a thermometer stated, K; NaN: none."""
        return self.reader.header.temperature_uncertainty(column)
