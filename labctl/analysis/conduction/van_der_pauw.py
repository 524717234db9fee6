"""Sheet resistance of a flat sample of any outline, from contacts on its rim.

Contacts 1-2-3-4 counter-clockwise. A configuration ``I21_V34``: current enters 2 and
leaves 1, voltage is V3 - V4. Eight resistivity readings (ASTM F76 / NIST): each of the
two resistances is the mean over current reversal and reciprocity,

    exp(-π R_A / R_s) + exp(-π R_B / R_s) = 1        (van der Pauw 1958)

solved by Newton's iteration from below, where it converges monotonically. All
resistances are V/I, so a configuration read with negative current counts as the one
with both leads swapped.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from labctl.analysis.conduction.contact_size import POINTS, ContactSize
from labctl.analysis.label import not_given
from labctl.analysis.uncertainty import (
    EXACT,
    Calibration,
    Measured,
    combine,
    excess,
    fresh,
    mean,
)
from labctl.data import Result
from labctl.sources import Source
from labctl.verdicts import van_der_pauw as verdicts
from labctl.verdicts.condition import Doubt, Doubts

GROUP_A = (("I21_V34", "I12_V43"), ("I43_V12", "I34_V21"))
"""Readings of R_A: two reciprocal places, each with both current directions."""
GROUP_B = (("I32_V41", "I23_V14"), ("I14_V23", "I41_V32"))
"""Readings of R_B."""
CONFIGURATIONS = tuple(
    c for group in (GROUP_A, GROUP_B) for pair in group for c in pair
)
"""The eight resistivity readings in full."""

_MOST_ITERATIONS = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """One configuration's mean voltage under one current and field."""

    configuration: str
    """``I21_V34``: current enters 2, leaves 1; voltage of 3 against 4."""
    voltage: float
    """V, mean of ``count`` readings."""
    current: float
    """A, signed: negative current enters at the second contact named."""
    scatter: float = 0.0
    """Standard deviation of the mean in V; 0 if not known."""
    count: int = 1
    """Readings behind mean and scatter."""
    field: float = 0.0
    """T, positive along the station's +B; of the gaussmeter, with this reading."""
    field_scatter: float = 0.0
    """Standard deviation of the field's mean in T; 0 if not known."""
    overloaded: bool = False
    """Compliance or overrange: the reading is left out."""

    @property
    def canonical(self) -> str:
        """The configuration of the same V/I at positive current."""
        if self.current >= 0:
            return self.configuration
        into, out, high, low = (self.configuration[i] for i in (1, 2, 5, 6))
        return f"I{out}{into}_V{low}{high}"

    @property
    def is_usable(self) -> bool:
        """Whether the reading is a number that was not overloaded."""
        finite = math.isfinite(self.voltage) and math.isfinite(self.current)
        return finite and self.current != 0 and not self.overloaded

    def resistance(self, accuracy: Calibration, source: Source) -> Measured:
        """Return V/I in ohm; ``source`` names its random part, unique to it."""
        value = self.voltage / self.current
        parts = {
            accuracy.source("voltage", "gain"): value * accuracy.voltage_gain,
            accuracy.source("voltage", "zero"): accuracy.voltage_zero / self.current,
            accuracy.source("current", "gain"): -value * accuracy.current_gain,
            accuracy.source("current", "zero"): -value
            / self.current
            * accuracy.current_zero,
        }
        freedom = {}
        if self.scatter > 0:
            parts[source] = self.scatter / self.current
            if self.count > 1:
                freedom[source] = self.count - 1.0
        return Measured(value, "ohm", parts, freedom)


@dataclass(frozen=True, slots=True)
class VanDerPauw:
    """What eight readings without field say."""

    sheet_resistance: Measured
    """ohm (per square)."""
    resistivity: Measured
    """ohm m; absent without thickness."""
    conductivity: Measured
    """S/m; absent without thickness."""
    resistance_a: Measured
    """R_A in ohm."""
    resistance_b: Measured
    """R_B in ohm."""
    sheet_a: float
    """ρ_A / t of F76 in ohm; NaN if not all of its readings are there."""
    sheet_b: float
    """ρ_B / t of F76 in ohm; NaN if not all of its readings are there."""
    f_factor: Measured
    """1 for R_A = R_B; absent if it cannot be worked out."""
    ratio: float
    """The larger of R_A, R_B over the smaller; NaN if it cannot be worked out."""
    resistances: Mapping[str, float]
    """V/I in ohm by configuration at positive current."""

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Each condition that was not met."""
        return self.sheet_resistance.doubts

    def results(self) -> dict[str, Result]:
        """Return the named results for the run file."""
        names = ("sheet_resistance", "resistivity", "conductivity")
        found = {name: getattr(self, name).to_result() for name in names}
        return found | {"f_factor": self.f_factor.to_result()}


def solve_sheet_resistance(resistance_a: float, resistance_b: float) -> float:
    """Return R_s in ohm from R_A and R_B in ohm, both positive, to rounding.

    Raises
    ------
    ValueError: a resistance is not positive; the equation then has no solution.
    """
    if not (0 < resistance_a < math.inf and 0 < resistance_b < math.inf):
        raise ValueError(
            f"van der Pauw needs two positive resistances,"
            f" not {resistance_a:g} and {resistance_b:g} ohm"
        )
    scale = resistance_a + resistance_b
    a, b = math.pi * resistance_a / scale, math.pi * resistance_b / scale
    z = 2 * math.log(2) / math.pi
    for _ in range(_MOST_ITERATIONS):
        ea, eb = math.exp(-a * z), math.exp(-b * z)
        # expm1 keeps the digits that 1 - e^-x loses when one resistance is tiny.
        step = (ea + math.expm1(-b * z)) / (a * ea + b * eb)
        if b > a:
            step = (eb + math.expm1(-a * z)) / (a * ea + b * eb)
        z += step
        if abs(step) <= 1e-15 * z:
            break
    return scale / z


def f_factor(ratio: float) -> float:
    """Return van der Pauw's f for R_A/R_B (or Q of F76); 1 at 1, falling from there."""
    return (
        2 * math.log(2) * solve_sheet_resistance(ratio, 1.0) / (math.pi * (ratio + 1))
    )


def sheet_resistance(resistance_a: Measured, resistance_b: Measured) -> Measured:
    """Return R_s in ohm with both uncertainties; absent if one is not positive."""
    a, b = resistance_a.value, resistance_b.value
    if not (a > 0 and b > 0):
        empty = combine(math.nan, (resistance_a, 1.0), (resistance_b, 1.0))
        text = f"R_A = {a:.4g} ohm, R_B = {b:.4g} ohm: van der Pauw needs both positive"
        solved = verdicts.SOLVED.met(fulfilled=False, text=text)
        return empty.with_unit("ohm").suspect(*solved)
    sheet = solve_sheet_resistance(a, b)
    ea, eb = math.exp(-math.pi * a / sheet), math.exp(-math.pi * b / sheet)
    slope = sheet / (a * ea + b * eb)
    found = combine(sheet, (resistance_a, ea * slope), (resistance_b, eb * slope))
    return found.with_unit("ohm")


def van_der_pauw(
    readings: Iterable[Reading],
    accuracy: Calibration = EXACT,
    *,
    thickness: Measured | None = None,
    contacts: ContactSize = POINTS,
) -> VanDerPauw:
    """Return sheet resistance and resistivity from the readings without field.

    Parameters
    ----------
    readings
        The eight of `CONFIGURATIONS`, in any order; more of one kind are averaged. A
        configuration that is missing or overloaded leaves the value and a doubt.
    thickness
        m; without it resistivity and conductivity are absent.
    contacts
        Their size.
    """
    taken, doubts = _by_configuration(readings, accuracy)
    for name in CONFIGURATIONS:
        doubts += verdicts.READINGS.met(name in taken, f"{name} is missing")
    a, doubts_a = _side(taken, GROUP_A, "R_A")
    b, doubts_b = _side(taken, GROUP_B, "R_B")
    sheet = sheet_resistance(a, b).suspect(*doubts, *doubts_a, *doubts_b)
    sheet_a = _f76(taken, GROUP_A[0], GROUP_B[0])
    sheet_b = _f76(taken, GROUP_A[1], GROUP_B[1])
    ratio, factor = math.nan, Measured.absent("R_A or R_B is missing")
    if not sheet.is_absent:
        ratio = max(a.value, b.value) / min(a.value, b.value)
        factor = _factor(a, b).suspect(*sheet.doubts)
        sheet = contacts.on_resistance(sheet)
        sheet = sheet.suspect(*_shape_doubts(ratio, factor.value, sheet_a, sheet_b))
    depth = thickness or not_given("thickness")
    return VanDerPauw(
        sheet_resistance=sheet,
        resistivity=(sheet * depth).with_unit("ohm m"),
        conductivity=(1.0 / (sheet * depth)).with_unit("S/m"),
        resistance_a=a,
        resistance_b=b,
        sheet_a=sheet_a,
        sheet_b=sheet_b,
        f_factor=factor,
        ratio=ratio,
        resistances={name: value.value for name, value in taken.items()},
    )


def _factor(a: Measured, b: Measured) -> Measured:
    """Return f of both resistances; what they share in size cancels in it."""
    ratio = a / b if a.value >= b.value else b / a
    step = 1e-4 * ratio.value
    slope = (f_factor(ratio.value + step) - f_factor(ratio.value)) / step
    return combine(f_factor(ratio.value), (ratio, slope))


def _by_configuration(
    readings: Iterable[Reading], accuracy: Calibration
) -> tuple[dict[str, Measured], Doubts]:
    kept: dict[str, list[Measured]] = {}
    doubts: Doubts = ()
    for index, reading in enumerate(readings):
        name = reading.canonical
        if name not in CONFIGURATIONS:
            raise ValueError(f"{name} is none of {', '.join(CONFIGURATIONS)}")
        doubts += verdicts.USABLE.met(
            reading.is_usable, f"{name} was overloaded or not a number, left out"
        )
        if reading.is_usable:
            source = fresh("resistivity readings", index, reading)
            kept.setdefault(name, []).append(reading.resistance(accuracy, source))
    return {name: mean(values) for name, values in kept.items()}, doubts


def _side(
    taken: Mapping[str, Measured], group: Sequence[tuple[str, str]], name: str
) -> tuple[Measured, Doubts]:
    doubts: Doubts = ()
    places: list[Measured] = []
    for forward, backward in group:
        there = [c for c in (forward, backward) if c in taken]
        found = [taken[c] for c in there]
        for each in there:
            ohms = taken[each].value
            doubts += verdicts.SIGNS.met(
                ohms > 0, f"{each} gives {ohms:.4g} ohm, not positive"
            )
        if len(there) > 1:
            doubts += verdicts.REVERSAL.at_most(
                100 * _apart(*found), of=f"{forward} and {backward}:"
            )
        if found:
            places.append(mean(found))
    if not places:
        return Measured.absent(f"no usable reading of {name}", "ohm"), doubts
    value = mean(places)
    if len(places) == len(group):
        doubts += verdicts.RECIPROCITY.at_most(100 * _apart(*places), of=f"{name}:")
        value = _with_reciprocity(value, places[0] - places[1], name)
    return value.with_unit("ohm"), doubts


def _with_reciprocity(value: Measured, difference: Measured, name: str) -> Measured:
    noise = difference.part("resistivity readings")
    source = fresh("reciprocity", name, difference.value, value.value)
    if noise > 0:
        return value.with_part(source, excess(difference.value, noise))
    return value.with_part(source, abs(difference.value) / 2, freedom=1.0)


def _apart(first: Measured, second: Measured) -> float:
    middle = abs(first.value + second.value) / 2
    return abs(first.value - second.value) / middle if middle else math.inf


def _f76(
    taken: Mapping[str, Measured], first: tuple[str, str], second: tuple[str, str]
) -> float:
    if not all(c in taken for c in (*first, *second)):
        return math.nan
    top = sum(taken[c].value for c in first)
    bottom = sum(taken[c].value for c in second)
    if not (top > 0 and bottom > 0):
        return math.nan
    ratio = max(top, bottom) / min(top, bottom)
    return math.pi / (4 * math.log(2)) * f_factor(ratio) * (top + bottom)


def _shape_doubts(
    ratio: float, factor: float, sheet_a: float, sheet_b: float
) -> Doubts:
    apart = 100 * abs(sheet_a - sheet_b) / ((sheet_a + sheet_b) / 2)
    return (
        *verdicts.RATIO.at_most(ratio),
        *verdicts.F_FACTOR.at_least(factor),
        *verdicts.HOMOGENEOUS.at_most(apart),
    )
