"""What one stretch of a step has started on channels, and rows not handed on yet."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from labctl import columns
from labctl.data import Batch
from labctl.protocol import Claim, ClaimRecord
from labctl.roles.potentiostat import Loaded, Poll, PotentiostatChannel
from labctl.steps.channel_rows import SpectrumCounter
from labctl.techniques import Condition, Loop, Technique

STEP_OFFSET = "step_offset"
"""Key of a claim's token: step time at which the instrument's time begins, s."""
HOST = "host"
"""Key of a claim's token: [technique, place in its ``until``] of each host test."""
LIMITED = "limited"
"""Key of a claim's token: whether limits stand in the firmware of all that drives."""


@dataclass(slots=True)
class UploadInFlight:
    """The channels of one stretch; `begin` makes it anew."""

    spectra: SpectrumCounter = field(default_factory=lambda: SpectrumCounter(0))
    offset: float = 0.0
    """Step time at which the driving channel's time begins, s."""
    watch_offset: float = 0.0
    """The same for the watching channel."""
    channel: PotentiostatChannel | None = None
    """None until it may have been started."""
    watch: PotentiostatChannel | None = None
    _unsent: deque[Batch] = field(default_factory=deque)

    def begin(self, offset: float, spectra: SpectrumCounter) -> None:
        """Begin a stretch."""
        self.spectra = spectra
        self.offset = self.watch_offset = offset
        self.channel = self.watch = None
        self._unsent.clear()

    def claim(
        self, role: str, loaded: Loaded, techniques: Sequence[Technique]
    ) -> Claim:
        """Return what is about to be started, with what attaching to it needs."""
        host = []
        for at, condition in loaded.host_conditions:
            technique = techniques[at]
            if not isinstance(technique, Loop):
                host.append([at, technique.until.index(condition)])
        token = {
            **loaded.token,
            LIMITED: loaded.limited,
            STEP_OFFSET: self.offset,
            HOST: host,
        }
        return Claim(role, token)

    def take(self, poll: Poll, *, watching: bool = False) -> None:
        """Place the rows of a poll in the step; `handed` hands them on."""
        for batch in poll.batches:
            if watching:
                row = replace(batch, stream="monitor")
                self._unsent.append(placed(row, self.watch_offset))
            else:
                self._unsent.append(self.spectra.number(placed(batch, self.offset)))

    def handed(self) -> Iterator[Batch]:
        """Hand each batch on once; what is not taken is still there."""
        while self._unsent:
            yield self._unsent.popleft()


def conditions_of(
    claim: ClaimRecord, techniques: Sequence[Technique]
) -> tuple[tuple[int, Condition], ...]:
    """Return the conditions that the host tests for what a claim names."""
    found = []
    for at, place in claim.token[HOST]:
        technique = techniques[at]
        if not isinstance(technique, Loop):
            found.append((at, technique.until[place]))
    return tuple(found)


def placed(batch: Batch, offset: float) -> Batch:
    """Return the batch with the step's own time beside the instrument's."""
    instrument = batch.columns[columns.INSTRUMENT_TIME.name]
    return batch.with_columns({columns.STEP_TIME.name: instrument + offset})
