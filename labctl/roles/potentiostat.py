"""A channel that drives a cell and measures what comes back."""

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labctl.data import Batch, Column, Event
from labctl.limits import Envelope
from labctl.techniques import Condition, Technique

OVERLOADED = "overloaded"
"""Code of the event that says that readings were not what flowed, for longer than the
configuration takes: the run's results are suspect."""
ROWS_LOST = "rows-lost"
"""Code of the event that says that rows were lost on the instrument: what was summed up
over them (a charge, an energy) is wrong by an unknown amount, and suspect."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the channel made of an upload."""

    host_conditions: tuple[tuple[int, Condition], ...] = ()
    """Index of the technique and the end condition that the host must test."""
    settings: tuple[tuple[str, str], ...] = ()
    """What was read back: ranges, bandwidth, files; for the run's record."""
    token: Mapping[str, Any] = field(default_factory=dict)
    """What this upload is recognised by later (serial of the board, channel, a digest
    of the program as read back); plain JSON. `adopt` and the guard compare it."""
    limited: bool = False
    """Whether the envelope stands in the firmware of every technique that drives, read
    back: only then may it be left alone when the host is gone."""
    unlimited: tuple[str, ...] = ()
    """Kinds of technique that drive and have no room for limits: ``power``."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What a channel brought since it was last asked."""

    batches: tuple[Batch, ...]
    """Rows in the order of time; streams ``timeseries`` and ``eis``."""
    running: bool
    """False once the upload has ended *and* the channel's memory is drained."""
    technique: int = 0
    """Index of the technique in flight."""
    events: tuple[Event, ...] = ()
    live: Mapping[str, float] = field(default_factory=dict)
    """What the channel sees now, perhaps between two rows: ``voltage_volt``,
    ``current_ampere``, ``instrument_time_second``; empty if it cannot say. What
    `RecordsMore.further_columns` names may stand there too."""


@typing.runtime_checkable
class PotentiostatChannel(typing.Protocol):
    """Upload, start, poll until it ends; open circuit at any time.

    ``timeseries`` batches carry the columns ``instrument_time_second`` (s since
    `start`), ``voltage_volt``, ``current_ampere``, ``technique_index``; ``eis``
    batches ``instrument_time_second``, ``frequency_hertz``, ``real_impedance_ohm``,
    ``imaginary_impedance_ohm``, ``voltage_volt``, ``current_ampere``,
    ``voltage_amplitude_volt``, ``current_amplitude_ampere``. A channel that is also
    a `RecordsMore` adds its further columns.
    """

    def load(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> Loaded:
        """Compile, upload and read back; nothing flows yet.

        ``envelope``'s bounds on voltage and current go into the free limits of the
        firmware, a margin outside, so that the host trips first while it lives.
        NotOursError: it runs something that was not started here; it is left alone.
        RefusedError lists everything that the channel cannot do (a range too small,
        a limit already passed, EIS without an impedance board).
        """
        ...

    def start(self) -> None:
        """Begin what is loaded. Returns at once."""
        ...

    def adopt(
        self,
        techniques: Sequence[Technique],
        token: Mapping[str, Any],
        started_unix: float,
        envelope: Envelope | None = None,
    ) -> bool:
        """Attach to what was started before, without loading; then `poll` drains it.

        ``token`` is what `load` returned for ``techniques``, ``started_unix`` (UTC
        epoch seconds) about when `start` was called. Returns False if the channel
        stands still and holds nothing of it (power was cut, somebody loaded another
        program); NotOursError: it runs something else.
        """
        ...

    def recognise(self, token: Mapping[str, Any], started_unix: float) -> bool:
        """Tell whether what the channel runs now is what ``token`` describes.

        After True, `make_safe` stops it. False: it stands still, or runs what is not
        ours. Sends nothing that changes anything.
        """
        ...

    def sense(self) -> Mapping[str, float]:
        """Return ``voltage_volt`` and ``current_ampere`` now; nothing is driven."""
        ...

    def poll(self) -> Poll:
        """Fetch what the instrument recorded. Blocks for one exchange only.

        After `make_safe` it brings what the memory still held. Where nothing was
        started or adopted here, it brings ``live`` alone: rows of others stay theirs.
        LimitError: a converter was beyond its range, or the amplifier saturated, for
        longer than the configuration takes; the rows of that poll come with the next.
        """
        ...

    def skip(self) -> Loaded | None:
        """End the technique in flight; the next one of the upload begins.

        Where a technique cannot be cut short, what stands behind it is loaded anew and
        returned: claim it, then `start`. Its technique indices and instrument times go
        on from those before.
        """
        ...

    def make_safe(self) -> None:
        """Stop what was started, adopted or recognised here; read back that it stopped.

        Harmless when nothing runs; what somebody else runs is left alone.
        InstrumentError: it does not stop, or cannot be asked.
        """
        ...


@typing.runtime_checkable
class RecordsMore(typing.Protocol):
    """A channel whose rows hold more than every potentiostat's."""

    @property
    def further_columns(self) -> Mapping[str, tuple[Column, ...]]:
        """Stream -> columns that stand behind its usual ones.

        ``{"timeseries": (counter_electrode_voltage_volt, …)}``; known before anything
        is loaded, and the same as long as the instrument is open.
        """
        ...


@typing.runtime_checkable
class TellsWhetherOpen(typing.Protocol):
    """A channel that says whether anything runs on it, whoever started that.

    `PotentiostatChannel.make_safe` leaves alone what was not started here; what it did
    says nothing then.
    """

    def is_open(self) -> bool:
        """Ask whether the circuit is open. InstrumentError: it cannot be asked."""
        ...


@typing.runtime_checkable
class HostTimed(typing.Protocol):
    """A channel that must be polled in time.

    Its techniques end because it is polled, not by themselves; or what it says is kept
    for a short time only.
    """

    @property
    def next_look(self) -> float:
        """Return in how many s at the latest it must be polled; asks nobody."""
        ...
