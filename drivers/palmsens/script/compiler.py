"""From techniques to one script, so that they follow one another in the instrument.

Everything that the instrument cannot do is found before anything is sent, and refused
at once. Changing between holding a current and a voltage opens the circuit for a
moment (ms): the instrument changes its mode there.
"""

from collections.abc import Sequence

from drivers.palmsens.models import POTENTIOSTAT_HIGH, Facts
from drivers.palmsens.script.bounds import Bounds
from drivers.palmsens.script.holds import current, rest, voltage
from drivers.palmsens.script.loops import Loops
from drivers.palmsens.script.program import (
    COUNTERS,
    IDENTITY,
    VARIABLES,
    Draft,
    Program,
)
from drivers.palmsens.script.spectra import spectrum
from drivers.palmsens.script.sweeps import sweep
from drivers.palmsens.wire.literals import InexactError, integer
from labctl.errors import Complaint, RefusedError
from labctl.techniques import (
    Comparison,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Spectrum,
    Technique,
    VoltageSweep,
    voltages_of,
)

LARGEST_SCRIPT, LARGEST_OF_PICO = 64_000, 16_000
"""Bytes; nobody has verified them, and an option replaces them."""
LONGEST = 1e8
"""s of a technique; three years."""
WHOLE = "if k == 0i"
"""Begins a block around everything that drives. A script that is cut short on its way
lacks the block's end and is refused as a whole, instead of running without the
``cell_off`` behind it."""


def compile_script(
    techniques: Sequence[Technique],
    facts: Facts,
    bounds: Bounds | None = None,
    mains: float = 50.0,
) -> Program:
    """Return the program for an instrument.

    ``bounds`` go into every loop that drives, as breaks of the script's own; ``mains``
    in Hz is what averaging suppresses. RefusedError carries everything that the
    instrument cannot do.
    """
    draft = Draft(facts, techniques, bounds or Bounds())
    if not techniques:
        what = "there is nothing to load."
        draft.complaints.append(Complaint((), what, file=facts.name))
    loops = Loops.of(draft)
    _prologue(draft, mains)
    for index, technique in enumerate(techniques):
        opening = loops.opening(index)
        if opening:
            draft.lines += opening
            draft.mode, draft.on = None, True  # as the pass before left it
        _check_voltages(draft, index, technique)
        if not _lasts(draft, index, technique):
            continue
        try:
            _compile(draft, index, technique, loops)
        except InexactError as error:
            draft.complain(index, f"{error}.")
    _check_start(draft)
    _epilogue(draft)
    _check_size(draft)
    if draft.complaints:
        raise RefusedError(draft.complaints)
    return draft.program()


def _prologue(draft: Draft, mains: float) -> None:
    draft.lines += [f"var {name}" for name in VARIABLES]
    count = sum(isinstance(t, Loop) for t in draft.techniques)
    draft.lines += [f"var {name}" for name in COUNTERS[:count]]
    draft.lines += [
        "store_var k 0i ee",
        "store_var x 0i jb",
        f"store_var n {IDENTITY} ja",
        "store_var z 0i jc",
        WHOLE,
        "set_pgstat_chan 0",
        f"set_pgstat_mode {POTENTIOSTAT_HIGH}",
        "set_max_bandwidth 40",
    ]
    if draft.facts.model.galvanostat:  # the EmStat Pico does not have it
        draft.lines.append(f"set_acquisition_frac_autoadjust {mains:.0f}")
    draft.lines += ["cell_off", "meas 100m v ab", "store_var c 0 ba", "timer_start"]
    draft.mode = POTENTIOSTAT_HIGH


def _epilogue(draft: Draft) -> None:
    draft.lines += [
        "cell_off",
        "pck_start",  # why it ended, and how many packages there were
        "pck_add z",
        "pck_add k",
        "pck_add n",
        "pck_end",
        "endif",
        "on_finished:",
        "cell_off",
    ]


def _compile(draft: Draft, index: int, technique: Technique, loops: Loops) -> None:
    if isinstance(technique, Loop):
        draft.lines += loops.closing(index)
        return
    draft.lines += ["if z == 0i", f"store_var x {integer(index)} jb"]
    if isinstance(technique, OpenCircuit):
        rest(draft, index, technique)
    elif isinstance(technique, ConstantCurrent):
        current(draft, index, technique)
    elif isinstance(technique, ConstantVoltage):
        voltage(draft, index, technique)
    elif isinstance(technique, VoltageSweep):
        sweep(draft, index, technique)
    elif isinstance(technique, Spectrum):
        spectrum(draft, index, technique)
    else:
        draft.complain(
            index,
            "no instrument with MethodSCRIPT holds a power "
            f"({draft.facts.model.name}).",
            "Drive a constant current with voltage limits, or take a channel that "
            "does (labctl station show).",
        )
    draft.lines.append("endif")


def _lasts(draft: Draft, index: int, technique: Technique) -> bool:
    """Refuse a duration that is none, or that never ends."""
    duration = getattr(technique, "duration", 0.0)
    if 0.0 <= duration <= LONGEST:
        return True
    draft.complain(
        index,
        f"a duration of {duration:g} s is none that a script can keep.",
        f"Give it 0 … {LONGEST:g} s.",
    )
    return False


def _check_size(draft: Draft) -> None:
    """Refuse a script that the instrument's memory is not taken to hold."""
    model, own = draft.facts.model, draft.facts.options.script_bytes
    most = own or (LARGEST_SCRIPT if model.galvanostat else LARGEST_OF_PICO)
    size = sum(len(line) + 1 for line in draft.lines)
    if size > most:
        draft.complaints.append(
            Complaint(
                (),
                f"its script has {size} bytes, and the {model.name} is taken to hold "
                f"{most}.",
                "Do less in one step; if yours holds more, say so with script_bytes.",
                file=draft.facts.name,
                value=size,
                limit=most,
            )
        )


def _check_voltages(draft: Draft, index: int, technique: Technique) -> None:
    low, high = draft.facts.control
    for volt in sorted({v for v in voltages_of(technique) if not low <= v <= high}):
        guess = "control" in draft.facts.assumed
        draft.complain(
            index,
            f"{volt:g} V is outside {low:g} … {high:g} V, what the "
            f"{draft.facts.model.name} controls.",
            "Choose another limit"
            + "; if yours has more, say so with control." * guess,
            volt,
            high if volt > high else low,
            "V",
        )


def _check_start(draft: Draft) -> None:
    """Refuse a limit that is already met: the step would end with its first sample."""
    first = draft.techniques[0] if draft.techniques else None
    if not isinstance(first, ConstantCurrent):
        return
    volt = draft.facts.voltage
    for condition in first.until:
        if condition.quantity is ConditionQuantity.VOLTAGE and condition.holds(volt):
            sign = "≥" if condition.comparison is Comparison.AT_LEAST else "≤"
            draft.complain(
                0,
                f"{condition.name} (E {sign} {condition.value:g} V) is already met: "
                f"the cell is at {volt:.4f} V, so the step would end at once.",
                "Move the limit, turn the current round, or let the cell rest first.",
            )
