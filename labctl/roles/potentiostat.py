"""A channel that drives a cell and measures what comes back."""

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labctl.data import Batch, Event
from labctl.techniques import Condition, Technique


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the channel made of an upload."""

    host_conditions: tuple[tuple[int, Condition], ...] = ()
    """Index of the technique and the end condition that the host must test."""
    settings: tuple[tuple[str, str], ...] = ()
    """What was read back: ranges, bandwidth, files; for the run's record."""


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
    ``current_ampere``, ``instrument_time_second``; empty if it cannot say."""


@typing.runtime_checkable
class PotentiostatChannel(typing.Protocol):
    """Upload, start, poll until it ends; open circuit at any time.

    ``timeseries`` batches carry the columns ``instrument_time_second`` (s since
    `start`), ``voltage_volt``, ``current_ampere``, ``technique_index``; ``eis``
    batches ``instrument_time_second``, ``frequency_hertz``, ``real_impedance_ohm``,
    ``imaginary_impedance_ohm``, ``voltage_volt``, ``current_ampere``,
    ``voltage_amplitude_volt``, ``current_amplitude_ampere``.
    """

    def load(self, techniques: Sequence[Technique]) -> Loaded:
        """Compile, upload and read back; nothing flows yet.

        RefusedError lists everything that the channel cannot do (a range too small,
        a limit already passed, EIS without an impedance board).
        """
        ...

    def start(self) -> None:
        """Begin what is loaded. Returns at once."""
        ...

    def poll(self) -> Poll:
        """Fetch what the instrument recorded. Blocks for one exchange only."""
        ...

    def skip(self) -> None:
        """End the technique in flight; the next one of the upload begins."""
        ...

    def make_safe(self) -> None:
        """Stop and open the circuit; harmless when nothing runs."""
        ...


@typing.runtime_checkable
class PotentiostatLimits(typing.Protocol):
    """What a channel can do, asked before anything is loaded."""

    @property
    def max_current(self) -> float:
        """Largest |current| in A."""
        ...

    @property
    def measures_impedance(self) -> bool:
        """Whether the channel has an impedance board."""
        ...
