"""A conductivity holds at a temperature, and its uncertainty is known to matter."""

import math

import numpy as np
import pytest

from labctl.analysis.conduction.temperature import activated, temperature_of
from labctl.analysis.uncertainty import known

SIGMA = known(1e-3, 1e-6, "meter", "S/m")


def test_a_thermometer_counts_before_the_label() -> None:
    found = temperature_of([24.0, 25.0, math.nan, 26.0], 310.0)

    assert found.value == pytest.approx(298.15)
    assert found.budget["thermometer (assumed)"] == 1.0
    # Anywhere within ± 1 K while it ran.
    assert found.budget["temperature during the run"] == pytest.approx(1 / math.sqrt(3))


def test_without_one_the_labels_temperature_is_within_a_declared_default() -> None:
    found = temperature_of([], 298.15)

    assert found.value == 298.15
    assert found.budget == {"temperature (assumed)": 2.0}


def test_an_activation_energy_makes_the_temperature_count() -> None:
    kelvin, energy = temperature_of([], 298.15), 0.5
    found = activated(SIGMA, kelvin, energy)

    # The same by two values of the Arrhenius law, k = 1.380649e-23 / 1.602176634e-19.
    k = 1.380649e-23 / 1.602176634e-19
    warmer, colder = (np.exp(-energy / (k * (298.15 + t))) for t in (0.01, -0.01))
    slope = (warmer - colder) / (0.01 * (warmer + colder))
    assert found.budget["temperature (assumed)"] == pytest.approx(
        1e-3 * slope * 2.0, rel=1e-4
    )
    assert found.unit == "S/m"


def test_without_an_activation_energy_the_number_is_that_of_its_temperature() -> None:
    assert activated(SIGMA, temperature_of([], 298.15), None) == SIGMA
