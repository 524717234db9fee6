"""A unicycler protocol as a plan of `sequence`; what cannot be said is refused.

Both count a current that charges as positive, and mean the peak by an amplitude. Zeros
are refused: unicycler takes a cut-off of 0 for none in one place and for 0 in another.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labctl.errors import Place
from labctl.quantities import Rate
from protocols.compose.unicycler.loops import (
    Block,
    IntersectingLoopsError,
    Jump,
    Nested,
    nested,
)
from protocols.compose.unicycler.losses import Losses
from protocols.compose.unicycler.thousandths import milli

Words = dict[str, Any]
LONGEST_LABEL = 80
CUT_OFFS = (
    "until_time_s",
    "until_voltage_V",
    "until_rate_C",
    "until_current_mA",
    "rate_C",
    "current_mA",
    "amplitude_V",
    "amplitude_mA",
)
"""Fields in which 0 means two things."""


def plan_of(
    protocol: Any, written: Mapping[str, Any], losses: Losses, longest: str
) -> Words:
    """Return the plan, as a person would write it; see `Losses.settle`.

    ``protocol``: the package's own; ``written``: the file as it was. ``longest``: what
    no step may exceed that states no time; empty: one has to.
    """
    _unambiguous(written, losses)
    for place in _endless(protocol.model_dump()):
        losses.refuse(place, "is no number that a plan can have.")
    flat = _flat(protocol, losses, longest)
    try:
        blocks = nested(flat)
    except IntersectingLoopsError as error:
        losses.refuse(("method",), f"{error}, which no plan can say.")
        blocks = ()
    if not any(isinstance(each, dict) for each in flat):
        losses.refuse(("method",), "has no step: tags and loops alone do nothing.")
    parameters: Words = {"steps": _steps(blocks, protocol)}
    if protocol.sample.capacity_mAh is not None:
        parameters["one_c"] = f"{_number(protocol.sample.capacity_mAh)} mA"
    parameters |= _record(protocol.record)
    parameters |= _limits(protocol.safety, losses)
    return {"protocol": "sequence", "parameters": parameters}


def _unambiguous(written: Mapping[str, Any], losses: Losses) -> None:
    method = written.get("method")
    for number, step in enumerate(method if isinstance(method, list) else ()):
        for name in CUT_OFFS:
            value = step.get(name) if isinstance(step, Mapping) else None
            if value is not None and _is_zero(value):
                losses.refuse(
                    ("method", number, name),
                    "is 0, which unicycler takes for none, and some cyclers for zero.",
                    "Write null where there is none.",
                )


def _endless(data: Any, above: Place = ()) -> Iterator[Place]:
    """Yield the place of every infinity and every NaN."""
    if isinstance(data, float) and not math.isfinite(data):
        yield above
    pairs: Iterable[tuple[str | int, Any]] = ()
    if isinstance(data, dict):
        pairs = data.items()
    elif isinstance(data, list | tuple):
        pairs = enumerate(data)
    for key, inner in pairs:
        yield from _endless(inner, (*above, key))


def _is_zero(value: Any) -> bool:
    try:
        return float(value) == 0.0
    except (TypeError, ValueError):
        return False


def _flat(protocol: Any, losses: Losses, longest: str) -> list[Words | Jump]:
    """Return techniques and jumps in a row, without tags."""
    flat: list[Words | Jump] = []
    place_of: list[int] = []
    """Number of a step in the file, from 0 -> place in the row."""
    tags: dict[str, int] = {}
    for number, step in enumerate(protocol.method):
        place_of.append(len(flat))
        at: Place = ("method", number)
        match step.step:
            case "tag":
                tags[step.tag] = len(flat)
            case "loop":
                to = step.loop_to
                back = tags[to] if isinstance(to, str) else place_of[to - 1]
                flat.append(Jump(back, step.cycle_count))
            case _:
                words = _technique(step, at, losses, longest, protocol.record)
                if step.id:
                    if len(step.id) > LONGEST_LABEL:
                        what = f"is longer than {LONGEST_LABEL} characters."
                        losses.lose("id", (*at, "id"), what)
                    else:
                        words["label"] = step.id
                flat.append(words)
    return flat


def _technique(
    step: Any, at: Place, losses: Losses, longest: str, record: Any
) -> Words:
    words: Words
    match step.step:
        case "open_circuit_voltage":
            return {"do": "rest", "duration": _seconds(step.until_time_s)}
        case "constant_current":
            rate = _rate(step, "rate_C", "current_mA", at, losses)
            words = {"do": "current", "rate": _as_rate(rate)}
            words["duration"] = _duration(step, at, losses, longest)
            if step.until_voltage_V is not None:
                sign = ">=" if rate.value > 0 else "<="
                words["until"] = [f"voltage {sign} {_number(step.until_voltage_V)} V"]
            return words
        case "constant_voltage":
            words = {"do": "voltage", "hold": f"{_number(step.voltage_V)} V"}
            words["duration"] = _duration(step, at, losses, longest)
            if step.until_rate_C is not None or step.until_current_mA is not None:
                taper = _rate(step, "until_rate_C", "until_current_mA", at, losses)
                size = Rate(abs(taper.value), taper.unit)
                words["until"] = [f"|current| <= {_as_rate(size)}"]
            return words
        case "voltage_scan":
            rate = step.scan_rate_mV_per_s
            ends = (step.start_voltage_V, step.end_voltage_V)
            words = {
                "do": "sweep",
                "through": [f"{_number(volt)} V" for volt in ends],
                "scan_rate": f"{_number(rate)} mV/s",
            }
            if record.voltage_V is None:  # as many rows as time would give
                words["record"] = {"voltage": f"{_number(rate * record.time_s)} mV"}
            return words
        case _:
            return _spectrum(step)


def _spectrum(step: Any) -> Words:
    words: Words = {"do": "geis", "bias": "0 mA"}
    if step.amplitude_V is not None:
        words = {"do": "peis", "amplitude": f"{_number(step.amplitude_V)} V"}
    else:
        words["amplitude"] = f"{_number(step.amplitude_mA)} mA"
    ends = (step.start_frequency_Hz, step.end_frequency_Hz)
    words["first_frequency"] = f"{_number(ends[0])} Hz"
    words["last_frequency"] = f"{_number(ends[1])} Hz"
    words["points_per_decade"] = step.points_per_decade
    words["averages"] = step.measures_per_point
    words["drift_correction"] = bool(step.drift_correction)
    return words


def _rate(step: Any, rate: str, current: str, at: Place, losses: Losses) -> Rate:
    multiple, milliampere = getattr(step, rate), getattr(step, current)
    if multiple and milliampere:
        losses.refuse(
            at,
            f"says both {rate} and {current}.",
            f"Leave {current} out: unicycler uses {rate}.",
        )
    if multiple is not None:
        return Rate(multiple, "C")
    return Rate(milliampere / 1000.0, "A")


def _as_rate(rate: Rate) -> str:
    return f"{_number(milli(rate.value))} mA" if rate.unit == "A" else str(rate)


def _duration(step: Any, at: Place, losses: Losses, longest: str) -> str:
    if step.until_time_s is not None:
        return _seconds(step.until_time_s)
    if not longest:
        losses.refuse(
            at,
            "has no until_time_s: it would go on for ever if its cut-off never came.",
            "Write one, or say what no step may exceed: --longest '30 h'.",
        )
    return longest


def _number(value: float) -> str:
    """Write a number so that it reads back as it was: ``600``, ``4.2``, ``1e-05``."""
    short = f"{value:.12g}"
    return short if float(short) == value else repr(float(value))


def _seconds(value: float) -> str:
    return f"{_number(value)} s"


def _record(record: Any) -> Words:
    """Return what holds for all steps; see `_recorded` for what holds for one."""
    words: Words = {"record_every": _seconds(record.time_s)}
    if record.voltage_V is not None:
        words["record_voltage"] = f"{_number(record.voltage_V)} V"
    return words


def _recorded(words: Words, record: Any) -> Words:
    """Say when rows of one technique are written, where it is not as all steps."""
    usual = record.voltage_V is not None and record.current_mA is None
    if usual or words["do"] in {"sweep", "peis", "geis"}:
        return words
    said: Words = {"every": _seconds(record.time_s)}
    if record.voltage_V is not None:
        said["voltage"] = f"{_number(record.voltage_V)} V"
    if record.current_mA is not None:
        said["current"] = f"{_number(record.current_mA)} mA"
    return {**words, "record": said}


def _limits(safety: Any, losses: Losses) -> Words:
    """Return what no reading may leave; labctl trips at the first one outside."""
    words: Words = {}
    for name, key, unit in (
        ("min_voltage_V", "lowest_voltage", "V"),
        ("max_voltage_V", "highest_voltage", "V"),
        ("min_current_mA", "lowest_current", "mA"),
        ("max_current_mA", "highest_current", "mA"),
    ):
        value = getattr(safety, name)
        if value is not None:
            words[key] = f"{_number(value)} {unit}"
    if safety.max_capacity_mAh is not None:
        losses.lose(
            "max_capacity_mAh",
            ("safety", "max_capacity_mAh"),
            "is a limit on the charge, and labctl has none for a whole run.",
        )
    if safety.delay_s:
        losses.lose(
            "delay_s",
            ("safety", "delay_s"),
            "lets limits be exceeded for a while; labctl ends a run at the first "
            "reading outside.",
        )
    return words


def _steps(blocks: Nested[Words], protocol: Any) -> list[Words]:
    """Return a block's steps; a hold goes on from its current without a gap."""
    out: list[Words] = []
    for each in blocks:
        if isinstance(each, Block):
            inner = _steps(each.inner, protocol)
            out.append({"do": "repeat", "times": each.times, "steps": inner})
            continue
        words = _recorded(each, protocol.record)
        if words["do"] == "voltage" and out and out[-1]["do"] == "current":
            words = {"do": "linked", "steps": [out.pop(), words]}
        out.append(words)
    return out
