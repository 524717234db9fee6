"""A run as its protocol sees it: label, steps and tables, read from the journal."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

from labctl.data import Array, Stream
from labctl.protocol import StepRecord
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.sample import Sample
from labctl.store.journal.reader import JournalReader

FEW = 1000
"""Steps that are kept for whoever asks next; more are read again."""


@dataclass(frozen=True, slots=True)
class JournalView:
    """See `labctl.protocol.RecordedRun`; of a run whose journal does not grow."""

    sample: Sample
    reader: JournalReader
    _tables: dict[str, "StoredTable"] = field(default_factory=dict)
    """Those that were asked for: the same rows serve every result."""
    _steps: list["StoredSteps"] = field(default_factory=list)

    @property
    def steps(self) -> Sequence[StepRecord]:
        """The executed steps, in order."""
        if not self._steps:
            self._steps.append(StoredSteps(self.reader))
        return self._steps[0]

    @property
    def streams(self) -> Sequence[Stream]:
        """What was recorded, also beside the protocol."""
        return self.reader.header.streams

    def table(self, stream: str) -> Mapping[str, Array]:
        """Return the columns of a stream; who asks again gets the same ones.

        So they cannot be written to: a result would change the next one's rows.
        """
        if stream not in self._tables:
            self._tables[stream] = StoredTable(self.reader, stream)
        return self._tables[stream]

    def accuracy(self, role: str) -> ChannelAccuracy | None:
        """Return what was stated of the accuracy of a role's channel."""
        return self.reader.header.accuracy(role)

    def temperature_uncertainty(self, column: str) -> float:
        """Return the standard uncertainty that a thermometer stated, K; NaN: none."""
        return self.reader.header.temperature_uncertainty(column)


class StoredSteps(Sequence[StepRecord]):
    """The steps of a journal; who goes through many has one after the other read."""

    def __init__(self, reader: JournalReader) -> None:
        self._reader = reader
        self._kept: Sequence[StepRecord] | None = None

    def __iter__(self) -> Iterator[StepRecord]:
        if self._kept is not None:
            yield from self._kept
            return
        few: list[StepRecord] = []
        for count, step in enumerate(self._reader.each_step()):
            if count < FEW:
                few.append(step)
            elif count == FEW:
                few.clear()
            yield step
        if few:
            self._kept = few

    @overload
    def __getitem__(self, at: int) -> StepRecord: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[StepRecord]: ...
    def __getitem__(self, at: int | slice) -> StepRecord | Sequence[StepRecord]:
        return self._whole()[at]

    def __len__(self) -> int:
        return len(self._whole())

    def _whole(self) -> Sequence[StepRecord]:
        if self._kept is None:
            self._kept = self._reader.steps
        return self._kept


class StoredTable(Mapping[str, Array]):
    """A stream of a journal; who asks for a whole column has them all read, once.

    See `labctl.analysis.row_blocks.StoredRows`: who asks for some rows at a time does
    not take a long run into memory.
    """

    def __init__(self, reader: JournalReader, stream: str) -> None:
        self._reader, self._stream = reader, stream
        described = {each.name: each for each in reader.header.streams}
        columns = described[stream].columns if stream in described else ()
        self._names = tuple(column.name for column in columns)
        self._whole: Mapping[str, Array] | None = None
        if stream not in described:
            self._whole = reader.table(stream)  # which says what there is

    def rows_between(
        self, after: int, until: int, columns: Collection[str]
    ) -> Mapping[str, Array]:
        """Return some columns of the rows from number ``after`` on, up to ``until``."""
        if self._whole is not None:
            return {name: self._whole[name][after:until] for name in columns}
        return self._reader.rows(self._stream, after, until, columns)

    def __getitem__(self, name: str) -> Array:
        if name not in self._names:
            raise KeyError(name)
        if self._whole is None:
            self._whole = self._reader.table(self._stream)
            for values in self._whole.values():
                values.flags.writeable = False
        return self._whole[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
