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

from labctl.analysis.conduction.van_der_pauw import Reading
from labctl.analysis.linear_fit import fit_line
from labctl.analysis.uncertainty import (
    EXACT,
    Calibration,
    Measured,
    combine,
    excess,
    fresh,
    mean,
)
from labctl.data import Quality, Result
from labctl.errors import OperatorError
from labctl.verdicts.condition import Doubt

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
_RESOLVED = 2.0
_CALIBRATED = 5.0


@dataclass(frozen=True, slots=True)
class HallLimits:
    """When a Hall result is suspect (F76, M91 default, project defaults)."""

    agreement: float = 0.10
    """Relative disagreement of R_HC and R_HD."""
    signal_to_noise: float = 30.0
    """Smallest Hall signal over its type A uncertainty."""
    low_field: float = 0.3
    """Largest µB; above it the low-field formula does not hold."""
    linearity: float = 0.01
    """Largest deviation from the line over the largest signal, three fields or more."""
    balance: float = 0.02
    """Relative difference of |+B| and |-B|; even terms no longer cancel beyond."""


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
        reason = "; ".join(map(str, self.doubts))
        if self.carrier_type is None:
            return Result.absent("", reason)
        quality = Quality.SUSPECT if reason else Quality.GOOD
        return Result(self.carrier_type, "", quality=quality, reason=reason)


def hall_effect(
    readings: Iterable[Reading],
    accuracy: Calibration = EXACT,
    *,
    station_sign: int = 1,
    sheet_resistance: Measured | None = None,
    thickness: Measured | None = None,
    scattering_factor: float = 1.0,
    limits: HallLimits | None = None,
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
    """
    if station_sign not in (-1, 1):
        raise ValueError(f"station sign is +1 or -1, not {station_sign}")
    limits = limits or HallLimits()
    kept, doubts = _by_configuration(readings)
    slopes: dict[str, Measured] = {}
    offsets: list[float] = []
    for name in HALL_CONFIGURATIONS:
        if name not in kept:
            doubts.append(f"{name} is missing")
            continue
        slope, offset, more = _slope(name, kept[name], accuracy, limits)
        doubts += more
        if not slope.is_absent:
            slopes[name] = slope * float(station_sign)
            offsets.append(offset)
    used = [reading for name in slopes for _, reading in kept[name]]
    if not slopes:
        doubts = doubts or ["no usable Hall reading"]
        coefficient = Measured.absent("no Hall coefficient").suspect(*doubts)
        current = field = math.nan
    else:
        coefficient, more = _average(slopes, limits)
        coefficient = coefficient.suspect(*doubts, *more)
        current = float(np.mean([abs(reading.current) for reading in used]))
        field = max(abs(reading.field) for reading in used)
    sheet = sheet_resistance or Measured.absent("sheet resistance is not measured")
    size = _size(coefficient)
    mobility = size / sheet
    if mobility.value * field > limits.low_field:
        doubt = f"µB = {mobility.value * field:.2g} is above {limits.low_field:g}"
        coefficient = coefficient.suspect(f"{doubt}: not in the low-field limit")
        size, mobility = _size(coefficient), _size(coefficient) / sheet
    depth = thickness or Measured.absent("thickness is not given")
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
    known = signal.uncertainty
    if signal.is_absent or (math.isfinite(known) and _weak(signal, _CALIBRATED)):
        raise OperatorError(
            f"the sign cannot be calibrated: R_Hs = {signal.value:.3g} ± {known:.3g}"
            f" m²/C is less than {_CALIBRATED:g} standard uncertainties from zero;"
            " take a sample of higher mobility, more current or more field"
        )
    return 1 if reference.carrier_type == known_type else -1


def _weak(signal: Measured, times: float) -> bool:
    return not abs(signal.value) > times * signal.uncertainty


def _size(value: Measured) -> Measured:
    return value if value.value >= 0 else -value


def _pair(slopes: Mapping[str, Measured], pair: Sequence[str]) -> float:
    found = [slopes[name].value for name in pair if name in slopes]
    return float(np.mean(found)) if found else math.nan


def _by_configuration(
    readings: Iterable[Reading],
) -> tuple[dict[str, list[tuple[int, Reading]]], list[str]]:
    kept: dict[str, list[tuple[int, Reading]]] = {}
    doubts: list[str] = []
    for index, reading in enumerate(readings):
        name = reading.canonical
        if name not in HALL_CONFIGURATIONS:
            raise ValueError(f"{name} is none of {', '.join(HALL_CONFIGURATIONS)}")
        if reading.is_usable and math.isfinite(reading.field):
            kept.setdefault(name, []).append((index, reading))
        else:
            doubts.append(f"{name} was overloaded or not a number, left out")
    return kept, doubts


def _slope(
    name: str,
    readings: Sequence[tuple[int, Reading]],
    accuracy: Calibration,
    limits: HallLimits,
) -> tuple[Measured, float, list[str]]:
    """Return d(V/I)/dB in ohm/T, |V/I| at zero field, and doubts."""
    field = np.array([reading.field for _, reading in readings])
    top, bottom = float(field.max()), float(field.min())
    if not top > bottom:
        return Measured.absent("one field only"), math.nan, [f"{name}: one field only"]
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
    doubts = []
    if not bottom < 0 < top:
        doubts.append(f"{name}: the field was not reversed, {bottom:g} to {top:g} T")
    elif abs(top + bottom) > limits.balance * (top - bottom) / 2:
        doubts.append(f"{name}: fields {top:+.4g} and {bottom:+.4g} T are not balanced")
    doubts += _line_doubts(name, slope * field, fit.residuals, ratios, limits)
    return found, abs(offset), doubts


def _line_doubts(
    name: str,
    signal: np.ndarray,
    residuals: np.ndarray,
    ratios: Sequence[Measured],
    limits: HallLimits,
) -> list[str]:
    worst = int(np.argmax(np.abs(residuals)))
    noise = ratios[worst].part("hall readings")
    largest = float(np.abs(signal).max())
    off = abs(float(residuals[worst])) / largest if largest else 0.0
    if off <= limits.linearity or abs(residuals[worst]) <= 3 * noise:
        return []
    doubt = f"{name}: V_H(B) leaves the line by {off:.1%}"
    return [f"{doubt} (limit {limits.linearity:.0%}): several carriers, or drift"]


def _average(
    slopes: Mapping[str, Measured], limits: HallLimits
) -> tuple[Measured, list[str]]:
    values = [slope.value for slope in slopes.values()]
    coefficient = mean(slopes.values())
    pair_c, pair_d = _pair(slopes, PAIR_C), _pair(slopes, PAIR_D)
    doubts = []
    apart = abs(pair_c - pair_d) / abs(coefficient.value) if coefficient.value else 0.0
    if apart > limits.agreement:
        doubts.append(
            f"R_HC and R_HD differ by {apart:.1%} (limit {limits.agreement:.0%})"
        )
    if coefficient.part(*RANDOM) > 0:
        difference = _difference(slopes)
        extra = excess(difference.value, difference.part(*RANDOM))
        coefficient = coefficient.with_part(fresh("C against D", values), extra)
    elif len(values) == len(HALL_CONFIGURATIONS):
        part = float(np.std(values, ddof=1)) / math.sqrt(len(values))
        source = fresh("configurations", values)
        coefficient = coefficient.with_part(source, part, _SCATTER_FREEDOM)
    random = coefficient.part(*RANDOM)
    ratio = abs(coefficient.value) / random if random > 0 else math.inf
    if ratio < limits.signal_to_noise:
        doubts.append(
            f"Hall signal is {ratio:.3g} times its scatter"
            f" (limit {limits.signal_to_noise:g}): longer averaging, more current"
        )
    if coefficient.parts and coefficient.uncertainty and _weak(coefficient, _RESOLVED):
        doubts.append("the carrier type is not resolved from zero")
    return coefficient, doubts


def _difference(slopes: Mapping[str, Measured]) -> Measured:
    pair_c = [slopes[name] for name in PAIR_C if name in slopes]
    pair_d = [slopes[name] for name in PAIR_D if name in slopes]
    return mean(pair_c) - mean(pair_d) if pair_c and pair_d else Measured(0.0)
