"""What a board and its amplifier drive, and what of a program is beyond that.

Figures of boards are the vendor's data sheets as others cite them; no instrument states
them. So each is a default that an option of the configuration replaces
(``max_current``, ``compliance``, ``highest_frequency``), and is called assumed.
What an instrument does state (ranges, impedance board, code of the amplifier) is read
from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from drivers.biologic.eclib.codes import BOOSTER_RANGE, VOLTAGE_RANGES, Board

CONTROL = max(VOLTAGE_RANGES.values())
"""V; the widest range of the working electrode's voltage on both boards."""


@dataclass(frozen=True, slots=True)
class BoardAbility:
    """A board without an amplifier."""

    name: str
    current: float
    """A."""
    compliance: float
    """V between counter and working electrode."""
    frequencies: tuple[float, float]
    """Hz, with an impedance board."""


BOARDS: Mapping[int, BoardAbility] = MappingProxyType(
    {
        # ±400 mA; "CE vs. WE compliance from -10 V to 10 V" in EC-Lab's settings files.
        Board.ESSENTIAL: BoardAbility("VMP3 board", 0.4, 10.0, (1e-5, 1e6)),
        # ±500 mA although the largest range is called 1 A; a file with 7 MHz is known.
        Board.PREMIUM: BoardAbility("VSP-300 board", 0.5, 12.0, (1e-5, 7e6)),
    }
)

AMPLIFIERS: Mapping[int, tuple[str, float, float | None]] = MappingProxyType(
    {
        1: ("2 A", 2.0, None),
        2: ("1 A", 1.0, None),
        3: ("5 A", 5.0, None),
        4: ("10 A", 10.0, None),
        5: ("20 A", 20.0, None),
        8: ("80 A", 80.0, None),
        9: ("4 A", 4.0, None),
        11: ("4 A (VSP)", 4.0, None),
        16: ("8 A", 8.0, None),
        18: ("100 A / 5 V", 100.0, 5.0),
        20: ("1 A / 48 V", 1.0, 48.0),
        21: ("4 A / 14 V", 4.0, 14.0),
        22: ("5 A (MPG-2)", 5.0, None),
        23: ("10 A (MPG-2)", 10.0, None),
        24: ("20 A (MPG-2)", 20.0, None),
        25: ("40 A (MPG-2)", 40.0, None),
        27: ("10 A / 5 V", 10.0, 5.0),
        28: ("2 A / 30 V", 2.0, 30.0),
        77: ("30 A / 50 V", 30.0, 50.0),
        93: ("50 A / 60 V", 50.0, 60.0),
        97: ("200 A / 12 V", 200.0, 12.0),
        105: ("1 A / 48 V P", 1.0, 48.0),
        129: ("1 A / 48 V P", 1.0, 48.0),
    }
)
"""AmpCode → name, A, V (None: its name states none)."""
WITHOUT = frozenset({0, 7, 12, 15})
"""AmpCodes of no amplifier, or of one that only measures small currents."""


@dataclass(frozen=True, slots=True)
class Drive:
    """What a channel drives; None: nobody knows."""

    current: float | None
    """A."""
    compliance: float | None
    """V."""
    words: str
    """Board and amplifier in words."""
    assumed: frozenset[str] = frozenset()
    """Which of them are defaults."""


def drive_of(
    board: int,
    amplifier: int,
    max_range: int,
    spans: Sequence[float],
    *,
    max_current: float | None = None,
    compliance: float | None = None,
) -> Drive:
    """Return what a channel drives; ``max_current``, ``compliance`` as configured.

    ``spans`` are the full scales in A of its ranges: only the booster range goes
    beyond the largest. A booster whose amplifier is not known here drives what the
    configuration says, and nobody knows what if it says nothing.
    """
    known, amp = BOARDS.get(board), AMPLIFIERS.get(amplifier)
    booster = max_range == BOOSTER_RANGE
    words = known.name if known else f"board of type {board}"
    current, volts = (known.current, known.compliance) if known else (None, None)
    assumed = {"current", "compliance"} if known else set()
    if amp is not None:
        words += f" with the {amp[0]} amplifier"
        current, volts = amp[1], amp[2]
        assumed = {"compliance"} if volts is not None else set()
    elif booster:
        words += f" with an amplifier not known here (code {amplifier})"
        current, volts, assumed = None, None, set()
    elif amplifier not in WITHOUT:
        words += f" (amplifier code {amplifier} is not known here)"
    if max_current is not None:
        current, assumed = max_current, assumed - {"current"}
    if compliance is not None:
        volts, assumed = compliance, assumed - {"compliance"}
    if not booster and spans:
        current = max(spans) if current is None else min(current, max(spans))
    return Drive(current, volts, words, frozenset(assumed))
