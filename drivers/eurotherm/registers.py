"""Where a Eurotherm keeps what, and what its words mean; no I/O.

A parameter has a number. Its 16-bit word stands at that address, with the decimal
point where the instrument shows it; the same as an IEEE float stands in two words, high
first, at 2·number + 32768, with no decimal point to get wrong. The numbers are
those of the 2000 and 3000 series as two public drivers and a page of the 3200's manual
(HA028651) have them; each can be changed by the option ``registers``. Unverified:
`sensor_break`, `instrument_type`.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from labctl.errors import Complaint, InstrumentError, RefusedError

FLOATS = 0x8000
HIGHEST = 0x3FFF
"""Largest number of a parameter that has a float."""
AUTOMATIC, MANUAL = 0, 1
"""Values of `auto_manual`."""
RUNNING = {"3000": {1, 2}, "2000": {2, 4, 8}}
"""Values of `program_status` by series while a program runs, holds or holds back."""
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
"""What a rate limit is per."""


@dataclass(frozen=True, slots=True)
class Registers:
    """Numbers of parameters; None: this instrument has it not."""

    process_value: int | None = 1
    target: int | None = 2
    """Set point that it goes to."""
    manual_output: int | None = 3
    working_output: int | None = 4
    """%, what the heater gets now."""
    program_status: int | None = 23
    rate_limit: int | None = 35
    """Of the set point; 0 is none."""
    highest_set_point: int | None = 111
    lowest_set_point: int | None = 112
    instrument_type: int | None = 122
    sensor_break: int | None = 258
    """Not zero: its sensor is open."""
    auto_manual: int | None = 273

    @classmethod
    def of(cls, name: str, options: Mapping[str, Any]) -> "Registers":
        """Return the numbers, ``registers`` of the options in place of the usual ones.

        RefusedError lists every wrong key.
        """
        said = options.get("registers", {})
        place = ("instruments", name, "options", "registers")
        known = [each.name for each in fields(cls)]
        if not isinstance(said, Mapping):
            text = f"{said!r} is no table of registers."
            raise RefusedError([Complaint(place, text, "Write {sensor_break: 258}.")])
        complaints = []
        for key, value in said.items():
            if key not in known:
                text = f"there is no such register; known are {', '.join(known)}."
                complaints.append(Complaint((*place, str(key)), text))
            elif value is not None and not (
                type(value) is int and 0 <= value <= HIGHEST
            ):
                text = f"{value!r} is no whole number from 0 to {HIGHEST}."
                complaints.append(Complaint((*place, str(key)), text))
        if complaints:
            raise RefusedError(complaints)
        return replace(cls(), **{str(key): value for key, value in said.items()})


@dataclass(frozen=True, slots=True)
class Numbers:
    """How parameters that are no whole numbers travel."""

    decimals: int | None = None
    """Digits after the point of a scaled word; None: IEEE floats."""

    def place(self, number: int) -> tuple[int, int]:
        """Return address and count of words of a parameter."""
        return (number, 1) if self.decimals is not None else (FLOATS + 2 * number, 2)

    def read(self, words: Sequence[int], name: str) -> float:
        """Return a value. InstrumentError: it is none."""
        if self.decimals is not None:
            (word,) = words
            return signed(word) / 10.0**self.decimals
        value: float = struct.unpack(">f", struct.pack(">2H", *words))[0]
        if not math.isfinite(value):
            raise InstrumentError(
                f"{name}: answers {value} where a number was expected"
            )
        return value

    def write(self, value: float, name: str) -> list[int]:
        """Return the words of a value. InstrumentError: it has no room."""
        if self.decimals is None:
            return list(struct.unpack(">2H", struct.pack(">f", value)))
        word = round(value * 10.0**self.decimals)
        if not -0x8000 <= word < 0x8000:  # noqa: PLR2004
            raise InstrumentError(
                f"{name}: {value:g} with {self.decimals} decimals has no room in a word"
            )
        return [word & 0xFFFF]


def signed(word: int) -> int:
    """Return a word as a two's complement number."""
    return word - 0x10000 if word & 0x8000 else word
