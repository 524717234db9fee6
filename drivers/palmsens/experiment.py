"""One script of ours: what it is recognised by, and how far it has come.

A script says its identity (27 bits drawn from serial, program and moment) in every
package, so that whoever listens knows whose it is, also after the program that sent it
has died. Its text cannot be read back from the instrument.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers.palmsens.rows import RowMaker
from drivers.palmsens.script.program import Program
from labctl.techniques import Loop, Spectrum, Technique, VoltageSweep

DRIVER = "palmsens-methodscript"
BITS = 0x7FFFFFF
LISTEN = 5.0
"""s beyond the longest silence of a script before it counts as silent."""
PERIODS = 8.0
"""Of a sine for which a script may say nothing, settling and averages included."""


@dataclass(slots=True)
class Experiment:
    """One script, loaded or started."""

    token: Mapping[str, Any]
    rows: RowMaker
    text: str = ""
    """Of the script; empty where it was only recognised."""
    uploaded: bool = False
    """Whether the instrument holds it now: a look at the cell overwrites it."""
    seen: bool = False
    """Whether it was seen running."""
    begun: float | None = None
    """s of the clock when it was started here; None: it was not."""

    @classmethod
    def of_program(
        cls,
        program: Program,
        serial: str,
        moment: float,
        *,
        skipped: int = 0,
        zero: float = 0.0,
        imaginary_sign: int = 1,
        sample_every: float = 5.0,
    ) -> "Experiment":
        """Return what a program becomes on an instrument at ``moment`` (UTC s)."""
        digest = hashlib.sha256("\n".join(program.lines).encode()).hexdigest()[:16]
        drawn = hashlib.sha256(f"{serial}:{digest}:{moment!r}".encode()).digest()
        identity = int.from_bytes(drawn[:4], "big") & BITS or 1
        token = {
            "driver": DRIVER,
            "serial": serial,
            "digest": digest,
            "identity": identity,
            "silence": silence_of(program.techniques, sample_every),
            "skipped": skipped,
            "zero": zero,
        }
        rows = RowMaker(program.techniques, skipped, zero, imaginary_sign)
        return cls(token, rows, program.text(identity))

    @classmethod
    def of_token(
        cls, token: Mapping[str, Any], techniques: Sequence[Technique], sign: int
    ) -> "Experiment":
        """Return what a token describes, as part of the upload ``techniques``."""
        skipped = int(token["skipped"])
        rows = RowMaker(
            behind(techniques, skipped),
            skipped,
            float(token["zero"]),
            sign,
            halfway=True,
        )
        return cls(dict(token), rows, seen=True)

    @property
    def identity(self) -> int:
        """What its packages say."""
        return int(self.token["identity"])

    @property
    def silence(self) -> float:
        """S for which it may say nothing."""
        return float(self.token["silence"])


def behind(techniques: Sequence[Technique], skipped: int) -> tuple[Technique, ...]:
    """Return the techniques from one on; their loops count from there."""
    return tuple(
        Loop(t.back_to - skipped, t.passes) if isinstance(t, Loop) else t
        for t in techniques[skipped:]
    )


def silence_of(techniques: Sequence[Technique], sample_every: float) -> float:
    """Return the longest time in s between two packages of a script."""
    longest = sample_every
    for technique in techniques:
        if isinstance(technique, Spectrum):
            lowest = min(technique.first_frequency, technique.last_frequency)
            longest = max(longest, PERIODS / lowest)
        elif isinstance(technique, VoltageSweep) and technique.record.every_volt:
            stair = technique.record.every_volt / technique.scan_rate
            longest = max(longest, stair)
    return longest
