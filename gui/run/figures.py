"""Rows to figures, technique by technique; pure functions from tables to values."""

from collections.abc import Mapping, Sequence

import numpy as np

from gui.plot.loops import Loop, split
from labctl.analysis.cells.differential import differential_capacity
from labctl.analysis.spectra.kramers_kronig import linear_kramers_kronig
from labctl.api.figures import Figure, Series
from labctl.data import Array

REST = 1e-3
"""Below this part of the largest current a row is a rest."""
FEWEST = 12
"""Rows that make a curve."""
MOST_RESIDUALS = 12
"""Spectra whose Kramers–Kronig residuals are worked out; the latest ones."""
GRID = 0.01
"""V between two points of dQ/dV."""
Columns = Mapping[str, Array]


def half_cycles(rows: Columns) -> list[Loop]:
    """Cut rows under current into half cycles: capacity in Ah against voltage."""
    current = np.abs(np.asarray(rows["current_ampere"], float))
    under = current > REST * np.nanmax(current, initial=0.0)
    loops = split(
        np.asarray(rows["half_cycle"])[under],
        np.asarray(rows["step_net_capacity_ah"], float)[under],
        np.asarray(rows["voltage_volt"], float)[under],
    )
    return [loop for loop in loops if len(loop.x) >= FEWEST]


def voltage_capacity(cycles: Sequence[tuple[int, Loop]], mass: float | None) -> Figure:
    """Return voltage against capacity, every cycle in its shade.

    ``mass`` in kg makes the capacity specific.
    """
    factor, unit = _per_mass(mass)
    return Figure(
        "voltage_capacity",
        "Voltage against capacity",
        f"Capacity / {unit}",
        "Voltage / V",
        tuple(
            Series(
                f"cycle {cycle}",
                np.abs(loop.x) * factor,
                loop.y,
                shade=shade,
                group="charge" if loop.x[-1] > 0 else "discharge",
            )
            for cycle, loop, shade in _shaded(cycles)
        ),
    )


def differential(cycles: Sequence[tuple[int, Loop]], mass: float | None) -> Figure:
    """Return dQ/dV against voltage; half cycles that are too short are left out."""
    factor, unit = _per_mass(mass)
    series = []
    for cycle, loop, shade in _shaded(cycles):
        try:
            found = differential_capacity(loop.y, 3600.0 * loop.x, step=GRID)
        except ValueError:
            continue
        series.append(
            Series(
                f"cycle {cycle}",
                found.voltage,
                found.value * factor / 3600.0,
                shade=shade,
                group="charge" if loop.x[-1] > 0 else "discharge",
            )
        )
    return Figure(
        "dq_dv",
        "Differential capacity",
        "Voltage / V",
        f"dQ/dV / {unit}/V",
        tuple(series),
        note=f"Charge per {1e3 * GRID:g} mV, not smoothed otherwise.",
    )


def capacity(rows: Columns, mass: float | None) -> Figure:
    """Return charge and discharge capacity, and the coulombic efficiency."""
    factor, unit = _per_mass(mass)
    cycle = np.asarray(rows["cycle_count"], float)
    series = [
        Series(word, cycle, np.asarray(rows[name], float) * factor, points=True)
        for word, name in (
            ("discharge", "cycle_discharging_capacity_ah"),
            ("charge", "cycle_charging_capacity_ah"),
        )
    ]
    efficiency = np.asarray(rows["coulombic_efficiency_percent"], float)
    series.append(
        Series("coulombic efficiency", cycle, efficiency, points=True, right=True)
    )
    return Figure(
        "capacity",
        "Capacity and coulombic efficiency",
        "Cycle",
        f"Capacity / {unit}",
        tuple(series),
        right_label="Coulombic efficiency / %",
    )


def spectra(rows: Columns) -> list[Figure]:
    """Return Nyquist, Bode and Kramers–Kronig residuals of all spectra."""
    real, imaginary = rows["real_impedance_ohm"], rows["imaginary_impedance_ohm"]
    frequency, number = rows["frequency_hertz"], rows["spectrum_id"]
    modulus = np.hypot(real, imaginary)
    phase = -np.degrees(np.arctan2(imaginary, real))
    one_by_one = _spectra(number)
    nyquist, size, angle = [], [], []
    for name, own, shade in one_by_one:
        label, f = f"spectrum {name + 1}", frequency[own]
        nyquist.append(
            Series(label, real[own], -imaginary[own], points=True, shade=shade)
        )
        size.append(Series(label, f, modulus[own], shade=shade))
        angle.append(Series(label, f, phase[own], shade=shade, points=True, right=True))
    figures = [
        _nyquist("nyquist", "Nyquist", nyquist),
        Figure(
            "bode",
            "Bode",
            "Frequency / Hz",
            "|Z| / Ω",
            (*size, *angle),
            right_label="−Phase / °",
            x_log=True,
            y_log=True,
            note="Lines: modulus; points: phase.",
        ),
    ]
    residuals = _residuals(frequency, real + 1j * imaginary, one_by_one)
    return [*figures, residuals] if residuals.series else figures


def coming_in(rows: Columns) -> list[Figure]:
    """Return the last spectrum, which may still be growing."""
    real, imaginary = rows["real_impedance_ohm"], rows["imaginary_impedance_ohm"]
    series = [
        Series(f"spectrum {name + 1}", real[own], -imaginary[own], points=True)
        for name, own, _ in _spectra(rows["spectrum_id"])[-1:]
    ]
    return [_nyquist("coming_in", "Last spectrum, as it comes in", series)]


def _nyquist(name: str, title: str, series: Sequence[Series]) -> Figure:
    return Figure(name, title, "Re Z / Ω", "−Im Z / Ω", tuple(series), equal_scale=True)


def current_voltage(rows: Columns) -> list[Figure]:
    """Return I–V with both axes linear, and with |I| in decades."""
    loops = split(rows["sweep_id"], rows["voltage_volt"], rows["current_ampere"])
    there = [
        (loop.number, loop, shade)
        for loop, shade in zip(loops, _ramp(len(loops)), strict=True)
    ]
    linear = tuple(
        Series(f"sweep {n + 1}", loop.x, loop.y, shade=shade)
        for n, loop, shade in there
    )
    decades = tuple(
        Series(f"sweep {n + 1}", loop.x, _positive(np.abs(loop.y)), shade=shade)
        for n, loop, shade in there
    )
    held = np.asarray(rows.get("in_compliance", np.zeros(0))) > 0
    note = f"{held.sum()} points in compliance." if held.any() else ""
    return [
        Figure("iv", "I–V", "Voltage / V", "Current / A", linear, note=note),
        Figure("iv_log", "|I|–V", "Voltage / V", "|Current| / A", decades, y_log=True),
    ]


def hall(rows: Columns) -> list[Figure]:
    """Return the voltages of every configuration against field and against current."""
    field, voltage = rows["field_tesla"], rows["voltage_volt"]
    current = rows["source_ampere"]
    names = ("current_in_contact", "current_out_contact")
    high_low = ("voltage_high_contact", "voltage_low_contact")
    leads = np.stack([np.asarray(rows[n], int) for n in (*names, *high_low)], axis=1)
    against_field, against_current = [], []
    for kind in np.unique(leads, axis=0):
        own = (leads == kind).all(axis=1)
        label = f"I {kind[0]}→{kind[1]}, V {kind[2]}–{kind[3]}"
        ohm = np.divide(
            voltage, current, out=np.full(len(voltage), np.nan), where=current != 0
        )
        crossed = _crossed(*map(int, kind))
        if crossed:
            against_field.append(Series(label, field[own], ohm[own], points=True))
        against_current.append(Series(label, current[own], voltage[own], points=True))
    return [
        Figure(
            "hall",
            "Transverse resistance against field",
            "Magnetic field / T",
            "V/I / Ω",
            tuple(against_field),
            note="The slope of each line over the film's thickness is R_H.",
        ),
        Figure(
            "configurations",
            "Voltages of all configurations",
            "Current / A",
            "Voltage / V",
            tuple(against_current),
        ),
    ]


def _crossed(i_in: int, i_out: int, _high: int, _low: int) -> bool:
    """Whether the current runs between opposite contacts: a Hall configuration."""
    return abs(i_in - i_out) == 2  # noqa: PLR2004


def _residuals(
    frequency: Array, z: Array, spectra_: Sequence[tuple[int, Array, float]]
) -> Figure:
    series = []
    for name, own, shade in spectra_[-MOST_RESIDUALS:]:
        if len(own) < FEWEST:
            continue
        try:
            found = linear_kramers_kronig(frequency[own], z[own])
        except (ValueError, np.linalg.LinAlgError):
            continue
        worst = np.hypot(found.residual_real, found.residual_imaginary) * 100
        series.append(
            Series(f"spectrum {name + 1}", frequency[own], worst, shade=shade)
        )
    return Figure(
        "kramers_kronig",
        "Kramers–Kronig residual",
        "Frequency / Hz",
        "|ΔZ|/|Z| / %",
        tuple(series),
        x_log=True,
        note="Below 1 % the cell was linear and steady enough.",
    )


def _spectra(number: Array) -> list[tuple[int, Array, float]]:
    """Return (id, rows, shade) of each spectrum, in order."""
    ids = np.unique(np.asarray(number))
    return [
        (int(one), np.flatnonzero(number == one), shade)
        for one, shade in zip(ids, _ramp(len(ids)), strict=True)
    ]


def _shaded(cycles: Sequence[tuple[int, Loop]]) -> list[tuple[int, Loop, float]]:
    numbers = sorted({cycle for cycle, _ in cycles})
    shade = dict(zip(numbers, _ramp(len(numbers)), strict=True))
    return [(cycle, loop, shade[cycle]) for cycle, loop in cycles]


def _ramp(count: int) -> list[float]:
    return [k / max(count - 1, 1) for k in range(count)]


def _positive(values: Array) -> Array:
    return np.where(values > 0, values, np.nan)


def _per_mass(mass: float | None) -> tuple[float, str]:
    """Return what turns Ah into the unit that is shown."""
    return (1.0 / mass, "mAh/g") if mass else (1e3, "mAh")
