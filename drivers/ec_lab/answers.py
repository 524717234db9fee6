"""What EC-Lab's functions return, whatever shape comtypes gives it.

A function with values to give returns them with its result code, before or behind, in
one tuple or in two: public programs found each. The number of values decides, and the
code must say 1. ``MeasureStatus`` keeps old figures where they do not apply, and is all
zero when EC-Lab is busy.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from labctl.errors import InstrumentError

STATUS_FIELDS = 32
DONE = 1
"""Result code of what worked."""


class State(IntEnum):
    """Field 0 of the status."""

    STOP = 0
    RUN = 1
    PAUSE = 2
    SYNC = 3
    STOP_REC_1 = 4
    STOP_REC_2 = 5
    PAUSE_REC = 6
    """A safety limit was left."""


SAFETY = {1: "E max", 2: "E min", 3: "|I|", 4: "|Q - Q0|", 7: "stack", 8: "stack"}
"""Field 30 -> which safety limit was left."""


class AnswerError(InstrumentError):
    """EC-Lab says that something failed, or says nothing; asking again may help."""


@dataclass(frozen=True, slots=True)
class Status:
    """A channel at one moment."""

    state: int
    technique: int
    """Number of the linked technique, from 0."""
    sequence: int
    buffer: int
    """Points that EC-Lab has not written yet."""
    time: float
    """s since the experiment began."""
    voltage: float
    """V."""
    current: float
    """A."""
    safety: int
    connected: bool

    @property
    def runs(self) -> bool:
        """Whether the channel does anything at all."""
        return self.state != State.STOP

    @property
    def state_name(self) -> str:
        """Return such as ``run``."""
        known = {int(s) for s in State}
        return (
            State(self.state).name.lower() if self.state in known else str(self.state)
        )

    @classmethod
    def of(cls, raw: Any) -> "Status":
        """Return it. AnswerError: EC-Lab was busy, or gave something else."""
        told = _values(raw, STATUS_FIELDS, "MeasureStatus", coded=False)
        if not any(told):
            raise AnswerError("MeasureStatus is all zero: EC-Lab is busy")
        return cls(
            int(told[0]),
            int(told[4]),
            int(told[6]),
            int(told[14]),
            told[15],
            told[16],
            told[19],
            int(told[30]),
            told[31] == 0.0,
        )


@dataclass(frozen=True, slots=True)
class Experiment:
    """What was run last on a channel (``GetExperimentInfos``)."""

    start: str
    """As EC-Lab writes it, in its PC's time; empty: unknown."""
    files: tuple[str, ...]
    """Data files, without folders."""

    @classmethod
    def of(cls, raw: Any) -> "Experiment":
        """Return it; nothing was run: no file. AnswerError: it failed."""
        if not isinstance(raw, tuple) or len(raw) < 5:  # noqa: PLR2004
            raise AnswerError(f"GetExperimentInfos gave {raw!r}")
        start, _end, _folder, files, code = raw[:5]
        if code != DONE or not isinstance(files, tuple | list):
            raise AnswerError("GetExperimentInfos failed")
        return cls(str(start or ""), tuple(name_in(str(f)) for f in files if f))


def name_in(path: str) -> str:
    """Return a file's name without its folder, as Windows or others write it."""
    return path.replace("\\", "/").rpartition("/")[2]


def done(raw: Any, function: str) -> None:
    """Check that a function worked. AnswerError."""
    code = raw[-1] if isinstance(raw, tuple) and raw else raw
    if code != DONE:
        raise AnswerError(f"{function} failed ({raw!r})")


def numbers(raw: Any, count: int, function: str) -> tuple[float, ...]:
    """Return ``count`` values. AnswerError: it failed, or gave no numbers."""
    return _values(raw, count, function, coded=True)


def name_of(raw: Any) -> str:
    """Return a file's name; empty if EC-Lab gives none yet."""
    return next((each for each in _flat(raw) if isinstance(each, str)), "")


def count_of(raw: Any, function: str) -> int:
    """Return a count. AnswerError: it is none."""
    first = next(iter(_flat(raw)), None)
    if not isinstance(first, int | float) or not math.isfinite(first) or first < 0:
        raise AnswerError(f"{function} gave {raw!r}")
    return int(first)


def serials_of(raw: Any) -> tuple[int, tuple[int, ...]] | None:
    """Return serials of device and channels; None: there is no such device.

    AnswerError: what is told is no serial.
    """
    if not isinstance(raw, tuple) or raw[-1:] != (DONE,):
        return None
    flat = list(_flat(raw[:-1]))
    if not flat or not all(isinstance(each, int) for each in flat):
        raise AnswerError(f"GetDeviceSN gave {raw!r}")
    return int(flat[0]), tuple(int(each) for each in flat[1:])


def _values(raw: Any, count: int, function: str, *, coded: bool) -> tuple[float, ...]:
    code: Any = DONE
    flat = list(_flat(raw))
    if len(flat) == count + 1:
        nested = isinstance(raw, tuple) and any(
            isinstance(r, tuple | list) for r in raw
        )
        first = nested and not isinstance(raw[0], tuple | list)
        code = flat.pop(0) if first else flat.pop()
    if coded and code != DONE:
        raise AnswerError(f"{function} failed ({raw!r})")
    good = len(flat) == count and all(
        isinstance(v, int | float) and math.isfinite(v) for v in flat
    )
    if not good:
        raise AnswerError(f"{function} gave {raw!r}")
    return tuple(float(v) for v in flat)


def _flat(raw: Any) -> Iterator[Any]:
    if isinstance(raw, tuple | list):
        for each in raw:
            yield from _flat(each)
    else:
        yield raw
