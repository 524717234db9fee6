"""A law's figure tells its constant with as many digits as its uncertainty leaves."""

import pytest

from labctl.analysis.temperature.fitted_law import fit_law
from labctl.analysis.temperature.law import Kind, Law
from labctl.analysis.uncertainty import Measured
from labctl.figures.against_temperature import law_figures
from labctl.sources import Source

LAW = Law("r", "activation_energy", Kind.RESISTANCE)


def note(part: float) -> str:
    kelvin = [
        Measured(t, "K", {Source("t", str(t)): 0.0}) for t in (283.0, 298.0, 318.0)
    ]
    ohm = [
        Measured(y, "Ω", {Source("noise", str(y)): part * y}) for y in (2.9, 1.0, 0.28)
    ]
    (figure,) = law_figures([fit_law(LAW, kelvin, ohm)], {"r": "Ω"})
    return figure.note


@pytest.mark.parametrize(
    ("part", "said"),
    [
        # 30 % at each of three points are 9 kJ/mol, once
        (0.3, "50 ± 18 kJ/mol (95 %)"),
        # and 1 % a thirtieth of it
        (0.01, "49.98 ± 0.60 kJ/mol (95 %)"),
    ],
)
def test_value_and_uncertainty_end_at_the_same_place(part: float, said: str) -> None:
    assert said in note(part)


def test_an_unknown_uncertainty_is_not_written_as_a_number() -> None:
    assert "nan" not in note(float("nan"))
