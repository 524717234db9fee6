"""Rests, constant currents and constant voltages: one measurement loop each."""

import math
from collections.abc import Sequence

from drivers.palmsens.models import GALVANOSTAT, POTENTIOSTAT_HIGH
from drivers.palmsens.script.approach import approach, approaches
from drivers.palmsens.script.breaks import (
    bound_ahead,
    breaks_at,
    breaks_for,
    split,
)
from drivers.palmsens.script.program import FASTEST, Draft, sampling
from drivers.palmsens.wire.literals import literal
from labctl.techniques import (
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    OpenCircuit,
    Recording,
)

SAMPLE = ("t", "v", "c", "k", "x", "n")
"""Variables of a sample's package."""
BANDWIDTH = 40.0
"""Hz; least, for samples of seconds."""
SAMPLES_BANDWIDTH = 5.8505
"""Hz times the interval in s: what the maker's example calls recommended."""
FIRST = 0.1
"""s after which a technique has its first sample, where …"""
COARSE = 1.0
"""… its samples are so many s apart or more."""
SMALLEST_PART = 1e-3
"""Of the largest current: how far a range may go down while a voltage is held."""


def rest(draft: Draft, index: int, technique: OpenCircuit) -> None:
    """Open the circuit and look at the voltage."""
    if not recorded(draft, index, technique.record):
        return
    of_script, of_host = split(technique.until, current_is_set=True)
    draft.leave_to_host(index, of_host)
    if draft.on:
        draft.lines.append("cell_off")
        draft.on = False
    every, duration = technique.record.every_s, _some(technique)
    _, _, seconds = sampling(draft, every, duration)
    draft.lines.append("store_var c 0 ba")  # no current through an open circuit
    measured(draft, "meas_loop_ocp v", of_script, [], (every, duration))
    draft.note(index, f"OCP, a sample every {seconds:.4g} s")


def current(draft: Draft, index: int, technique: ConstantCurrent) -> None:
    """Drive a current; a charge limit becomes the duration."""
    facts = draft.facts
    if not facts.model.galvanostat:
        draft.complain(
            index,
            f"the {facts.model.name} has no galvanostat and cannot hold a current.",
            "Take an EmStat4 or a Nexus, or hold a voltage.",
        )
        return
    if not recorded(draft, index, technique.record):
        return
    if not held_current(draft, index, technique.current):
        return
    by_charge, others = charge_duration(technique.until, technique.current)
    of_script, of_host = split(others, current_is_set=True)
    draft.leave_to_host(index, of_host)
    duration = min(_some(technique), by_charge)
    interval, run, seconds = sampling(draft, _every(technique), duration)
    go_galvanic(draft, technique.current, seconds)
    level = literal(technique.current)
    ahead = [*of_script, *bound_ahead(draft.bounds, technique)]
    if approaches(ahead, seconds):
        times = interval, run, seconds
        approach(draft, level, of_script, package(), times, ahead)
    else:
        bounds = breaks_at(draft.bounds, voltage=True, current=False)
        wanted = _every(technique), duration
        measured(draft, f"meas_loop_cp v c {level}", of_script, bounds, wanted)
    _watched(draft, technique.kind, draft.bounds.voltage)
    draft.note(index, f"CP at {level}A, a sample every {seconds:.4g} s")


def voltage(draft: Draft, index: int, technique: ConstantVoltage) -> None:
    """Hold a voltage, of its own or against the one before."""
    if not recorded(draft, index, technique.record):
        return
    expected = technique.max_current
    before = draft.techniques[index - 1] if index else None
    if expected is None and isinstance(before, ConstantCurrent) and before.current:
        expected = abs(before.current)
    most = holding_current(draft, index, expected)
    of_script, of_host = split(technique.until, current_is_set=False)
    draft.leave_to_host(index, of_host)
    every, duration = technique.record.every_s, _some(technique)
    _, _, seconds = sampling(draft, every, duration)
    if technique.versus_initial:
        level = "e"
        found = ["copy_var v e", f"add_var e {literal(technique.voltage)}"]
    else:
        level, found = literal(technique.voltage), list[str]()
    draft.lines += found
    span = draft.facts.control if technique.versus_initial else (technique.voltage,)
    go_potential(draft, level, (min(span), max(span)), most, seconds)
    bounds = breaks_at(draft.bounds, voltage=False, current=True)
    measured(draft, f"meas_loop_ca v c {level}", of_script, bounds, (every, duration))
    _watched(draft, technique.kind, draft.bounds.current)
    draft.note(index, f"CA up to {most:.4g} A, a sample every {seconds:.4g} s")


def measured(
    draft: Draft,
    loop: str,
    conditions: Sequence[Condition],
    bounds: Sequence[str],
    times: tuple[float | None, float],
) -> None:
    """Add a measurement loop, and before a coarse one a loop of one early sample.

    Rows are summed up from the first one on: where samples are seconds apart, what
    passed before the first, and how the voltage stepped, would be in none. ``times``:
    the recording interval and the duration in s. ``y`` is 1 until the early sample is
    there, so that ``Y`` ends the technique there, too.
    """
    every, duration = times
    interval, run, seconds = sampling(draft, every, duration)
    if seconds < COARSE:
        ends = [*package(), *breaks_for(conditions), *bounds]
        draft.lines += [f"{loop} {interval} {run}", *ends, "endloop"]
        return
    interval, run, _ = sampling(draft, every, duration - FIRST)
    draft.lines += [
        "store_var y 1i jd",
        f"{loop} {literal(FIRST)} {literal(FIRST)}",
        *package(),
        "store_var y 0i jd",
        *breaks_for(conditions, flag=True),
        *bounds,
        "endloop",
        "if y == 0i",
        "if z == 0i",
        f"{loop} {interval} {run}",
        *package(),
        *breaks_for(conditions),
        *bounds,
        "endloop",
        "endif",
        "endif",
    ]


# ---- what other techniques need, too


def package(names: Sequence[str] = SAMPLE) -> list[str]:
    """Return the lines that number and send a package."""
    return [
        "timer_get t",
        "add_var k 1i",
        "pck_start",
        *(f"pck_add {name}" for name in names),
        "pck_end",
    ]


def go_galvanic(draft: Draft, level: float, seconds: float) -> None:
    """Switch the galvanostat on, at zero until its loop begins."""
    if draft.mode != GALVANOSTAT or not draft.on:
        draft.lines += [
            f"set_pgstat_mode {GALVANOSTAT}",
            f"set_max_bandwidth {_bandwidth(seconds)}",
        ]
    reach = literal(_reach(draft))
    span = literal(abs(level) or draft.facts.current)
    draft.lines += [
        f"set_range ab {reach}",
        f"set_autoranging ab {reach} {reach}",
        f"set_range db {span}",
        f"set_autoranging db {span} {span}",
    ]
    if draft.mode != GALVANOSTAT or not draft.on:
        draft.lines += ["set_i 0", "cell_on"]
    draft.mode, draft.on = GALVANOSTAT, True


def go_potential(
    draft: Draft,
    level: str,
    span: tuple[float, float],
    most: float,
    seconds: float,
    bandwidth: float | None = None,
) -> None:
    """Switch the potentiostat on at ``level``; ``span`` in V is where it will go.

    ``most`` is the largest current in A; ``seconds`` the interval of samples.
    """
    begins = draft.mode != POTENTIOSTAT_HIGH or not draft.on
    if begins:
        draft.lines.append(f"set_pgstat_mode {POTENTIOSTAT_HIGH}")
    if begins or bandwidth is not None:
        wanted = _bandwidth(seconds) if bandwidth is None else literal(bandwidth)
        draft.lines.append(f"set_max_bandwidth {wanted}")
    small = max(SMALLEST_PART * most, min(draft.facts.model.ranges.values()))
    draft.lines += [
        f"set_range_minmax da {literal(span[0])} {literal(span[1])}",
        f"set_range ba {literal(most)}",
        f"set_autoranging ba {literal(min(small, most))} {literal(most)}",
    ]
    draft.lines.append(f"set_e {level}")
    if begins:
        draft.lines.append("cell_on")
    draft.mode, draft.on = POTENTIOSTAT_HIGH, True


def recorded(draft: Draft, index: int, record: Recording) -> bool:
    """Refuse a technique of which nothing would be recorded, or too much."""
    every = record.every_s
    if every is None and record.every_volt is None and record.every_ampere is None:
        draft.complain(index, "nothing would be recorded.", "Give every_s.")
        return False
    if every is not None and every < FASTEST:
        draft.complain(
            index,
            f"a row every {every:g} s is more than its line carries.",
            "Record more coarsely.",
            every,
            FASTEST,
            "s",
        )
        return False
    return True


def held_current(draft: Draft, index: int, level: float, what: str = "") -> bool:
    """Refuse a current that the instrument does not drive."""
    most = draft.facts.current
    if abs(level) <= most * (1.0 + 1e-9):
        return True
    guess = "current" in draft.facts.assumed
    draft.complain(
        index,
        f"{what or f'{level:g} A'} is beyond ±{most:g} A ({draft.facts.model.name}).",
        "Lower it" + "; if yours drives more, say so with max_current." * guess,
        abs(level),
        most,
        "A",
    )
    return False


def holding_current(draft: Draft, index: int, expected: float | None) -> float:
    """Return the largest current in A while a voltage is held."""
    if expected is None or not held_current(draft, index, expected):
        return draft.facts.current
    return expected


def charge_duration(
    conditions: Sequence[Condition], level: float
) -> tuple[float, list[Condition]]:
    """Turn charge limits of a constant current into time: t = Q/|I|.

    Returns the shortest time in s (inf if there is none) and the other conditions.
    """
    times, others = [math.inf], []
    for condition in conditions:
        by_charge = condition.quantity is ConditionQuantity.CHARGE and level != 0.0
        if by_charge and not condition.ends_all:
            times.append(condition.value / abs(level))
        else:
            others.append(condition)
    return min(times), others


def _watched(draft: Draft, kind: str, bounds: tuple[float, float]) -> None:
    if any(map(math.isinf, bounds)):
        draft.unwatched[kind] = None


def _reach(draft: Draft) -> float:
    """Return the largest |V| that a current may bring the cell to."""
    low, high = draft.facts.control
    most = max(-low, high)
    ends = [abs(end) for end in draft.bounds.voltage if math.isfinite(end)]
    return min(max(ends), most) if ends else most


def _bandwidth(seconds: float) -> str:
    return literal(float(f"{max(BANDWIDTH, SAMPLES_BANDWIDTH / seconds):.3g}"))


def _every(technique: ConstantCurrent) -> float | None:
    """Return the recording interval in s; so much charge passes in so much time."""
    record = technique.record
    if record.every_coulomb is None or technique.current == 0.0:
        return record.every_s
    by_charge = max(record.every_coulomb / abs(technique.current), FASTEST)
    return by_charge if record.every_s is None else min(record.every_s, by_charge)


def _some(technique: OpenCircuit | ConstantCurrent | ConstantVoltage) -> float:
    """Return a duration in s that a loop can last: never nothing."""
    return max(technique.duration, FASTEST)
