"""Carrier type, density and mobility from the Hall voltage of a van der Pauw sample.

Contacts 1-2-3-4 counter-clockwise, seen with +B toward the viewer. The four
configurations at both fields give, as in NIST's scheme,

    S = Σ [V(+B) - V(-B)],   R_Hs = S / (8 I B),   n_s = 1 / (q |R_Hs|)

and S > 0 means holes (p), S < 0 electrons (n). Here each configuration's V/I is
fitted against the measured field, which is the same with two fields and stays right
when |+B| and |-B| differ. Offsets that do not depend on the field drop out.

Whether the station's leads, contact order and magnet obey the convention is one sign,
+1 or -1, found once with a reference sample of known type (`calibrate_sign`).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from labctl.analysis.conduction.contact_size import POINTS, ContactSize
from labctl.analysis.conduction.van_der_pauw import Reading
from labctl.analysis.label import not_given
from labctl.analysis.linear_fit import LinearFit, fit_line
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
from labctl.errors import OperatorError
from labctl.verdicts import hall as verdicts
from labctl.verdicts.condition import Doubt, Doubts

ELEMENTARY_CHARGE = 1.602176634e-19
"""C, exact (SI 2019)."""

PAIR_C = ("I13_V24", "I31_V42")
"""Readings of F76's R_HC, both current directions."""
PAIR_D = ("I42_V13", "I24_V31")
"""Readings of F76's R_HD, both current directions."""
HALL_CONFIGURATIONS = PAIR_C + PAIR_D
"""The four Hall readings, each at both fields."""

RANDOM = ("hall readings", "field readings", "configurations")
"""Budget terms that repeating the measurement would shrink (type A)."""

CarrierType = Literal["n", "p"]

_SCATTER_FREEDOM = len(HALL_CONFIGURATIONS) - 1.0
_SIGNIFICANT = 3.0


@dataclass(frozen=True, slots=True)
class Hall:
    """What the Hall readings say, sign of the station applied."""

    hall_voltage: Measured
    """V_H = R_Hs I B in V at mean current and largest |B|; positive for holes."""
    sheet_hall_coefficient: Measured
    """R_Hs in m²/C; positive for holes."""
    hall_coefficient: Measured
    """R_H = R_Hs t in m³/C; absent without thickness."""
    sheet_density: Measured
    """n_s in m⁻²."""
    carrier_density: Measured
    """n in m⁻³; absent without thickness."""
    hall_mobility: Measured
    """µ_H = |R_Hs| / R_s in m² V⁻¹ s⁻¹; absent without sheet resistance."""
    carrier_type: CarrierType | None
    """None if there is no Hall coefficient."""
    hall_c: float
    """R_HC / t of F76 in m²/C; NaN if missing."""
    hall_d: float
    """R_HD / t of F76 in m²/C; NaN if missing."""
    misalignment: float
    """Largest |V/I| at zero field over |R_Hs B|; NaN if missing."""

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Each condition that the Hall coefficient did not meet."""
        return self.sheet_hall_coefficient.doubts

    def results(self) -> dict[str, Result]:
        """Return the named results for the run file, densities in cm."""
        return {
            "carrier_type": self._type_result(),
            "carrier_density": self.carrier_density.with_unit(
                "cm^-3", 1e-6
            ).to_result(),
            "sheet_density": self.sheet_density.with_unit("cm^-2", 1e-4).to_result(),
            "hall_mobility": self.hall_mobility.with_unit(
                "cm^2 V^-1 s^-1", 1e4
            ).to_result(),
            "hall_coefficient": self.hall_coefficient.to_result(),
            "hall_voltage": self.hall_voltage.to_result(),
        }

    def _type_result(self) -> Result:
        if self.carrier_type is None:
            return Measured.absent("no type").suspect(*self.doubts).to_result()
        found = Result(self.carrier_type, "")
        for doubt in self.doubts:
            found = found.suspect(doubt)
        return found


def hall_effect(
    readings: Iterable[Reading],
    accuracy: Calibration = EXACT,
    *,
    station_sign: int = 1,
    sheet_resistance: Measured | None = None,
    thickness: Measured | None = None,
    scattering_factor: float = 1.0,
    contacts: ContactSize = POINTS,
) -> Hall:
    """Return carrier type, density and mobility from readings at two fields or more.

    Parameters
    ----------
    readings
        The four of `HALL_CONFIGURATIONS` at +B and at -B, with the field that the
        gaussmeter showed; in any order, more fields or repeats as taken. In ABBA
        order (+, -, -, +) a linear drift cancels.
    station_sign
        +1 if the station obeys the convention above, else -1.
    sheet_resistance
        ohm; pass what `van_der_pauw` found, so that common sources cancel in µ.
    thickness
        m; the same object as for the resistivity.
    scattering_factor
        r_H in n = r_H / (q |R_H|); 1 gives the Hall density. Mobility stays µ_H.
    contacts
        Their size.
    """
    if station_sign not in (-1, 1):
        raise ValueError(f"station sign is +1 or -1, not {station_sign}")
    kept, doubts = _by_configuration(readings)
    slopes: dict[str, Measured] = {}
    offsets: list[float] = []
    for name in HALL_CONFIGURATIONS:
        doubts += verdicts.READINGS.met(name in kept, f"{name} is missing")
        if name not in kept:
            continue
        slope, offset, more = _slope(name, kept[name], accuracy)
        doubts += more
        if not slope.is_absent:
            slopes[name] = slope * float(station_sign)
            offsets.append(offset)
    used = [reading for name in slopes for _, reading in kept[name]]
    if not slopes:
        coefficient = Measured.absent("no Hall coefficient").suspect(*doubts)
        current = field = math.nan
    else:
        coefficient, more = _average(slopes)
        coefficient = contacts.on_hall(coefficient).suspect(*doubts, *more)
        current = float(np.mean([abs(reading.current) for reading in used]))
        field = max(abs(reading.field) for reading in used)
    sheet = sheet_resistance or Measured.absent("sheet resistance is not measured")
    size = _size(coefficient)
    mobility = size / sheet
    if sheet_resistance is not None:
        if not coefficient.is_absent:
            low = verdicts.LOW_FIELD.at_most(mobility.value * field)
            coefficient = coefficient.suspect(*low)
        size, mobility = _size(coefficient), _size(coefficient) / sheet
    depth = thickness or not_given("thickness")
    factor = scattering_factor / ELEMENTARY_CHARGE
    resolved = not coefficient.is_absent
    return Hall(
        hall_voltage=coefficient.with_unit("V", current * field)
        if resolved
        else coefficient.with_unit("V"),
        sheet_hall_coefficient=coefficient.with_unit("m^2/C"),
        hall_coefficient=(coefficient * depth).with_unit("m^3/C"),
        sheet_density=(factor / size).with_unit("m^-2"),
        carrier_density=(factor / (size * depth)).with_unit("m^-3"),
        hall_mobility=mobility.with_unit("m^2 V^-1 s^-1"),
        carrier_type=("p" if coefficient.value > 0 else "n") if resolved else None,
        hall_c=_pair(slopes, PAIR_C),
        hall_d=_pair(slopes, PAIR_D),
        misalignment=max(offsets) / abs(coefficient.value * field)
        if offsets and coefficient.value
        else math.nan,
    )


def calibrate_sign(reference: Hall, known_type: CarrierType) -> int:
    """Return the station's sign from a sample whose type is known.

    ``reference`` was worked out with ``station_sign=1``.

    Raises
    ------
    OperatorError: the reference shows no sign, less than 5 standard uncertainties.
    """
    signal = reference.sheet_hall_coefficient
    weak = verdicts.SIGN_CALIBRATED.at_least(_times(signal))
    if signal.is_absent or weak:
        raise OperatorError(
            f"the sign cannot be calibrated: {'; '.join(map(str, weak))};"
            f" {verdicts.SIGN_CALIBRATED.advice}"
        )
    return 1 if reference.carrier_type == known_type else -1


def _times(signal: Measured) -> float:
    """Return how many standard uncertainties a signal is from zero; NaN: unknown."""
    if not signal.parts or signal.is_absent:
        return math.nan
    half = signal.expanded() / 2
    return abs(signal.value) / half if half else math.inf


def _size(value: Measured) -> Measured:
    return value if value.value >= 0 else -value


def _pair(slopes: Mapping[str, Measured], pair: Sequence[str]) -> float:
    found = [slopes[name].value for name in pair if name in slopes]
    return float(np.mean(found)) if found else math.nan


def _by_configuration(
    readings: Iterable[Reading],
) -> tuple[dict[str, list[tuple[int, Reading]]], Doubts]:
    kept: dict[str, list[tuple[int, Reading]]] = {}
    doubts: Doubts = ()
    for index, reading in enumerate(readings):
        name = reading.canonical
        if name not in HALL_CONFIGURATIONS:
            raise ValueError(f"{name} is none of {', '.join(HALL_CONFIGURATIONS)}")
        usable = reading.is_usable and math.isfinite(reading.field)
        if usable:
            kept.setdefault(name, []).append((index, reading))
        text = f"{name} was overloaded or not a number, left out"
        doubts += verdicts.USABLE.met(usable, text)
    return kept, doubts


def _slope(
    name: str,
    readings: Sequence[tuple[int, Reading]],
    accuracy: Calibration,
) -> tuple[Measured, float, Doubts]:
    """Return d(V/I)/dB in ohm/T, |V/I| at zero field, and doubts."""
    field = np.array([reading.field for _, reading in readings])
    top, bottom = float(field.max()), float(field.min())
    if not top > bottom:
        one = verdicts.TWO_FIELDS.met(fulfilled=False, text=f"{name}: one field only")
        return Measured.absent(one[0]), math.nan, one
    ratios = [
        reading.resistance(accuracy, fresh("hall readings", index, reading))
        for index, reading in readings
    ]
    values = np.array([ratio.value for ratio in ratios])
    fit = fit_line(field, values)
    offset, slope = map(float, fit.coefficients)
    weights = [float(weight) for weight in fit.leverage[1]]
    # An error of the field acts on the slope like one of -slope times it on V/I.
    gaussmeter = Measured(
        0.0,
        parts={
            accuracy.source("field", "gain"): -slope * accuracy.field_gain,
            accuracy.source("field", "zero"): -slope
            * sum(weights)
            * accuracy.field_zero,
        }
        | {
            fresh("field readings", index, reading): -slope
            * weight
            * reading.field_scatter
            for (index, reading), weight in zip(readings, weights, strict=True)
            if reading.field_scatter > 0
        },
    )
    found = combine(slope, (gaussmeter, 1.0), *zip(ratios, weights, strict=True))
    apart = 200 * abs(top + bottom) / (top - bottom)
    doubts = verdicts.REVERSED.met(
        bottom < 0 < top,
        f"{name}: the field was not reversed, {bottom:g} to {top:g} T",
    )
    doubts += verdicts.BALANCED.at_most(apart, of=f"{name}:")
    doubts += _line_doubts(name, slope * field, fit, ratios)
    return found, abs(offset), doubts


def _line_doubts(
    name: str, signal: np.ndarray, fit: LinearFit, ratios: Sequence[Measured]
) -> Doubts:
    if not fit.freedom:
        return ()
    worst = int(np.argmax(np.abs(fit.residuals)))
    noise = _SIGNIFICANT * ratios[worst].part("hall readings")
    largest = float(np.abs(signal).max())
    off, limit = 100 * abs(float(fit.residuals[worst])), verdicts.LINE.limit
    if not largest:
        return verdicts.LINE.at_most(math.nan, of=f"{name}:")
    return verdicts.LINE.at_most(
        off / largest, max(limit, 100 * noise / largest), of=f"{name}:"
    )


def _average(
    slopes: Mapping[str, Measured],
) -> tuple[Measured, Doubts]:
    values = [slope.value for slope in slopes.values()]
    coefficient = mean(slopes.values())
    pair_c, pair_d = _pair(slopes, PAIR_C), _pair(slopes, PAIR_D)
    middle = abs(coefficient.value)
    apart = 100 * abs(pair_c - pair_d) / middle if middle else math.nan
    doubts = verdicts.PAIRS_AGREE.at_most(apart)
    if coefficient.part(*RANDOM) > 0:
        difference = _difference(slopes)
        extra = excess(difference.value, difference.part(*RANDOM))
        coefficient = coefficient.with_part(fresh("C against D", values), extra)
    elif len(values) == len(HALL_CONFIGURATIONS):
        part = float(np.std(values, ddof=1)) / math.sqrt(len(values))
        source = fresh("configurations", values)
        coefficient = coefficient.with_part(source, part, _SCATTER_FREEDOM)
    random = coefficient.part(*RANDOM)
    scatter = coefficient.parts and len(values) > 1
    doubts += verdicts.SCATTER_KNOWN.met(scatter)
    doubts += verdicts.SIGNAL.at_least(middle / random if random > 0 else math.inf)
    doubts += verdicts.SIGN_RESOLVED.at_least(_times(coefficient))
    return coefficient, doubts


def _difference(slopes: Mapping[str, Measured]) -> Measured:
    pair_c = [slopes[name] for name in PAIR_C if name in slopes]
    pair_d = [slopes[name] for name in PAIR_D if name in slopes]
    return mean(pair_c) - mean(pair_d) if pair_c and pair_d else Measured(0.0)
