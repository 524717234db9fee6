"""Compare a sample with what the run left, before current flows again."""

import logging
import math
from dataclasses import dataclass, replace
from typing import Any

from labctl import columns
from labctl.config.models import SafetyConfig
from labctl.data import Event, Level
from labctl.engine.auxiliaries import Auxiliaries, AuxiliaryChannel
from labctl.engine.situation import Recorded
from labctl.errors import LabctlError
from labctl.limits import name_of
from labctl.roles.chamber import Chamber
from labctl.roles.playing import plays
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.station import LentBench

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Compared:
    """What was read."""

    said: tuple[Event, ...] = ()
    """What was compared, for the record."""
    wrong: str = ""
    """Why the run must not simply go on; empty if it may."""


def compare(
    bench: LentBench, beside: Auxiliaries, recorded: Recorded, safety: SafetyConfig
) -> Compared:
    """Compare voltages and temperatures; see `compare_voltages`.

    What goes on in an instrument is not left alone for a thermometer. A run that has a
    chamber brings its temperature back itself, before anything is measured: what is
    read then is only said.
    """
    voltages = compare_voltages(bench, recorded, safety.resume_voltage_band)
    warmth = Compared()
    if not any(_goes_on(r, p, recorded) for r, p in bench.roles.items()):
        band = safety.resume_temperature_band
        warmth = compare_temperatures(beside, recorded, band)
    if any(plays(player, Chamber) for player in bench.roles.values()):
        warmth = replace(warmth, wrong="")
    wrong = " ".join(filter(None, (voltages.wrong, warmth.wrong)))
    return Compared((*voltages.said, *warmth.said), wrong)


def compare_voltages(bench: LentBench, recorded: Recorded, band: float) -> Compared:
    """Read each channel and compare it with the run's last row; nothing is driven.

    ``band`` in V. A channel that still does what this run started is not compared: it
    is polarised as it should be. InstrumentError: a channel cannot be read.
    """
    before = _last(recorded, columns.VOLTAGE.name)
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
        said.append(Event(Level.INFO, "voltage", text))
    return Compared(tuple(said), " ".join(wrong))


def compare_temperatures(
    beside: Auxiliaries, recorded: Recorded, band: float
) -> Compared:
    """Read the run's thermometers and compare them with its last row.

    ``band`` in K. What is not known, then or now, is said to be and stops nothing.
    """
    said, wrong = [], []
    for one in beside.channels:
        if one.auxiliary.stream.name != columns.LIVE:
            continue
        for column in one.auxiliary.stream.columns:
            quantity, unit = name_of(column.name)
            now, before = _read(one, column.name), _last(recorded, column.name)
            text = f"{quantity} at {one.channel} is {_celsius(now, unit)}"
            text += f", the run left it at {_celsius(before, unit)}"
            if abs(now - before) > band:
                wrong.append(
                    f"{text}. That is more than {band:g} K apart: bring it back, or "
                    "look and resume with --accept-cell."
                )
            said.append(Event(Level.INFO, "temperature", text))
    return Compared(tuple(said), " ".join(wrong))


def _read(one: AuxiliaryChannel, column: str) -> float:
    """Return a thermometer's reading, °C; NaN: it says nothing now."""
    try:
        return float(one.read().columns[column][0])
    except LabctlError as error:
        log.warning("%s on %s: %s", one.name, one.channel, error)
        return math.nan


def _celsius(value: float, unit: str) -> str:
    return f"{value:.1f} {unit}" if math.isfinite(value) else "unknown"


def _last(recorded: Recorded, column: str) -> float:
    """Return a quantity in the run's last row that has it; NaN without one."""
    if recorded.totals is not None and recorded.totals.last:
        return recorded.totals.last.get(column, math.nan)
    for count in sorted(recorded.steps, reverse=True):
        outcome = recorded.steps[count].outcome
        if outcome is not None and column in outcome.last:
            return float(outcome.last[column])
    return math.nan


def _goes_on(role: str, player: Any, recorded: Recorded) -> bool:
    claim = recorded.claims.get(role)
    return claim is not None and bool(player.recognise(claim.token, claim.unix))
