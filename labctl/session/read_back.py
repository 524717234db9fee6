"""Compare a cell with what the run left, before current flows again."""

import math
from dataclasses import dataclass
from typing import Any

from labctl import columns
from labctl.engine.situation import Recorded
from labctl.roles.playing import plays
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.station import LentBench


@dataclass(frozen=True, slots=True)
class Compared:
    """What was read."""

    said: tuple[str, ...] = ()
    """What was compared, for the record."""
    wrong: str = ""
    """Why the run must not simply go on; empty if it may."""


def compare_voltages(bench: LentBench, recorded: Recorded, band: float) -> Compared:
    """Read each channel and compare it with the run's last row; nothing is driven.

    ``band`` in V. A channel that still does what this run started is not compared: it
    is polarised as it should be. InstrumentError: a channel cannot be read.
    """
    before = _last_voltage(recorded)
    said, wrong = [], []
    for role, player in bench.roles.items():
        if not plays(player, PotentiostatChannel) or _goes_on(role, player, recorded):
            continue
        now = float(player.sense()["voltage_volt"])  # type: ignore[attr-defined]
        text = f"{role} is at {now:.3f} V"
        if math.isfinite(before):
            text += f", the run left it at {before:.3f} V"
            if not abs(now - before) <= band:
                wrong.append(
                    f"{text}. That is more than {band:g} V apart: is it the same cell, "
                    "and is it connected? Look, then resume with --accept-voltage."
                )
        said.append(text)
    return Compared(tuple(said), " ".join(wrong))


def _last_voltage(recorded: Recorded) -> float:
    """Return the voltage of the run's last row, V; NaN without one."""
    if recorded.totals is not None and recorded.totals.last:
        return recorded.totals.last.get(columns.VOLTAGE.name, math.nan)
    for count in sorted(recorded.steps, reverse=True):
        outcome = recorded.steps[count].outcome
        if outcome is not None and columns.VOLTAGE.name in outcome.last:
            return float(outcome.last[columns.VOLTAGE.name])
    return math.nan


def _goes_on(role: str, player: Any, recorded: Recorded) -> bool:
    claim = recorded.claims.get(role)
    return claim is not None and bool(player.recognise(claim.token, claim.unix))
