"""What a channel states of its accuracy: by range, and by |Z| and frequency.

Stated once, before the first reading, and kept in the run's header: whoever reads the
file years later knows the limits that held when it was written. Unknown is None.
"""

import math
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.json_numbers import finite
from labctl.roles.accuracy import Accuracy
from labctl.roles.playing import plays

Floats = NDArray[np.float64]
UNKNOWN_RANGE = -1
"""Code of a range that nobody recorded."""


class Origin(StrEnum):
    """Who says so."""

    SHEET = "data sheet"
    MEMORY = "from memory, unverified"
    """A data sheet as somebody recalls it; nobody has held it against the page."""
    CONFIGURATION = "stated by the configuration"
    ASSUMED = "assumed"
    """Nobody states it; a declared default stands in."""


@dataclass(frozen=True, slots=True)
class RangeAccuracy:
    """Limits of error on one range."""

    code: int
    """As the rows' range column has it."""
    full_scale: float
    """In the reading's unit."""
    limits: Accuracy


@dataclass(frozen=True, slots=True)
class MeterAccuracy:
    """Limits of error of one quantity that a channel measures or drives."""

    ranges: tuple[RangeAccuracy, ...]
    """The smallest first; at least one."""
    origin: Origin
    source: str = ""
    """Which sheet, which page."""

    def on(self, code: int, largest: float) -> RangeAccuracy:
        """Return what holds on a range.

        Where the code is none of them, the smallest range that holds ``largest``
        (magnitude) is taken: a channel picks no larger one without need.
        """
        for each in self.ranges:
            if each.code == code != UNKNOWN_RANGE:
                return each
        holding = (each for each in self.ranges if largest <= each.full_scale * 1.001)
        return next(holding, self.ranges[-1])

    def knows(self, code: int) -> bool:
        """Whether a recorded code is one of the ranges."""
        return any(each.code == code != UNKNOWN_RANGE for each in self.ranges)


@dataclass(frozen=True, slots=True)
class ImpedanceRegion:
    """A rectangle of an accuracy contour plot."""

    smallest: float
    """|Z| in ohm."""
    largest: float
    """|Z| in ohm."""
    lowest: float
    """Hz."""
    highest: float
    """Hz."""
    magnitude: float
    """Largest relative error of |Z|."""
    phase: float
    """Largest error of the phase in rad."""


@dataclass(frozen=True, slots=True)
class ImpedanceAccuracy:
    """Limits of error of |Z| and phase, the tightest region first."""

    regions: tuple[ImpedanceRegion, ...]
    origin: Origin
    source: str = ""

    def at(self, frequency: ArrayLike, size: ArrayLike) -> tuple[Floats, Floats]:
        """Return relative limit of |Z| and limit of the phase in rad, shape (n,).

        ``frequency`` in Hz, ``size`` |Z| in ohm, shape (n,). NaN where no region
        reaches: nothing is stated there.
        """
        f, z = np.broadcast_arrays(
            np.asarray(frequency, float), np.asarray(size, float)
        )
        magnitude, phase = np.full(f.shape, np.nan), np.full(f.shape, np.nan)
        for each in reversed(self.regions):  # a tighter one wins
            inside = (each.smallest <= z) & (z <= each.largest)
            inside &= (each.lowest <= f) & (f <= each.highest)
            magnitude[inside], phase[inside] = each.magnitude, each.phase
        return magnitude, phase


@dataclass(frozen=True, slots=True)
class ChannelAccuracy:
    """Everything that is stated of one channel; None: nothing is."""

    instrument: str = ""
    """Whose errors these are: ``BioLogic VSP-300 #0123/1``. Two runs on one channel
    share them."""
    current: MeterAccuracy | None = None
    """Of measured currents, A."""
    voltage: MeterAccuracy | None = None
    """Of measured voltages, V."""
    driven_current: MeterAccuracy | None = None
    driven_voltage: MeterAccuracy | None = None
    impedance: ImpedanceAccuracy | None = None

    def named(self, instrument: str) -> "ChannelAccuracy":
        """Return the same limits as those of ``instrument``."""
        return replace(self, instrument=instrument)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types: one list a column, so that HDF5 has arrays."""
        written: dict[str, Any] = {}
        for name in _METERS:
            meter: MeterAccuracy | None = getattr(self, name)
            if meter is not None:
                limits = [each.limits for each in meter.ranges]
                written[name] = {
                    "range_code": [each.code for each in meter.ranges],
                    "full_scale": [each.full_scale for each in meter.ranges],
                    **{n: [_out(getattr(x, n)) for x in limits] for n in _LIMITS},
                    **_said(meter),
                }
        if self.impedance is not None:
            regions = self.impedance.regions
            written["impedance"] = {
                **{n: [_out(getattr(x, n)) for x in regions] for n in _REGION},
                **_said(self.impedance),
            }
        return written

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], instrument: str) -> "ChannelAccuracy":
        """Return what `to_json` wrote."""
        found: dict[str, Any] = {
            name: MeterAccuracy(_ranges(raw[name]), *_who(raw[name]))
            for name in _METERS
            if name in raw
        }
        if "impedance" in raw:
            own = raw["impedance"]
            rows = _rows(own, _REGION)
            regions = tuple(ImpedanceRegion(**row) for row in rows)
            found["impedance"] = ImpedanceAccuracy(regions, *_who(own))
        return cls(instrument, **found)


@typing.runtime_checkable
class StatesAccuracy(typing.Protocol):
    """A channel that says how far its readings may be off."""

    def stated_accuracy(self) -> ChannelAccuracy:
        """Return what is known; nothing is asked of the instrument."""
        ...


def accuracy_of(player: object) -> ChannelAccuracy | None:
    """Return what a player of any role states; None if it states nothing."""
    if plays(player, StatesAccuracy):
        return typing.cast("StatesAccuracy", player).stated_accuracy()
    return None


_METERS = ("current", "voltage", "driven_current", "driven_voltage")
_LIMITS = tuple(each.name for each in fields(Accuracy))
_REGION = tuple(each.name for each in fields(ImpedanceRegion))
NOT_STATED = -1.0
"""Stands in the file where a limit is not stated: columns of numbers stay columns."""


def _out(value: float) -> float:
    known = finite(value)
    return NOT_STATED if known is None else known


def _in(written: float) -> float:
    return math.nan if written == NOT_STATED else float(written)


def _said(stated: MeterAccuracy | ImpedanceAccuracy) -> dict[str, str]:
    return {"origin": str(stated.origin), "source": stated.source}


def _who(raw: Mapping[str, Any]) -> tuple[Origin, str]:
    return Origin(raw["origin"]), str(raw.get("source", ""))


def _rows(raw: Mapping[str, Any], names: Sequence[str]) -> list[dict[str, float]]:
    """Return columns as rows; columns of later versions go by."""
    there = [name for name in names if name in raw]
    columns = zip(*(raw[name] for name in there), strict=True)
    return [dict(zip(there, map(_in, row), strict=True)) for row in columns]


def _ranges(raw: Mapping[str, Any]) -> tuple[RangeAccuracy, ...]:
    limits = (Accuracy(**row) for row in _rows(raw, _LIMITS))
    each = zip(raw["range_code"], raw["full_scale"], limits, strict=True)
    return tuple(RangeAccuracy(int(code), float(full), own) for code, full, own in each)
