"""Recipes against rows whose answer is known."""

import numpy as np
import pytest

from labctl.data import Array, Result
from labctl.figures.comparisons import CAPACITY, DIFFUSIVITY, RATES, Asked
from labctl.figures.conduction import current_voltage, hall
from labctl.figures.curves_of_runs import ComparedRun, LacksError, curves_of_run
from labctl.figures.cycle_set import CycleSet
from labctl.figures.cycling import MOST_CURVES, cycling_figures
from labctl.figures.of_rows import coming_in, of_a_cell, of_readings
from labctl.figures.overlay import OverlaidRun, run_names
from labctl.figures.spectra import spectra_figures, spectra_of_rows
from labctl.quantities import SI
from labctl.sample import Sample

Table = dict[str, Array]
CELL = {
    "name": "si-1",
    "kind": "half_cell",
    "first_step": "lithiation",
    "active_mass": 1e-6,
}
FINE = 400


def sample(**changes: object) -> Sample:
    return Sample.model_validate({**CELL, **changes}, context=SI)


def cycled(cycles: int, rows: int = FINE, half_cycles: bool = True) -> Table:
    """Return cycles of an hour down and an hour up, 1 mA between 1 V and 0.1 V."""
    parts = []
    for half in range(2 * cycles):
        x = np.linspace(0.0, 1.0, rows)
        sign = 1.0 if half % 2 else -1.0
        zero = np.zeros(rows)
        parts.append(
            {
                "test_time_second": 3600.0 * (half + x),
                "instrument_time_second": 3600.0 * x,
                "step_count": zero + half + 1,
                "cycle_count": zero + half // 2 + 1,
                "half_cycle": zero + (half if half_cycles else -1),
                "current_ampere": zero + sign * 1e-3,
                "voltage_volt": 0.1 + 0.9 * (x if sign > 0 else 1 - x),
                "step_net_capacity_ah": sign * 1e-3 * x,
            }
        )
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def test_every_cycle_has_its_capacity_and_efficiency() -> None:
    capacity = cycling_figures(cycled(3), sample())[0]

    assert (capacity.name, capacity.y_label) == ("capacity", "Capacity / mAh/g")
    first, second, efficiency = capacity.series
    assert first.x.tolist() == [1, 2, 3]
    # 1 mAh on 1 mg
    np.testing.assert_allclose([first.y, second.y], 1000.0, rtol=1e-9)
    np.testing.assert_allclose(efficiency.y, 100.0)


def test_without_a_mass_nothing_is_specific() -> None:
    units = {f.y_label for f in cycling_figures(cycled(1), sample(active_mass=None))}

    assert units >= {"Capacity / mAh", "Voltage / V", "dQ/dV / mAh/V"}
    assert not any("/g" in unit for unit in units)


@pytest.mark.parametrize("counted", [True, False])
def test_half_cycles_begin_at_no_charge_and_are_parted_by_direction(
    counted: bool,
) -> None:
    curves = cycling_figures(cycled(2, half_cycles=counted), sample())[1]

    assert [s.name for s in curves.series] == ["cycle 1"] * 2 + ["cycle 2"] * 2
    assert [s.group for s in curves.series] == ["discharge", "charge"] * 2
    assert [s.shade for s in curves.series] == [0.0, 0.0, 1.0, 1.0]
    assert all(s.x[0] < 5.0 for s in curves.series)


def test_dq_dv_of_a_straight_line_is_its_slope() -> None:
    slope = cycling_figures(cycled(1), sample())[2].series[1]

    inner = slope.y[2:-2]
    np.testing.assert_allclose(inner, 1000.0 / 0.9, rtol=1e-9)


def test_the_cycle_that_grows_is_drawn_and_not_yet_counted() -> None:
    rows = {n: v[: 2 * FINE + FINE // 2] for n, v in cycled(2).items()}
    capacity, curves, *_ = cycling_figures(rows, sample())

    assert capacity.series[0].x.tolist() == [1]
    assert {s.name for s in curves.series} == {"cycle 1", "cycle 2"}


def test_of_many_cycles_first_and_last_are_always_drawn() -> None:
    curves = cycling_figures(cycled(60, rows=20), sample())[1]

    names = list(dict.fromkeys(s.name for s in curves.series))
    assert names[:2] == ["cycle 1", "cycle 2"]
    assert names[-1] == "cycle 60"
    assert len(names) <= MOST_CURVES + 1


def test_only_a_run_that_counts_cycles_is_a_cell() -> None:
    assert of_a_cell({"timeseries": cycled(1)}, sample()) == ()
    assert of_a_cell({"timeseries": cycled(1), "cycles": {}}, sample())


def test_rows_of_nothing_draw_nothing() -> None:
    rows = {name: values[:0] for name, values in cycled(1).items()}

    assert of_a_cell({"timeseries": rows, "cycles": {}}, sample()) == ()
    assert of_readings({"timeseries": rows}) == ()


def two_spectra() -> Table:
    f = np.tile(np.logspace(4, 0, 30), 2)
    z = 10 + 20 / (1 + 2j * np.pi * f * 1e-3)
    return {
        "frequency_hertz": f,
        "real_impedance_ohm": z.real,
        "imaginary_impedance_ohm": z.imag,
        "spectrum_id": np.repeat([0.0, 1.0], 30),
    }


def test_the_spectrum_that_grows_is_drawn_alone_from_its_first_point_on() -> None:
    rows = {name: values[:31] for name, values in two_spectra().items()}

    [figure] = coming_in({"eis": rows})

    assert [(s.name, len(s.x)) for s in figure.series] == [("spectrum 2", 1)]
    assert coming_in({"eis": {n: v[:0] for n, v in rows.items()}}) == ()


def test_a_capacitive_spectrum_lies_above_the_axis() -> None:
    nyquist, bode, *_ = spectra_figures(spectra_of_rows(two_spectra()))

    assert nyquist.equal_scale
    assert [s.name for s in nyquist.series] == ["spectrum 1", "spectrum 2"]
    assert all((s.y > 0).all() for s in nyquist.series)
    assert [s.right for s in bode.series] == [False] * 2 + [True] * 2
    assert (bode.x_log, bode.y_log) == (True, True)


def test_opposite_configurations_have_opposite_slopes() -> None:
    field = np.tile(np.linspace(-0.5, 0.5, 11), 2)
    way = np.repeat([1.0, -1.0], 11)
    contacts = {
        "current_in_contact": np.where(way > 0, 1.0, 3.0),
        "current_out_contact": np.where(way > 0, 3.0, 1.0),
        "voltage_high_contact": np.full(22, 2.0),
        "voltage_low_contact": np.full(22, 4.0),
    }
    rows = {
        "field_tesla": field,
        "source_ampere": np.full(22, 1e-4),
        "voltage_volt": way * 2e-3 * field,
        **contacts,
    }
    against_field = hall(rows)[0]

    slopes = [np.polyfit(s.x, s.y, 1)[0] for s in against_field.series]
    assert slopes == pytest.approx([20.0, -20.0])


def test_a_current_of_nothing_has_no_decade() -> None:
    rows = {
        "voltage_volt": np.array([-1.0, 0.0, 1.0]),
        "current_ampere": np.array([-1e-6, 0.0, 1e-6]),
        "sweep_id": np.zeros(3),
        "in_compliance": np.array([0.0, 0.0, 1.0]),
    }
    linear, decades = current_voltage(rows)

    assert linear.note == "1 points in compliance."
    np.testing.assert_array_equal(decades.series[0].y, [1e-6, np.nan, 1e-6])


# ---- what is compared


def compared(**more: object) -> ComparedRun:
    given = {"tables": {"timeseries": cycled(3)}, "results": {}, **more}
    return ComparedRun("r1", "cycling", "", sample(), True, **given)  # type: ignore[arg-type]


def test_rate_steps_are_counted_where_the_current_changes() -> None:
    rates = {
        "cycle_count": np.array([1.0, 2.0, 3.0]),
        "rate_ampere": np.array([-1e-3, -1.01e-3, -2e-3]),
    }
    run = compared(tables={"timeseries": cycled(3), "cycles": rates})

    [curve] = curves_of_run(run, RATES.title, CycleSet())

    assert curve.x.tolist() == [1, 1, 2]
    np.testing.assert_allclose(curve.y, 1.0, rtol=1e-9)


@pytest.mark.parametrize(
    ("recipe", "lacks"),
    [
        (RATES.title, "no such rows"),
        (DIFFUSIVITY.title, "no diffusivity"),
        ("Nyquist", "no such rows"),
        ("Voltage against capacity", "no cycle 9"),
    ],
)
def test_a_run_says_what_it_lacks(recipe: str, lacks: str) -> None:
    with pytest.raises(LacksError, match=lacks):
        curves_of_run(compared(), recipe, CycleSet(((9, 9),)))


def test_flagged_pulses_are_counted_and_not_shown() -> None:
    table = {
        "composition": (0.2, 0.4),
        "diffusivity_m2_per_s": (1e-15, 2e-15),
        "valid": (1.0, 0.0),
    }
    run = compared(results={"diffusivity": Result(1e-15, "m²/s", table=table)})

    [curve] = curves_of_run(run, DIFFUSIVITY.title, CycleSet())

    assert curve.note == "1 of 2 pulses flagged, not shown"
    np.testing.assert_array_equal(curve.y, [1e-15, np.nan])


def test_two_runs_of_a_sample_are_told_apart_by_their_protocols() -> None:
    twins = [
        OverlaidRun(run, protocol, "", sample(), [])
        for run, protocol in (("a", "gitt"), ("b", "hppc"))
    ]

    assert set(run_names(twins).values()) == {"si-1 · gitt", "si-1 · hppc"}
    assert Asked(("a",), CAPACITY.title).without_runs == frozenset()
