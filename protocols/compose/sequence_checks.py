"""Everything about a composed sequence that cannot work, said before the start."""

from collections.abc import Callable, Collection, Iterator, Sequence

from labctl.errors import Complaint, Place, QuantityError
from labctl.quantities import Rate
from labctl.sample import Sample
from labctl.techniques import COLUMN, ConditionQuantity
from protocols.compose.sequence_steps import (
    AnyStep,
    Current,
    Geis,
    If,
    Linked,
    Loop,
    Peis,
    Repeat,
    Sweep,
    Technique,
    Voltage,
)

STEPS: Place = ("parameters", "steps")
MOST_STEPS = 1_000_000
"""Executed steps of a sequence; more is a slip of the pen."""
DEEPEST = 8
"""Blocks within blocks."""


def every_step(
    steps: Sequence[AnyStep], path: Place = STEPS, depth: int = 0
) -> Iterator[tuple[Place, int, AnyStep]]:
    """Yield path, depth and step of everything, blocks first."""
    for number, step in enumerate(steps):
        place = (*path, number)
        yield place, depth, step
        for name, inner in _inside(step):
            yield from every_step(inner, (*place, name), depth + 1)


def techniques_of(steps: Sequence[AnyStep]) -> Iterator[tuple[Place, Technique]]:
    """Yield every technique with its path."""
    for path, _, step in every_step(steps):
        if isinstance(step, Technique):
            yield path, step


def rates_of(step: Technique) -> Iterator[tuple[Place, Rate]]:
    """Yield every rate a technique names, with its key."""
    for name in ("rate", "max_current", "bias", "amplitude"):
        value = getattr(step, name, None)
        if isinstance(value, Rate):
            yield (name,), value
    if step.record is not None and step.record.current is not None:
        yield ("record", "current"), step.record.current
    for k, condition in enumerate(step.until):
        if isinstance(condition.value, Rate):
            yield ("until", k), condition.value


def executed(steps: Sequence[AnyStep]) -> int:
    """Return how many techniques run at most."""
    total = 0
    for step in steps:
        if isinstance(step, Repeat):
            total += step.times * executed(step.steps)
        elif isinstance(step, If):
            total += max(executed(step.then), executed(step.otherwise))
        elif isinstance(step, Linked):
            total += _in_block(step)
        else:
            total += 1
    return total


def _in_block(step: Linked) -> int:
    total = 0
    for number in range(1, len(step.steps) + 1):
        passes = 1
        for loop in step.loops:
            if loop.first <= number <= loop.last:
                passes *= loop.times
        total += passes
    return total


def sequence_complaints(
    steps: Sequence[AnyStep],
    sample: Sample,
    current: Callable[[Rate], float],
    measured: Collection[str],
) -> list[Complaint]:
    """Return every complaint; ``current`` turns a rate into A or QuantityError.

    ``measured`` names the columns that are recorded.
    """
    found = [
        Complaint(
            STEPS,
            f"would execute {count:,} techniques; more than {MOST_STEPS:,} is a slip.",
            "Lower `times`.",
        )
        for count in (executed(steps),)
        if count > MOST_STEPS
    ]
    for path, depth, step in every_step(steps):
        if depth > DEEPEST:
            found.append(
                Complaint(path, f"stands {depth} blocks deep; {DEEPEST} are allowed.")
            )
        if isinstance(step, Technique):
            found += _technique(path, step, sample, current)
            found += _unmeasured(path, step, measured)
        elif isinstance(step, Linked):
            found += _loops(path, step)
        elif isinstance(step, Repeat) and step.until_ended_by:
            known = names_of(step.steps)
            found += _unknown(
                (*path, "until_ended_by"), step.until_ended_by, known, "of the block"
            )
        elif isinstance(step, If) and not (step.then or step.otherwise):
            found.append(
                Complaint(path, "does nothing either way.", "Give it `then` steps.")
            )
    found += _branches(steps)
    return found


def _unmeasured(
    path: Place, step: Technique, measured: Collection[str]
) -> list[Complaint]:
    """Return conditions on what the test does not record.

    A temperature is measured beside it, or not: the bench knows, and its steps say so.
    """
    return [
        Complaint(
            (*path, "until", k),
            f"`{condition}` waits for what nobody measures: no instrument of this "
            f"test records a {condition.quantity}.",
            "Leave it out, and end the step by its duration or another condition.",
        )
        for k, condition in enumerate(step.until)
        if COLUMN[condition.quantity] not in measured
        and condition.quantity is not ConditionQuantity.TEMPERATURE
    ]


def names_of(steps: Sequence[AnyStep]) -> set[str]:
    """Return the names of all end conditions."""
    return {c.name for _, step in techniques_of(steps) for c in step.until}


def _inside(step: AnyStep) -> list[tuple[str, Sequence[AnyStep]]]:
    if isinstance(step, Repeat | Linked):
        return [("steps", step.steps)]
    if isinstance(step, If):
        return [("then", step.then), ("otherwise", step.otherwise)]
    return []


def _technique(
    path: Place, step: Technique, sample: Sample, current: Callable[[Rate], float]
) -> list[Complaint]:
    found = []
    for name, rate in rates_of(step):
        try:
            current(rate)
        except QuantityError as error:
            found.append(Complaint((*path, *name), str(error)))
    if isinstance(step, Current) and step.rate.value == 0:
        found.append(Complaint((*path, "rate"), "no current flows.", "Use `do: rest`."))
    if isinstance(step, Peis | Geis) and step.last_frequency >= step.first_frequency:
        found.append(
            Complaint(
                (*path, "last_frequency"),
                f"{step.last_frequency:g} Hz is not below the first frequency, "
                f"{step.first_frequency:g} Hz.",
                "Exchange them.",
            )
        )
    found += [
        complaint
        for name, volt in _voltages(step)
        for complaint in _beyond((*path, *name), volt, sample)
    ]
    names = [c.name for c in step.until]
    found += [
        Complaint(
            (*path, "until"), f"`{name}` stands twice.", "Name each condition once."
        )
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    return found


def _voltages(step: Technique) -> Iterator[tuple[Place, float]]:
    if isinstance(step, Voltage) and not step.versus_initial:
        yield ("hold",), step.hold
    if isinstance(step, Sweep):
        for k, volt in enumerate(step.through):
            yield ("through", k), volt
    if isinstance(step, Peis) and step.absolute:
        yield ("bias",), step.bias
    for k, condition in enumerate(step.until):
        if condition.quantity == "voltage" and isinstance(condition.value, float):
            yield ("until", k), condition.value


def _beyond(path: Place, volt: float, sample: Sample) -> list[Complaint]:
    low, high = sample.lower_voltage, sample.upper_voltage
    if low is not None and volt < low:
        return [
            Complaint(
                path,
                f"{volt:g} V is below the limit of sample {sample.name}, {low:g} V.",
                "Raise it, or lower the lower voltage in the sample's label.",
            )
        ]
    if high is not None and volt > high:
        return [
            Complaint(
                path,
                f"{volt:g} V exceeds the limit of sample {sample.name}, {high:g} V.",
                "Lower it, or raise the upper voltage in the sample's label.",
            )
        ]
    return []


def _loops(path: Place, step: Linked) -> list[Complaint]:
    found = []
    count = len(step.steps)
    for k, loop in enumerate(step.loops):
        if not loop.first <= loop.last <= count:
            found.append(
                Complaint(
                    (*path, "loops", k),
                    f"{loop.first} … {loop.last} is no run of techniques 1 … {count}.",
                    "Count from 1; first is not behind last.",
                )
            )
    return found + [
        Complaint(
            (*path, "loops", k),
            f"{one.first} … {one.last} overlaps {other.first} … {other.last}.",
            "Put one loop inside the other, or apart.",
        )
        for k, one in enumerate(step.loops)
        for other in step.loops[:k]
        if _crossing(one, other)
    ]


def _crossing(one: Loop, other: Loop) -> bool:
    """Tell whether two loops overlap without one lying inside the other."""
    a, b = sorted((one, other), key=lambda loop: (loop.first, -loop.last))
    if (a.first, a.last) == (b.first, b.last):
        return True
    return a.first < b.first <= a.last < b.last


def _branches(steps: Sequence[AnyStep]) -> list[Complaint]:
    """Complain about branches on conditions that no step before them has."""
    return [
        complaint
        for path, known, step in _with_names(steps, STEPS, set())
        if isinstance(step, If)
        for complaint in _unknown(
            (*path, "ended_by"), step.ended_by, known, "of the steps before"
        )
    ]


def _with_names(
    steps: Sequence[AnyStep], path: Place, known: set[str]
) -> Iterator[tuple[Place, set[str], AnyStep]]:
    for number, step in enumerate(steps):
        place = (*path, number)
        if isinstance(step, Repeat):
            known = known | names_of(step.steps)  # the pass before stands before it
        yield place, known, step
        for name, inner in _inside(step):
            yield from _with_names(inner, (*place, name), known)
        known = known | names_of([step])


def _unknown(path: Place, name: str, known: set[str], where: str) -> list[Complaint]:
    if name in known:
        return []
    there = ", ".join(f"`{n}`" for n in sorted(known)) or "none"
    return [
        Complaint(
            path,
            f"`{name}` is the name of no end condition {where}.",
            f"There are: {there}.",
        )
    ]
