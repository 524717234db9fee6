"""Whatever the rows of a file are, there are results, and none of them invented."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imported_columns import Rows, imported

from labctl.analysis.cells.recognition import Measurement
from labctl.data import RECOGNISED_AS, Array, Quality

NAN = float("nan")


SIZES = st.one_of(
    st.sampled_from([0.0, 0.0, 1e-3, -1e-3, 2e-3, 1e-9, NAN]),
    st.integers(-10_000, 10_000).map(lambda nano: 1e-6 * nano),
)
VOLTS = st.one_of(
    st.sampled_from([0.1, 1.0, 1.0, NAN]),
    st.integers(-1000, 5000).map(lambda milli: 1e-3 * milli),
)
CODES = st.integers(-1, 3)


@st.composite
def series(draw: st.DrawFn) -> dict[str, Array]:
    n = draw(st.integers(0, 24))

    def column(values: st.SearchStrategy[Any]) -> Array:
        return np.array(draw(st.lists(values, min_size=n, max_size=n)), dtype=float)

    steps = column(st.sampled_from([0.0, 1.0, 1.0, 1.0, 60.0, 1e5]))
    volts = column(VOLTS)
    out = {
        "test_time_second": np.cumsum(steps),
        "voltage_volt": volts,
        "current_ampere": column(SIZES),
    }
    more = {
        "half_cycle": CODES,
        "driving_code": CODES,
        "step_id": CODES,
        "net_capacity_ah": st.integers(-9, 9).map(float),
    }
    for name in draw(st.sets(st.sampled_from(sorted(more)))):
        values = column(more[name])
        out[name] = values if name.endswith("ah") else values.astype(int)
    return out


@given(rows=series(), told=st.sampled_from([None, None, *Measurement]))
@settings(max_examples=100, deadline=None)
def test_any_small_table_has_results(
    rows: dict[str, Array], told: Measurement | None
) -> None:
    protocol, run = imported(told), Rows(rows)

    found = protocol.results(run)
    protocol.figures(run)

    assert RECOGNISED_AS in found
    known = found[RECOGNISED_AS].quality is not Quality.ABSENT
    assert len(found) > known  # of what is not recognised nothing is worked out


def test_a_file_of_rests_alone_says_so() -> None:
    rows = {
        "test_time_second": np.arange(9.0),
        "voltage_volt": np.full(9, 3.0),
        "current_ampere": np.full(9, np.nan),
        "driving_code": np.full(9, 3),
    }

    found = imported().results(Rows(rows))

    assert found[RECOGNISED_AS].value == "rest"
    assert found["coulombic_efficiency"].quality is Quality.ABSENT


@pytest.mark.parametrize("lacking", ["voltage_volt", "voltage_amplitude_volt"])
def test_a_spectrum_of_few_columns_is_judged_by_what_it_has(lacking: str) -> None:
    f = np.geomspace(1e4, 1.0, 25)
    z = 5 + 20 / (1 + (2j * np.pi * f * 1e-3) ** 0.9)
    eis = {
        "spectrum_id": np.zeros(25, dtype=int),
        "test_time_second": np.arange(25.0),
        "frequency_hertz": f,
        "real_impedance_ohm": z.real,
        "imaginary_impedance_ohm": z.imag,
        "voltage_volt": np.full(25, 3.0),
        "voltage_amplitude_volt": np.full(25, 0.01),
    }
    del eis[lacking]

    found = imported().results(Rows(eis=eis))["charge_transfer_resistance"]

    assert found.value == pytest.approx(20, rel=0.01)
    assert found.quality is Quality.SUSPECT  # nobody saw that the cell kept still


def lasting_hours(*currents: float) -> dict[str, Array]:
    """Return rows of constant currents, each for an hour, with the charge counted."""
    time = 60.0 * np.arange(60 * len(currents) + 1)
    current = np.r_[currents[0], np.repeat(currents, 60)]
    passed = np.r_[0.0, current[1:] / 60]
    return {
        "test_time_second": time,
        "voltage_volt": 1.0 + 0.5 * np.cumsum(passed) * 1e3,
        "current_ampere": current,
        "interval_charge_ah": passed,
        "net_capacity_ah": np.cumsum(passed),
    }


FIRST = ("initial_coulombic_efficiency", "first_lithiation_capacity")


def test_a_test_from_its_first_row_on_has_a_good_first_cycle() -> None:
    whole = lasting_hours(-1e-3, 0.8e-3, -1e-3, 0.8e-3, -1e-3)

    found = imported().results(Rows(whole))

    assert found["initial_coulombic_efficiency"].value == pytest.approx(80.0)
    assert {found[name].quality for name in FIRST} == {Quality.GOOD}


@pytest.mark.parametrize("drop", [1, 20, 65])
@pytest.mark.parametrize("counted", [True, False])
def test_a_first_cycle_whose_rows_are_not_all_there_is_not_good(
    drop: int, *, counted: bool
) -> None:
    whole = lasting_hours(-1e-3, 0.8e-3, -1e-3, 0.8e-3, -1e-3)
    later = {name: column[drop + 1 :] for name, column in whole.items()}
    if not counted:
        del later["interval_charge_ah"], later["net_capacity_ah"]

    found = imported().results(Rows(later))

    assert {found[name].quality for name in FIRST} <= {Quality.SUSPECT, Quality.ABSENT}


def test_rows_without_a_current_are_not_said_to_be_a_rest() -> None:
    time = np.arange(100.0)
    unknown = {"test_time_second": time, "voltage_volt": 1.0 + 0.01 * time**0.5}

    found = imported().results(Rows(unknown))

    assert found[RECOGNISED_AS].quality is Quality.ABSENT


def test_a_current_without_any_voltage_has_results() -> None:
    rows = {
        "test_time_second": np.array([0.0, 0.0, 1.0]),
        "voltage_volt": np.full(3, np.nan),
        "current_ampere": np.array([0.0, 0.0, 1e-3]),
    }

    found = imported().results(Rows(rows))

    assert found[RECOGNISED_AS].value == "cycling"
