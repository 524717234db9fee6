"""Finished cells of two materials, written by the real journal from closed forms.

Ten runs of twenty-four cycles take twins a minute; the numbers of these are known.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from real_station import NOW
from values import HOUR

from labctl.analysis.uncertainty import known
from labctl.columns import CYCLES, EIS, TIMESERIES
from labctl.data import Array, Batch, Result, Stream
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.seal import seal

MATERIALS = ("qms", "si")
CELLS = 5
COUNT = 24
"""Cycles of each."""
BLOCKS = 6
"""Rates, of four cycles each."""
MASS = 0.6e-6
"""kg"""
Table = Mapping[str, Array]


def scale_of(material: str, cell: int) -> float:
    """Return what the capacities of a cell are multiplied by; cells count from 1."""
    return (1.0 if material == "qms" else 1.25) * (1 + 0.02 * (cell - 3))


def run_id(material: str, cell: int) -> str:
    """Return the id of a run."""
    return f"20260701-{cell:02d}0000-formation-cycling-{material}-{cell}a{cell}f"


def write_cells(data: Path) -> None:
    """Write ten finished runs, the latest first: qms-1 … qms-5, si-1 … si-5."""
    for number, material in enumerate(MATERIALS):
        for cell in range(1, CELLS + 1):
            begun = NOW - (cell + CELLS * number) * 300 * HOUR
            scale = scale_of(material, cell)
            write_run(
                data,
                run_id(material, cell),
                f"{material}-{cell}",
                tables_of(scale, 0.999 if material == "qms" else 0.985),
                _results(scale, alone=(material, cell) == ("si", 1)),
                title=f"Cycle life of {'QMS' if material == 'qms' else 'pure silicon'}",
                started_unix=begun,
            )


def write_run(
    data: Path,
    name: str,
    sample: str,
    tables: Mapping[Stream, Table],
    results: Mapping[str, Result],
    **header: Any,
) -> None:
    """Write a completed run; what a table lacks of its stream is unknown."""
    folder = RunFolder(data / name)
    about = {
        "title": sample,
        "started_unix": NOW,
        "simulated": True,
        "roles": {"cell": "vsp300/1"},
        "sample": {
            "name": sample,
            "kind": "half_cell",
            "active_mass": MASS,
            "area": 1.1e-4,
        },
        **header,
    }
    streams = tuple(tables) or (TIMESERIES,)
    kept = RunHeader(name, protocol="formation-cycling", streams=streams, **about)
    with Journal.create(folder.journal, kept) as journal:
        for stream, table in tables.items():
            journal.append(_batch(stream, table))
        journal.set_status("running", cycle_count=COUNT)
        journal.finish("completed", results, about["started_unix"] + 200 * HOUR)
    if tables:
        seal(folder)


def _batch(stream: Stream, table: Table) -> Batch:
    rows = len(next(iter(table.values())))
    unknown = {"i8": np.zeros(rows, int), "f8": np.full(rows, math.nan)}
    columns = {
        c.name: np.asarray(table.get(c.name, unknown.get(c.dtype, unknown["f8"])))
        for c in stream.columns
    }
    return Batch(
        stream.name,
        {c.name: columns[c.name].astype(c.dtype) for c in stream.columns},
    )


def tables_of(scale: float, fade: float, rows: int = 40) -> dict[Stream, Table]:
    """Return rows, cycles and a spectrum; each cycle has ``fade`` of the one before."""
    x = np.linspace(0.0, 1.0, rows)
    cycle = np.repeat(np.arange(1, COUNT + 1), 2 * rows)
    half = np.repeat(np.arange(2 * COUNT), rows)
    sign, deep = np.where(half % 2, 1.0, -1.0), np.tile(np.append(x, 1 - x), COUNT)
    along = np.tile(x, 2 * COUNT)
    within = along * 2 * HOUR
    time = half * (2 * HOUR + 600.0) + within
    current = sign * 1.7e-3 / 2.0 * scale * fade ** (cycle - 1.0)
    charge = current * along * 2.0
    n = np.arange(1, COUNT + 1)
    out = 1.7e-3 * 0.998 ** (n - 1) * scale * fade ** (n - 1.0)
    efficiency = 99.7 - 11.0 * np.exp(-1.8 * (n - 1))
    f = np.logspace(5, -2, 40)
    w = 2j * np.pi * f
    z = 4.0 + 30.0 / (1 + 3e-4 * w) + 55.0 / (1 + 0.22 * w) + 18 / np.sqrt(w)
    return {
        TIMESERIES: {
            "test_time_second": time,
            "unix_time_second": NOW - 9e6 + time,
            "step_count": half + 1,
            "cycle_count": cycle,
            "half_cycle": half,
            "step_time_second": within,
            "instrument_time_second": within,
            "voltage_volt": 0.08
            + 0.62 * np.exp(-9 * deep)
            + 0.24 * (1 - deep)
            + sign * 0.05,
            "current_ampere": current,
            "step_net_capacity_ah": charge,
            "net_capacity_ah": charge,
        },
        CYCLES: {
            "test_time_second": n * 4 * HOUR,
            "cycle_count": n,
            "cycle_discharging_capacity_ah": out,
            "cycle_charging_capacity_ah": out * efficiency / 100,
            "coulombic_efficiency_percent": efficiency,
            "rate_ampere": -1e-4 * 2.0 ** ((n - 1) // (COUNT // BLOCKS)),
        },
        EIS: {
            "test_time_second": 4 * HOUR + np.arange(len(f), dtype=float),
            "spectrum_id": np.zeros(len(f)),
            "frequency_hertz": f,
            "real_impedance_ohm": z.real,
            "imaginary_impedance_ohm": z.imag,
            "minus_imaginary_impedance_ohm": -z.imag,
        },
    }


def _results(scale: float, *, alone: bool) -> dict[str, Result]:
    """Return an efficiency, a capacity, and what is not shared or no number."""

    def found(value: float, relative: float, term: str, unit: str) -> Result:
        return known(value, relative * value, term, unit).to_result()

    table = {
        "composition": (0.2, 0.4, 0.6, 0.8),
        "diffusivity_m2_per_s": (1e-15, 3e-15 * scale, 2e-15, math.nan),
        "valid": (1.0, 1.0, 0.0, 1.0),
    }
    diffusivity = found(1e-15 * scale, 0.2, "particle radius", "m²/s")
    return {
        "initial_coulombic_efficiency": found(
            88.0 + 4 * scale, 0.001, "current zero", "%"
        ),
        "first_discharge_capacity": found(2871.3 * scale, 0.02, "active mass", "mAh/g"),
        "capacity_retention": found(97.0 - 3 * scale, 0.001, "current zero", "%"),
        **({"only_here": found(1.0, 0.01, "voltage zero", "V")} if alone else {}),
        "diffusivity": replace(diffusivity, table=table),
    }
