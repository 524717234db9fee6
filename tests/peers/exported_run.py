"""The run that is exported for foreign readers: each kind of row, awkward numbers.

Two half cycles with a hold and a rest behind them, a spectrum at rest (driven by a
voltage) and one under current, and numbers that no short decimal holds.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from labctl.columns import EIS, TIMESERIES
from labctl.data import Array, Batch, EndReason, Outcome
from labctl.store.exporters.formats import FORMATS, Wanted, export
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.reader import RunFile
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    OpenCircuit,
    Spectrum,
    Technique,
)

STARTED = 1_760_000_000.25
STEP = 60.0 + 1e-3 / 7
"""s between rows."""
FREQUENCY = np.geomspace(1e5, 0.1, 25)
LOWER = Condition("lower", ConditionQuantity.VOLTAGE, Comparison.AT_MOST, 0.005)
UPPER = Condition("upper", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 1.5)
PARTS: tuple[tuple[int, int, Technique, float, int], ...] = (
    (1, 1, ConstantCurrent(-2.0825e-4, 216_000.0, (LOWER,)), -2.0825e-4 / 3, 40),
    (1, 1, ConstantVoltage(0.005, 3600.0), -1e-5 / 3, 12),
    (1, 1, OpenCircuit(600.0), 0.0, 10),
    (2, 1, ConstantCurrent(2.0825e-4, 216_000.0, (UPPER,)), 2.0825e-4 / 3, 38),
    (2, 1, OpenCircuit(600.0), 0.0, 10),
    (3, 2, ConstantCurrent(-2.0825e-4, 216_000.0, (LOWER,)), -2.0825e-4 / 3, 39),
    (4, 2, ConstantCurrent(2.0825e-4, 216_000.0, (UPPER,)), 2.0825e-4 / 3, 37),
)
"""Step, cycle, technique, current in A, rows."""


def export_everything(folder: Path) -> tuple[RunFile, dict[str, list[Path]]]:
    """Make the run in a folder and export it; return it and the files by format."""
    run = RunFile(_recorded(RunFolder(folder / "run-1")))
    return run, {name: export(run, name, Wanted(folder / name)) for name in FORMATS}


def _recorded(folder: RunFolder) -> Path:
    header = RunHeader(
        run_id="run-1",
        title="Formation of a cell with an ü",
        protocol="formation-cycling",
        streams=(TIMESERIES, EIS),
        sample={"name": "A-17 ∆", "active_mass": 1.2e-6, "area": 1.131e-4},
        roles={"cell": "vsp300/1"},
        instruments={
            "vsp300": {"vendor": "BioLogic", "model": "VSP-300", "serial": "0815"}
        },
        started_unix=STARTED,
        operator="Ø. Person",
        orcid="https://orcid.org/0000-0002-1825-0097",
        uuid="0b0a4c4e-5d0a-4c39-9f5e-6f2f1c0f2b11",
        lab={
            "institution": {"name": "U Cam", "ror": "https://ror.org/013meh722"},
            "licence": "CC-BY-4.0",
            "funding": [{"funder": "A council", "grant": "17"}],
        },
        versions={"labctl-bench": "0.1.0"},
    )
    with Journal.create(folder.journal, header) as journal:
        steps = sorted({part[0] for part in PARTS})
        now, charge = 0.0, 0.0
        for step in steps:
            own = [part for part in PARTS if part[0] == step]
            told = [asdict(technique) for *_, technique, _, _ in own]
            journal.begin_step(step, {"techniques": told}, now)
            for index, (_, cycle, _, current, rows) in enumerate(own):
                columns = _rows(now, charge, current, rows)
                columns |= {
                    "step_count": np.full(rows, step),
                    "cycle_count": np.full(rows, cycle),
                    "half_cycle": np.full(rows, step - 1),
                    "technique_index": np.full(rows, index),
                }
                journal.append(Batch(TIMESERIES.name, columns))
                now += rows * STEP
                charge = float(columns["net_capacity_ah"][-1])
            journal.end_step(step, Outcome(EndReason.COMPLETED), now)
        for number, galvanostatic in enumerate((False, True)):
            step = len(steps) + 1 + number
            bias = 2.0825e-4 if galvanostatic else 0.3
            sine = 1e-5 if galvanostatic else 0.01
            spectrum = Spectrum(galvanostatic, bias, sine, 1e5, 0.1, 4)
            journal.begin_step(step, {"techniques": [asdict(spectrum)]}, now)
            journal.append(Batch(EIS.name, _sines(now, step, number)))
            now += len(FREQUENCY) * STEP
            journal.end_step(step, Outcome(EndReason.COMPLETED), now)
        journal.finish("completed", {}, STARTED + now)
    return folder.path


def _rows(now: float, charge: float, current: float, rows: int) -> dict[str, Array]:
    t = now + STEP * np.arange(1, rows + 1)
    passed = charge + current * STEP * np.arange(1, rows + 1) / 3600.0
    return {
        "test_time_second": t,
        "unix_time_second": STARTED + t,
        "step_time_second": t - now,
        "instrument_time_second": t,
        "voltage_volt": 0.3 + 0.2 * np.sin(t / 1e4),
        "current_ampere": np.full(rows, current),
        "step_net_capacity_ah": passed - charge,
        "net_capacity_ah": passed,
    }


def _sines(now: float, step: int, number: int) -> Mapping[str, Array]:
    n = len(FREQUENCY)
    t = now + STEP * np.arange(1, n + 1)
    z = 2.0 / 3.0 + (4.0 + number) / (1.0 + 2j * np.pi * FREQUENCY * 7.2e-4)
    own = {
        "test_time_second": t,
        "unix_time_second": STARTED + t,
        "instrument_time_second": t,
        "step_count": np.full(n, step),
        "cycle_count": np.full(n, 2),
        "spectrum_id": np.full(n, number),
        "frequency_hertz": FREQUENCY,
        "real_impedance_ohm": z.real,
        "imaginary_impedance_ohm": z.imag,
        "minus_imaginary_impedance_ohm": -z.imag,
        "voltage_volt": np.full(n, 0.3) + 1e-3 / 3,
        "current_ampere": np.full(n, number * 2.0825e-4 / 3),
        "voltage_amplitude_volt": np.full(n, 0.01 / 3),
        "current_amplitude_ampere": np.full(n, 1e-5 / 3),
    }
    return {column.name: own[column.name] for column in EIS.columns}
