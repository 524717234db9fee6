"""Films by NIST's worksheet and by ASTM F76's formulas, written a second time here.

Neither fits anything: they are sums of voltages, in the units they were printed in (V,
A, cm, gauss). Films are random ones of the exact model of four point contacts.

NIST, "Resistivity and Hall measurements", with its worksheet; ASTM F76.
"""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from labctl.analysis.conduction.hall import Hall, hall_effect
from labctl.analysis.conduction.van_der_pauw import Reading, VanDerPauw, van_der_pauw
from labctl.analysis.uncertainty import known

CHARGE = 1.602176634e-19
AMPERE, TESLA = 1e-3, 0.5
CENTIMETRES = 0.05
SEEDS = range(40)

Volts = dict[str, float]


@dataclass
class Film:
    """Voltages as a bench writes them down."""

    flat: Volts
    plus: Volts
    minus: Volts


def film(seed: int) -> Film:
    """Return a film with misplaced contacts, EMFs in every pair and no noise."""
    rng = np.random.default_rng(seed)
    sheet, share = 10 ** rng.uniform(0, 4), rng.uniform(0.3, 0.7)
    # In a low field, µB = R_Hs B / R_s, or the formulas themselves do not hold.
    hall = rng.choice([-1, 1]) * sheet * rng.uniform(0.002, 0.5)
    a = -sheet / math.pi * math.log(share)
    b = -sheet / math.pi * math.log1p(-share)
    pairs = ("12", "34", "14", "23", "24", "13")
    emf = dict(zip(pairs, 1e-6 * rng.normal(size=6), strict=True))

    def read(ohms: float, pair: str) -> float:
        other = pair[::-1]
        return float(ohms * AMPERE + (emf[pair] if pair in emf else -emf[other]))

    flat = {
        name: read(a if name in {"I21_V34", "I12_V43", "I43_V12", "I34_V21"} else b, p)
        for name in (
            *("I21_V34", "I12_V43", "I43_V12", "I34_V21"),
            *("I32_V41", "I23_V14", "I14_V23", "I41_V32"),
        )
        for p in (name[-2:],)
    }
    sides = {"I13_V24": b - a, "I31_V42": b - a, "I42_V13": a - b, "I24_V31": a - b}
    plus, minus = (
        {n: read(ohms + s * hall * TESLA, n[-2:]) for n, ohms in sides.items()}
        for s in (1, -1)
    )
    return Film(flat, plus, minus)


def nist(taken: Film) -> tuple[str, float, float, float]:
    """Return type, R_s in ohm, n_s in cm⁻², µ in cm²/(V s) of NIST's worksheet."""
    v = taken.flat
    r_a = (v["I21_V34"] + v["I12_V43"] + v["I43_V12"] + v["I34_V21"]) / (4 * AMPERE)
    r_b = (v["I32_V41"] + v["I23_V14"] + v["I14_V23"] + v["I41_V32"]) / (4 * AMPERE)
    z = 2 * math.log(2) / (math.pi * (r_a + r_b))
    for _ in range(100):
        y = 1 / math.exp(math.pi * z * r_a) + 1 / math.exp(math.pi * z * r_b)
        z -= ((1 - y) / math.pi) / (
            r_a / math.exp(math.pi * z * r_a) + r_b / math.exp(math.pi * z * r_b)
        )
    p, n = taken.plus, taken.minus
    v_c, v_d = p["I13_V24"] - n["I13_V24"], p["I31_V42"] - n["I31_V42"]
    v_e, v_f = p["I42_V13"] - n["I42_V13"], p["I24_V31"] - n["I24_V31"]
    total = v_c + v_d + v_e + v_f
    gauss = TESLA * 1e4
    density = 8e-8 * AMPERE * gauss / (CHARGE * abs(total))
    sheet = 1 / z
    return "p" if total > 0 else "n", sheet, density, 1 / (CHARGE * density * sheet)


def arccosh_f(q: float) -> float:
    """Return f of F76: (Q-1)/(Q+1) = f/ln 2 · arccosh(exp(ln 2/f)/2), by bisection."""
    q = max(q, 1 / q)
    low, high = 0.1, 1.0
    for _ in range(200):
        f = (low + high) / 2
        found = f / math.log(2) * math.acosh(max(math.exp(math.log(2) / f) / 2, 1.0))
        low, high = (f, high) if found > (q - 1) / (q + 1) else (low, f)
    return (low + high) / 2


def astm(taken: Film) -> tuple[float, float]:
    """Return ρ in ohm cm and R_H in cm³/C of ASTM F76, voltages with signs of +I."""
    v = taken.flat
    top_a, low_a = v["I21_V34"] + v["I12_V43"], v["I32_V41"] + v["I23_V14"]
    top_b, low_b = v["I43_V12"] + v["I34_V21"], v["I14_V23"] + v["I41_V32"]
    rho = [
        1.1331 * arccosh_f(top / low) * CENTIMETRES * (top + low) / AMPERE
        for top, low in ((top_a, low_a), (top_b, low_b))
    ]
    p, n, gauss = taken.plus, taken.minus, TESLA * 1e4
    c = p["I31_V42"] + p["I13_V24"] - n["I13_V24"] - n["I31_V42"]
    d = p["I42_V13"] + p["I24_V31"] - n["I24_V31"] - n["I42_V13"]
    factor = 2.50e7 * CENTIMETRES / (gauss * AMPERE)
    return sum(rho) / 2, factor * (c + d) / 2


def worked_out(taken: Film) -> tuple[VanDerPauw, Hall]:
    depth = known(CENTIMETRES * 1e-2, 0.0, "thickness")
    flat = van_der_pauw(
        (Reading(n, v, AMPERE) for n, v in taken.flat.items()), thickness=depth
    )
    readings = [
        Reading(name, volt, AMPERE, field=sign * TESLA)
        for sign, volts in ((1, taken.plus), (-1, taken.minus))
        for name, volt in volts.items()
    ]
    hall = hall_effect(
        readings, sheet_resistance=flat.sheet_resistance, thickness=depth
    )
    return flat, hall


@pytest.mark.parametrize("seed", SEEDS)
def test_nists_worksheet_finds_the_same(seed: int) -> None:
    taken = film(seed)
    kind, sheet, density, mobility = nist(taken)

    flat, hall = worked_out(taken)

    results = {**flat.results(), **hall.results()}
    assert results["carrier_type"].value == kind
    assert results["sheet_resistance"].value == pytest.approx(sheet, rel=1e-9)
    assert results["sheet_density"].value == pytest.approx(density, rel=1e-9)
    assert results["hall_mobility"].value == pytest.approx(mobility, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_astms_formulas_find_the_same(seed: int) -> None:
    taken = film(seed)
    rho, coefficient = astm(taken)

    flat, hall = worked_out(taken)

    # F76 prints its factors with five and three digits.
    assert flat.resistivity.value * 1e2 == pytest.approx(rho, rel=1e-4)
    assert hall.hall_coefficient.value * 1e6 == pytest.approx(coefficient, rel=1e-3)
