"""A donor level is told from carriers that freeze out, and only from those."""

import numpy as np
import pytest

from labctl.analysis.temperature.carriers import donor_level
from labctl.analysis.temperature.law import ELECTRONVOLT, Kind, Law
from labctl.analysis.uncertainty import Measured
from labctl.sources import Source

LAW = Law("n", "donor_level", Kind.DONOR, "eV")
KELVIN = np.array([80.0, 110.0, 150.0, 200.0])


def level(densities: np.ndarray) -> Measured:
    temperatures = [Measured(float(t), "K", {Source("t"): 0.2}) for t in KELVIN]
    values = [
        Measured(float(n), "", {Source("n", str(k)): 0.01 * float(n)})
        for k, n in enumerate(densities)
    ]
    return donor_level(LAW, temperatures, values).constant


def test_carriers_that_freeze_out_tell_their_level() -> None:
    # Compensated: n = (Nd - Na)/(2 Na) Nc exp(-E/kT), Nc ∝ T^3/2.
    densities = 1e20 * KELVIN**1.5 * np.exp(-0.045 / ELECTRONVOLT / KELVIN)

    assert level(densities).value == pytest.approx(0.045)
    assert level(densities).valid


@pytest.mark.parametrize(
    "densities",
    [
        # Every donor has given its electron.
        np.full(4, 1e22),
        # The Hall factor falls a little: fewer carriers seem to be there when warm.
        1e22 * (KELVIN / 100.0) ** -0.1,
        # A rise slower than the band's states: no barrier is needed for it.
        1e22 * (KELVIN / 100.0) ** 0.8,
    ],
)
def test_saturated_carriers_tell_none_and_say_why(densities: np.ndarray) -> None:
    found = level(densities)

    assert found.is_absent
    assert [doubt.code for doubt in found.doubts] == ["carriers-freeze-out"]
    assert "saturation" in found.reason or "over its uncertainty" in found.reason


def test_carriers_of_which_nobody_knows_how_sure_they_are_tell_none() -> None:
    densities = 1e20 * KELVIN**1.5 * np.exp(-0.045 / ELECTRONVOLT / KELVIN)
    ends = [Measured(float(t), "K", {Source("t"): 0.2}) for t in KELVIN[[0, 3]]]
    bare = [Measured(float(n)) for n in densities[[0, 3]]]

    found = donor_level(LAW, ends, bare).constant

    assert found.is_absent
    assert "is not known" in found.reason
