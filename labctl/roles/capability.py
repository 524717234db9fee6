"""What a channel can do, as far as anybody knows it, before anything is loaded.

A fact is None where nobody has read or stated it: unknown is neither zero nor endless.
"""

import typing
from collections.abc import Sequence
from dataclasses import dataclass

from labctl.limits import Envelope
from labctl.quantities import format_si
from labctl.roles.current_source import CurrentBounds
from labctl.roles.magnet import MagnetBounds
from labctl.roles.playing import plays
from labctl.roles.source_meter import SourceBounds
from labctl.techniques import Technique


@dataclass(frozen=True, slots=True)
class Capability:
    """Facts of one channel; magnitudes, SI."""

    current: float | None = None
    """Largest |I| that it drives, A."""
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
    impedance: bool | None = None
    """Whether it measures impedance."""
    frequencies: tuple[float, float] | None = None
    """Lowest and highest frequency of a spectrum, Hz."""
    three_electrodes: bool | None = None
    """Whether a reference electrode of its own can be connected."""
    constant_power: bool | None = None
    """Whether it holds a power by itself."""
    board: str = ""
    """Board, range and amplifier in words."""
    assumed: tuple[str, ...] = ()
    """Names of facts above that are defaults of the model: the instrument does not say
    them, and the configuration may say otherwise."""

    def __str__(self) -> str:
        said = [self.board] if self.board else []
        for name, unit, what in (
            ("current", "A", ""),
            ("compliance", "V", "compliance "),
            ("control", "V", "control "),
            ("power", "W", ""),
            ("field", "T", ""),
            ("ramp", "A/s", "ramps "),
        ):
            value = getattr(self, name)
            if value is not None:
                sign = "≤ " if name == "ramp" else "±"
                guess = "*" if name in self.assumed else ""
                said.append(f"{what}{sign}{format_si(value, unit, 3)}{guess}")
        if self.impedance is False:
            said.append("no EIS")
        elif self.impedance and self.frequencies is None:
            said.append("EIS")
        elif self.impedance and self.frequencies is not None:
            low, high = (format_si(f, "Hz", 3) for f in self.frequencies)
            guess = "*" if "frequencies" in self.assumed else ""
            said.append(f"EIS {low} … {high}{guess}")
        if self.three_electrodes:
            said.append("three electrodes")
        if self.constant_power is False:
            said.append("no constant power")
        return ", ".join(said)


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
    bounds = getattr(player, "bounds", None)
    if isinstance(bounds, SourceBounds):
        return Capability(current=bounds.current, compliance=bounds.voltage)
    if isinstance(bounds, CurrentBounds):
        return Capability(current=bounds.current, compliance=bounds.compliance)
    if isinstance(bounds, MagnetBounds):
        return Capability(current=bounds.current, ramp=bounds.rate)
    largest = getattr(player, "largest_field", None)
    if isinstance(largest, float):
        return Capability(field=largest)
    return None
