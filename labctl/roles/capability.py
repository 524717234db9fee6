"""What a channel can do, as far as anybody knows it, before anything is loaded.

A fact is None where nobody has read or stated it: unknown is neither zero nor endless.
"""

import typing
from collections.abc import Sequence
from dataclasses import dataclass

from labctl.limits import Envelope
from labctl.quantities import format_si
from labctl.roles.chamber import ChamberBounds
from labctl.roles.current_source import CurrentBounds
from labctl.roles.magnet import MagnetBounds
from labctl.roles.playing import plays
from labctl.roles.source_meter import Driven, SourceBounds
from labctl.techniques import Technique


@dataclass(frozen=True, slots=True)
class Capability:
    """Facts of one channel; magnitudes, SI."""

    current: float | None = None
    """Largest |I| that it drives, A."""
    least_current: float | None = None
    """Smallest |I| that it can set, A: one step of its smallest range."""
    galvanostat: bool | None = None
    """Whether it holds a current."""
    potentiostat: bool | None = None
    """Whether it holds a voltage."""
    sweeps: bool | None = None
    """Whether it scans a voltage at a rate."""
    compliance: float | None = None
    """Largest |V| between its leads (counter and working electrode), V."""
    control: float | None = None
    """Largest |V| that it holds against the reference electrode, V."""
    power: float | None = None
    """Largest |P|, W."""
    field: float | None = None
    """Largest |B|, T."""
    ramp: float | None = None
    """Fastest ramp of a magnet's supply, A/s."""
    potentiostatic_impedance: bool | None = None
    """Whether it measures impedance by a sine of voltage."""
    galvanostatic_impedance: bool | None = None
    """Whether it measures impedance by a sine of current."""
    frequencies: tuple[float, float] | None = None
    """Lowest and highest frequency of a spectrum, Hz."""
    three_electrodes: bool | None = None
    """Whether a reference electrode of its own can be connected."""
    constant_power: bool | None = None
    """Whether it holds a power by itself."""
    temperatures: tuple[float, float] | None = None
    """Lowest and highest temperature that a chamber regulates to, °C."""
    board: str = ""
    """Board, range and amplifier in words."""
    assumed: tuple[str, ...] = ()
    """Names of facts above that are defaults of the model: the instrument does not say
    them, and the configuration may say otherwise."""

    @property
    def impedance(self) -> bool | None:
        """Whether it measures impedance in either way."""
        ways = (self.potentiostatic_impedance, self.galvanostatic_impedance)
        if any(ways):
            return True
        return False if ways == (False, False) else None

    def __str__(self) -> str:
        said = [self.board] if self.board else []
        for name, unit, what in _MAGNITUDES:
            value = getattr(self, name)
            if value is not None:
                guess = "*" if name in self.assumed else ""
                said.append(f"{what}{format_si(value, unit, 3)}{guess}")
        said += [word for name, word in _MISSING if getattr(self, name) is False]
        said += self._spectra()
        if self.three_electrodes:
            said.append("three electrodes")
        if self.temperatures is not None:
            low, high = self.temperatures
            said.append(f"{low:g} … {high:g} °C")
        return ", ".join(said)

    def _spectra(self) -> list[str]:
        if self.impedance is None:
            return []
        if not self.impedance:
            return ["no EIS"]
        way = ""
        if self.galvanostatic_impedance is False:
            way = " potentiostatic only"
        if self.potentiostatic_impedance is False:
            way = " galvanostatic only"
        if self.frequencies is None:
            return [f"EIS{way}"]
        low, high = (format_si(f, "Hz", 3) for f in self.frequencies)
        guess = "*" if "frequencies" in self.assumed else ""
        return [f"EIS{way} {low} … {high}{guess}"]


_MAGNITUDES = (
    ("current", "A", "±"),
    ("least_current", "A", "from "),
    ("compliance", "V", "compliance ±"),
    ("control", "V", "control ±"),
    ("power", "W", "±"),
    ("field", "T", "±"),
    ("ramp", "A/s", "ramps ≤ "),
)
"""Fact, unit, and what stands before its number."""
_MISSING = (
    ("galvanostat", "no constant current"),
    ("potentiostat", "no constant voltage"),
    ("sweeps", "no sweeps"),
    ("constant_power", "no constant power"),
)


@typing.runtime_checkable
class StatesCapability(typing.Protocol):
    """A channel that says what it can do."""

    def capability(self) -> Capability:
        """Return what is known; nothing is asked of the instrument."""
        ...


@typing.runtime_checkable
class Rehearses(typing.Protocol):
    """A potentiostat channel that tells what it would refuse to load."""

    def rehearse(
        self, techniques: Sequence[Technique], envelope: Envelope | None = None
    ) -> None:
        """Compile what `load` would send, and send nothing.

        Wherever the cell is when its turn comes: its voltage is not looked at.
        RefusedError: every complaint of `load`, each at ``("techniques", index)`` or
        at no place where it is about all of them.
        """
        ...


def capability_of(player: object) -> Capability | None:
    """Return what a player of any role says that it can do; None if it says nothing.

    Needs no talk with the instrument.
    """
    if plays(player, StatesCapability):
        return typing.cast("StatesCapability", player).capability()
    largest = getattr(player, "largest_field", None)
    if isinstance(largest, float):
        return Capability(field=largest)
    return _of_bounds(getattr(player, "bounds", None))


def _of_bounds(bounds: object) -> Capability | None:
    match bounds:
        case SourceBounds():
            return Capability(
                current=bounds.current,
                galvanostat=Driven.CURRENT in bounds.drives,
                potentiostat=Driven.VOLTAGE in bounds.drives,
                compliance=bounds.voltage,
            )
        case CurrentBounds():
            return Capability(
                current=bounds.current,
                galvanostat=True,
                potentiostat=False,
                compliance=bounds.compliance,
            )
        case MagnetBounds():
            return Capability(current=bounds.current, ramp=bounds.rate)
        case ChamberBounds():
            return Capability(temperatures=(bounds.lowest, bounds.highest))
        case _:
            return None
