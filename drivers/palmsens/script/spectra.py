"""Impedance spectra: a hold at the bias, then the sweep that the instrument does.

How long it waits and averages at each frequency is the instrument's own choice:
`Spectrum.averages`, `wait_periods` and `drift_correction` cannot be told to it, which
the run's record says.
"""

import math

from drivers.palmsens.models import GALVANOSTAT, POTENTIOSTAT_HIGH
from drivers.palmsens.script.breaks import breaks_at
from drivers.palmsens.script.holds import (
    go_galvanic,
    go_potential,
    held_current,
    holding_current,
    package,
    recorded,
)
from drivers.palmsens.script.program import Draft, sampling
from drivers.palmsens.wire.literals import literal
from labctl.techniques import Spectrum

SINE = ("t", "f", "r", "j", "v", "c", "k", "x", "n")
"""Variables of a package of a spectrum; ``v`` and ``c`` as measured before it."""
LOOK = "100m"
"""s for a look at the direct voltage and current before a spectrum."""
REAL = math.sqrt(2.0)
"""Peak of a sine over its rms."""


def spectrum(draft: Draft, index: int, technique: Spectrum) -> None:
    """Hold the bias, then measure from the first frequency to the last."""
    if not _possible(draft, index, technique):
        return
    draft.leave_to_host(index, technique.until)
    draft.unwatched[technique.kind] = None
    amplitude = technique.amplitude
    if draft.facts.options.sent_amplitude == "rms":
        amplitude /= REAL
    if technique.galvanostatic:
        name, level = "geis", _galvanic(draft, technique)
    else:
        name, level = "eis", _potential(draft, index, technique)
    ends = literal(technique.first_frequency), literal(technique.last_frequency)
    levels = f"{literal(amplitude)} {ends[0]} {ends[1]} {technique.points}i {level}"
    draft.lines += [f"meas_loop_{name} f r j {levels}", *package(SINE), "endloop"]
    draft.note(
        index,
        f"{name.upper()}, amplitude {literal(amplitude)} "
        f"({draft.facts.options.sent_amplitude}); waits, averages and corrections of "
        "drift are the instrument's own",
    )


def _galvanic(draft: Draft, technique: Spectrum) -> str:
    """Bring the current to its bias; return it as an argument."""
    level = "e"
    if technique.versus_initial:
        draft.lines += ["copy_var c e", f"add_var e {literal(technique.bias)}"]
    else:
        level = literal(technique.bias)
    need = abs(technique.bias) + technique.amplitude
    seconds = _settle_every(draft, technique)
    go_galvanic(draft, need, seconds)
    draft.lines.append(
        f"set_max_bandwidth {literal(_bandwidth(technique))}",
    )
    _settled(draft, technique, f"meas_loop_cp v c {level}", voltage=True)
    draft.lines += [f"meas {LOOK} v ab", f"meas {LOOK} c ba"]
    draft.mode = GALVANOSTAT
    return level


def _potential(draft: Draft, index: int, technique: Spectrum) -> str:
    """Bring the voltage to its bias; return it as an argument."""
    level, span = "e", draft.facts.control
    if technique.versus_initial:
        draft.lines += ["copy_var v e", f"add_var e {literal(technique.bias)}"]
    else:
        level = literal(technique.bias)
        span = (
            technique.bias - technique.amplitude,
            technique.bias + technique.amplitude,
        )
    ends = [abs(end) for end in draft.bounds.current if math.isfinite(end)]
    most = min([holding_current(draft, index, None), *ends])
    seconds = _settle_every(draft, technique)
    go_potential(draft, level, span, most, seconds, _bandwidth(technique))
    _settled(draft, technique, f"meas_loop_ca v c {level}", voltage=False)
    draft.lines += [f"meas {LOOK} v ab", f"meas {LOOK} c ba"]
    draft.mode = POTENTIOSTAT_HIGH
    return level


def _settled(draft: Draft, technique: Spectrum, loop: str, *, voltage: bool) -> None:
    """Hold the bias for as long as the technique wants."""
    if not technique.settle > 0.0:
        return
    interval, run, _ = sampling(draft, technique.record.every_s, technique.settle)
    draft.lines += [
        f"{loop} {interval} {run}",
        *package(),
        *breaks_at(draft.bounds, voltage=voltage, current=not voltage),
        "endloop",
    ]


def _settle_every(draft: Draft, technique: Spectrum) -> float:
    settle = max(technique.settle, 1.0)
    return sampling(draft, technique.record.every_s, settle)[2]


def _bandwidth(technique: Spectrum) -> float:
    highest = max(technique.first_frequency, technique.last_frequency)
    return float(f"{highest:.3g}")


def _possible(draft: Draft, index: int, technique: Spectrum) -> bool:
    facts, before = draft.facts, len(draft.complaints)
    name = facts.model.name
    if facts.frequencies is None:
        draft.complain(index, f"the {name} measures no impedance.")
        return False
    if technique.galvanostatic and not facts.model.galvanostat:
        draft.complain(
            index,
            f"the {name} has no galvanostat: it measures impedance with a sine of "
            "voltage only.",
            "Take an EmStat4 or a Nexus, or a potentiostatic spectrum.",
        )
    low, high = facts.frequencies
    for frequency in (technique.first_frequency, technique.last_frequency):
        if not low <= frequency <= high:
            guess = "frequencies" in facts.assumed and frequency > high
            draft.complain(
                index,
                f"{frequency:g} Hz is outside the {low:g} … {high:g} Hz of the {name}.",
                ("Lower it" if frequency > high else "Raise it")
                + "; if yours reaches more, say so with highest_frequency." * guess,
                frequency,
                high if frequency > high else low,
                "Hz",
            )
    if technique.settle > 0.0:
        recorded(draft, index, technique.record)
    if technique.galvanostatic:
        need = abs(technique.bias) + technique.amplitude
        held_current(draft, index, need, f"{need:g} A (bias and amplitude)")
    return len(draft.complaints) == before
