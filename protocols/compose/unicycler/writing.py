"""A plan's techniques as unicycler's method; what it cannot say is refused by name."""

import dataclasses
import itertools
from collections.abc import Iterable
from typing import Any

from labctl.columns import CURRENT, VOLTAGE
from labctl.limits import Envelope
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
    VoltageSweep,
)
from protocols.compose.unicycler.loops import Block, Nested, folded
from protocols.compose.unicycler.losses import Losses
from protocols.compose.unicycler.thousandths import milli

Words = dict[str, Any]
WAIT_PERIODS = 1.0
"""What is waited for before each frequency where nobody says."""


def method_of(techniques: Iterable[Technique], losses: Losses) -> list[Words]:
    """Return unicycler's steps: what repeats stands once, with tag and loop."""
    steps: list[Words] = []
    for each in techniques:
        steps += _of(each, losses)
    out: list[Words] = []
    _write(folded(steps), out, [0])
    return out


def _write(blocks: Nested[Words], out: list[Words], count: list[int]) -> None:
    for each in blocks:
        if not isinstance(each, Block):
            out.append(each)
            continue
        count[0] += 1
        tag = f"block {count[0]}"
        out.append({"step": "tag", "tag": tag})
        _write(each.inner, out, count)
        out.append({"step": "loop", "loop_to": tag, "cycle_count": each.times})


def _of(technique: Technique, losses: Losses) -> list[Words]:
    match technique:
        case OpenCircuit():
            _none_of(technique.until, technique, losses)
            return [_step("open_circuit_voltage", until_time_s=technique.duration)]
        case ConstantCurrent():
            return [_current(technique, losses)]
        case ConstantVoltage():
            return [_voltage(technique, losses)]
        case VoltageSweep():
            _none_of(technique.until, technique, losses)
            return _scans(technique)
        case Spectrum():
            return [_spectrum(technique, losses)]
        case ConstantPower():
            losses.refuse(("power",), "holds a power, and unicycler has none.")
        case Loop():
            losses.refuse(("loop",), "stands alone.")
    return []


def _step(name: str, **values: Any) -> Words:
    return {"step": name, **{k: v for k, v in values.items() if v is not None}}


def _current(technique: ConstantCurrent, losses: Losses) -> Words:
    towards = Comparison.AT_LEAST if technique.current > 0 else Comparison.AT_MOST
    volt = None
    for condition in technique.until:
        mine = condition.quantity is ConditionQuantity.VOLTAGE
        if mine and condition.comparison is towards and volt is None:
            volt = condition.value
        else:
            _lost(condition, technique, losses)
    if volt == 0.0:
        losses.refuse(
            ("cc", "until_voltage_V"),
            "a cut-off of 0 V cannot be said: unicycler takes 0 for none.",
            "Take a voltage beside it, such as 1 mV.",
        )
    return _step(
        "constant_current",
        current_mA=milli(technique.current),
        until_time_s=technique.duration,
        until_voltage_V=volt,
    )


def _voltage(technique: ConstantVoltage, losses: Losses) -> Words:
    if technique.versus_initial:
        what = "is against the voltage found, and unicycler's is absolute."
        losses.refuse(("cv", "versus_initial"), what)
    ampere = None
    for condition in technique.until:
        mine = condition.quantity is ConditionQuantity.ABSOLUTE_CURRENT
        if mine and condition.comparison is Comparison.AT_MOST and ampere is None:
            ampere = condition.value
        else:
            _lost(condition, technique, losses)
    if ampere == 0.0:
        losses.refuse(("cv", "until_current_mA"), "a taper of 0 A never comes.")
    return _step(
        "constant_voltage",
        voltage_V=technique.voltage,
        until_time_s=technique.duration,
        until_current_mA=None if ampere is None else milli(ampere),
    )


def _scans(technique: VoltageSweep) -> list[Words]:
    """Return each way between two vertices; turning points come again each cycle."""
    first, *turns, last = technique.vertices
    through = [first, *(turns * technique.cycles), last]
    return [
        _step(
            "voltage_scan",
            start_voltage_V=a,
            end_voltage_V=b,
            scan_rate_mV_per_s=milli(technique.scan_rate),
        )
        for a, b in itertools.pairwise(through)
        if a != b
    ]


def _spectrum(technique: Spectrum, losses: Losses) -> Words:
    _none_of(technique.until, technique, losses)
    if technique.galvanostatic and technique.bias:
        what = f"flows on {technique.bias:g} A, and unicycler's spectra on none."
        losses.refuse(("geis", "bias"), what)
    absolute = not technique.galvanostatic and not technique.versus_initial
    if absolute or (technique.versus_initial and technique.bias):
        what = "is at a voltage of its own; unicycler's is around the one found."
        losses.refuse(("peis", "bias"), what, "Hold that voltage in the step before.")
    if technique.settle:
        what = f"waits {technique.settle:g} s before its first frequency."
        losses.lose("settle", ("eis", "settle"), what)
    if technique.wait_periods != WAIT_PERIODS:
        what = f"waits {technique.wait_periods:g} periods before each frequency."
        losses.lose("wait_periods", ("eis", "wait_periods"), what)
    scale = 1000.0 if technique.galvanostatic else 1.0
    unit = "amplitude_mA" if technique.galvanostatic else "amplitude_V"
    return _step(
        "impedance_spectroscopy",
        start_frequency_Hz=technique.first_frequency,
        end_frequency_Hz=technique.last_frequency,
        points_per_decade=technique.points_per_decade,
        measures_per_point=technique.averages,
        drift_correction=technique.drift_correction,
        **{unit: scale * technique.amplitude},
    )


def _none_of(
    conditions: Iterable[Condition], technique: Technique, losses: Losses
) -> None:
    for condition in conditions:
        _lost(condition, technique, losses)


def _lost(condition: Condition, technique: Technique, losses: Losses) -> None:
    what = (
        f"ends by {condition.quantity} {condition.comparison} {condition.value:g}, "
        "which unicycler cannot say there."
    )
    losses.lose(str(condition.quantity), (technique.kind, condition.name), what)


def record_of(techniques: Iterable[Technique], losses: Losses) -> Words:
    """Return the one rule by which unicycler writes rows: no step has fewer than here.

    The finest time, voltage and current of all steps: any of them writes a row.
    """
    rules = {
        _as_row_rule(each)
        for each in techniques
        if not isinstance(each, Spectrum | Loop)
    }
    if any(rule.every_coulomb is not None for rule in rules):
        losses.lose("charge", ("record",), "a row at each charge cannot be said.")
    volt = min((r.every_volt for r in rules if r.every_volt), default=None)
    ampere = min((r.every_ampere for r in rules if r.every_ampere), default=None)
    words: Words = {
        "time_s": min((r.every_s for r in rules if r.every_s), default=60.0)
    }
    if volt is not None:
        words["voltage_V"] = volt
    if ampere is not None:
        words["current_mA"] = milli(ampere)
    return words


def _as_row_rule(technique: Technique) -> Recording:
    """Return when rows are written; a scan's step of voltage is one of time."""
    record: Recording = getattr(technique, "record", Recording())
    if isinstance(technique, VoltageSweep) and record.every_volt and not record.every_s:
        return Recording(every_s=record.every_volt / technique.scan_rate)
    if isinstance(technique, OpenCircuit):
        return dataclasses.replace(record, every_ampere=None)
    return record


def safety_of(envelope: Envelope, losses: Losses) -> Words:
    """Return what no reading may leave."""
    words: Words = {}
    for column, low, high, written in (
        (VOLTAGE.name, "min_voltage_V", "max_voltage_V", float),
        (CURRENT.name, "min_current_mA", "max_current_mA", milli),
    ):
        bounds = envelope.bounds.get(column)
        if bounds is None:
            continue
        if envelope.eased.get(column, bounds) != bounds:
            what = f"the limit on {column} is wider until the cell was discharged."
            losses.lose("eased", ("safety", column), what)
        for name, value in zip((low, high), bounds, strict=True):
            if abs(value) != float("inf"):
                words[name] = written(value)
    for column in sorted(envelope.columns - {VOLTAGE.name, CURRENT.name}):
        what = f"a limit on {column} cannot be said."
        losses.lose(column, ("safety", column), what)
    return words
