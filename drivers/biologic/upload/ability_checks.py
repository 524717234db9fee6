"""What of a program is beyond a channel: voltages, frequencies, powers, rates.

Currents are compared where their range is chosen (`ranges.fixed_range`).
"""

import math
from collections.abc import Iterator

from drivers.biologic.eclib.codes import BOOSTER_RANGE
from drivers.biologic.upload.program import FINEST_RECORD, Draft
from labctl.errors import Complaint
from labctl.limits import exceeds
from labctl.techniques import (
    ConstantPower,
    Spectrum,
    Technique,
    VoltageSweep,
    drives,
    voltages_of,
)


def check_abilities(draft: Draft) -> None:
    """Refuse what no channel of this kind can do, each with its figure."""
    facts = draft.facts
    if facts.drive.current is None and any(map(drives, draft.techniques)):
        draft.complaints.append(_unknown_booster(draft))
    for index, technique in enumerate(draft.techniques):
        _check_voltages(draft, index, technique)
        if isinstance(technique, Spectrum):
            _check_frequencies(draft, index, technique)
        elif isinstance(technique, ConstantPower):
            _check_power(draft, index, technique)
        elif isinstance(technique, VoltageSweep):
            _check_rate(draft, index, technique)


def _unknown_booster(draft: Draft) -> Complaint:
    facts = draft.facts
    instrument, _, panel = facts.name.rpartition("/")
    what = "its largest range is a booster's" * (facts.max_range == BOOSTER_RANGE)
    return Complaint(
        (),
        f"{what or 'its board is unknown'}, and how much current it may drive is not "
        f"known ({facts.drive.words}).",
        f"Write max_current: {{'{panel}': AMPERE}} into the options of "
        f"{instrument or facts.name}, as the booster's plate says.",
        file=facts.name,
    )


def _check_voltages(draft: Draft, index: int, technique: Technique) -> None:
    facts = draft.facts
    most = facts.largest_voltage
    for volt in sorted({v for v in voltages_of(technique) if exceeds(abs(v), most)}):
        by = "compliance" if facts.drive.compliance == most else "control range"
        guess = "compliance" in facts.drive.assumed and by == "compliance"
        draft.complain(
            index,
            f"{volt:g} V is beyond ±{most:g} V, the {by} of this channel "
            f"({facts.drive.words}).",
            "Lower it"
            + ("; if yours has more, say so with compliance in its options." * guess)
            + "." * (not guess),
            volt,
            most,
            "V",
        )


def _check_frequencies(draft: Draft, index: int, technique: Spectrum) -> None:
    facts = draft.facts
    known = facts.frequencies
    if known is None or not facts.impedance:
        return
    guess = facts.highest_frequency is None
    for frequency in _outside(technique, *known):
        high = frequency > known[1]
        option = "; if yours reaches more, say so with highest_frequency in its options"
        draft.complain(
            index,
            f"{frequency:g} Hz is beyond the {known[0]:g} … {known[1]:g} Hz of this "
            f"channel ({facts.drive.words}).",
            ("Lower it" if high else "Raise it") + option * (high and guess) + ".",
            frequency,
            known[1] if high else known[0],
            "Hz",
        )


def _outside(technique: Spectrum, low: float, high: float) -> Iterator[float]:
    for frequency in (technique.first_frequency, technique.last_frequency):
        if frequency > 0.0 and not low <= frequency <= high:
            yield frequency


def _check_power(draft: Draft, index: int, technique: ConstantPower) -> None:
    facts = draft.facts
    most = facts.largest_current * facts.largest_voltage
    if not math.isnan(most) and exceeds(abs(technique.power), most):
        draft.complain(
            index,
            f"{technique.power:g} W is beyond ±{most:g} W: {facts.largest_current:g} A "
            f"at {facts.largest_voltage:g} V ({facts.drive.words}).",
            "Lower it.",
            technique.power,
            most,
            "W",
        )


def _check_rate(draft: Draft, index: int, technique: VoltageSweep) -> None:
    every = technique.record.every_volt
    if every is None or not technique.scan_rate > 0.0:
        return
    fastest = every / FINEST_RECORD
    if exceeds(technique.scan_rate, fastest):
        draft.complain(
            index,
            f"{technique.scan_rate:g} V/s with a row every {every:g} V needs a row "
            f"every {every / technique.scan_rate:.2g} s; no board takes them faster "
            f"than every {FINEST_RECORD:g} s.",
            "Scan more slowly, or record more coarsely.",
            technique.scan_rate,
            fastest,
            "V/s",
        )
