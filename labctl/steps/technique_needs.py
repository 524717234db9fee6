"""What techniques ask of the channel that runs them; see `labctl.roles.needs`."""

from collections.abc import Iterator, Sequence

from labctl.roles.needs import Ability, Need
from labctl.techniques import (
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    Spectrum,
    Technique,
    VoltageSweep,
    current_of,
    voltages_of,
)

Asked = tuple[Ability, float | None]


def needs_of_techniques(role: str, techniques: Sequence[Technique]) -> Iterator[Need]:
    """Yield what each technique of an upload asks of ``role``."""
    for index, technique in enumerate(techniques):
        if isinstance(technique, Loop):
            continue
        for ability, value in _of(technique):
            yield Need(role, ability, value, index, _parts(technique, ability))
        for condition in technique.until:
            if condition.quantity is ConditionQuantity.TEMPERATURE:
                yield Need(role, Ability.SURFACE_TEMPERATURE, technique=index)


def _of(technique: Technique) -> Iterator[Asked]:
    largest = max(map(abs, voltages_of(technique)), default=None)
    match technique:
        case ConstantCurrent():
            yield Ability.GALVANOSTAT, None
            yield from _current(technique)
            if largest is not None:
                yield Ability.COMPLIANCE, largest
        case ConstantPower():
            yield Ability.CONSTANT_POWER, None
            yield Ability.POWER, abs(technique.power)
        case ConstantVoltage():
            yield Ability.POTENTIOSTAT, None
            if largest is not None:
                yield Ability.CONTROL, largest
        case VoltageSweep():
            yield Ability.SWEEPS, None
            if largest is not None:
                yield Ability.CONTROL, largest
        case Spectrum():
            yield from _spectrum(technique, largest)
        case _:
            return


def _current(technique: Technique) -> Iterator[Asked]:
    ampere = current_of(technique)
    if ampere:
        yield Ability.CURRENT, ampere
        yield Ability.LEAST_CURRENT, ampere


def _spectrum(technique: Spectrum, largest: float | None) -> Iterator[Asked]:
    if technique.galvanostatic:
        yield Ability.GALVANOSTATIC_IMPEDANCE, None
        yield from _current(technique)
    else:
        yield Ability.POTENTIOSTATIC_IMPEDANCE, None
        if largest is not None:
            yield Ability.CONTROL, largest
    ends = (technique.first_frequency, technique.last_frequency)
    yield Ability.HIGHEST_FREQUENCY, max(ends)
    yield Ability.LOWEST_FREQUENCY, min(ends)


def _parts(technique: Technique, ability: Ability) -> tuple[float, ...]:
    """Return bias and amplitude of what a sine on top of a bias comes to."""
    sums = (Ability.CURRENT, Ability.LEAST_CURRENT, Ability.CONTROL)
    if isinstance(technique, Spectrum) and ability in sums:
        return abs(technique.bias), technique.amplitude
    return ()
