"""Which foreign reader takes which exported file, and what it must find there."""

from collections.abc import Mapping
from dataclasses import dataclass

SERIES, SPECTRUM, TABLE, CYCLES = "timeseries", "eis", "table", "cycle by cycle"
"""What a column is compared with: a stream, all rows in the order of time, or what
each cycle charged and discharged."""
WAYS: Mapping[str, tuple[str, str, float]] = {
    "time": (SERIES, "test_time_second", 1.0),
    "Ewe": (SERIES, "voltage_volt", 1.0),
    "I": (SERIES, "current_ampere", 1e3),
    "Q": (SERIES, "net_capacity_ah", 1e3),
    "half": (SERIES, "half_cycle", 1.0),
    "cycle": (SERIES, "cycle_count", 1.0),
    "f": (SPECTRUM, "frequency_hertz", 1.0),
    "Re": (SPECTRUM, "real_impedance_ohm", 1.0),
    "Im": (SPECTRUM, "imaginary_impedance_ohm", 1.0),
    "-Im": (SPECTRUM, "imaginary_impedance_ohm", -1.0),
}
ROUNDED = 1e-14
"""Relative: some roundings of a double, where a reader changes a unit or adds up."""


@dataclass(frozen=True, slots=True)
class FileCase:
    """One reader on one kind of file."""

    reader: str
    """As the page names it."""
    package: str
    group: str
    """Extra that pins it: where the reader runs."""
    program: str
    """Function in ``programs/file_readers.py``; it says how the reader is called."""
    format: str
    """Of ``labctl runs export``."""
    file: str
    """What the file's name ends with."""
    columns: Mapping[str, tuple[str, str, float]]
    """Reader's name -> stream, labctl's column, factor."""
    within: float = 0.0
    """Largest deviation, of the column's largest number; 0: every bit agrees."""

    @property
    def name(self) -> str:
        """For a test's id."""
        return f"{self.program}-{self.file}"


def _mpt(**names: str) -> dict[str, tuple[str, str, float]]:
    return {title: WAYS[key] for key, title in names.items()}


SPECTRA = {"f": WAYS["f"], "Re Z": WAYS["Re"], "Im Z": WAYS["Im"]}
YADG_SPECTRUM = {
    "freq": WAYS["f"],
    "Re(Z)": WAYS["Re"],
    "-Im(Z)": WAYS["-Im"],
    "<Ewe>": (SPECTRUM, "voltage_volt", 1.0),
    "<I>": (SPECTRUM, "current_ampere", 1e3),
}
GALVANI_SPECTRUM = {
    "freq/Hz": WAYS["f"],
    "Re(Z)/Ohm": WAYS["Re"],
    "-Im(Z)/Ohm": WAYS["-Im"],
    "Ewe/V": (SPECTRUM, "voltage_volt", 1.0),
    "I/mA": (SPECTRUM, "current_ampere", 1e3),
}
BDF = {
    "Test Time / s": (TABLE, "test_time_second", 1.0),
    "Unix Time / s": (TABLE, "unix_time_second", 1.0),
    "Voltage / V": (TABLE, "voltage_volt", 1.0),
    "Current / A": (TABLE, "current_ampere", 1.0),
    "Cycle Count / 1": (TABLE, "cycle_count", 1.0),
    "Step Count / 1": (TABLE, "step_count", 1.0),
    "Net Capacity / Ah": (TABLE, "net_capacity_ah", 1.0),
    "Frequency / Hz": (TABLE, "frequency_hertz", 1.0),
    "Real Impedance / ohm": (TABLE, "real_impedance_ohm", 1.0),
    "Imaginary Impedance / ohm": (TABLE, "imaginary_impedance_ohm", 1.0),
}
PARQUET = {
    name: (SERIES, name, 1.0)
    for name in (
        "test_time_second",
        "unix_time_second",
        "cycle_count",
        "voltage_volt",
        "current_ampere",
        "net_capacity_ah",
    )
}
NEW, OLD, HERE = "peers-files", "peers-files-pandas-2", "peers"
MPT, SPECTRUM_0, SPECTRUM_1 = "timeseries.mpt", "spectrum_000.mpt", "spectrum_001.mpt"
CASES: tuple[FileCase, ...] = (
    FileCase(
        *("yadg", "yadg", OLD, "yadg_mpt", "mpt", MPT),
        {
            **_mpt(time="time", Ewe="Ewe", I="<I>", Q="(Q-Qo)"),
            **_mpt(half="half cycle", cycle="cycle number"),
            "uts": (SERIES, "unix_time_second", 1.0),
        },
    ),
    FileCase(
        *("yadg", "yadg", OLD, "yadg_mpt", "mpt", SPECTRUM_0),
        YADG_SPECTRUM,
    ),
    FileCase(
        *("yadg", "yadg", OLD, "yadg_mpt", "mpt", SPECTRUM_1),
        YADG_SPECTRUM,
    ),
    FileCase(
        *("galvani", "galvani", NEW, "galvani_mpt", "mpt", MPT),
        {
            **_mpt(time="time/s", Ewe="Ewe/V", I="I/mA", Q="(Q-Qo)/mA.h"),
            **_mpt(half="half cycle", cycle="cycle number"),
        },
    ),
    FileCase(
        *("galvani", "galvani", NEW, "galvani_mpt", "mpt", SPECTRUM_1),
        GALVANI_SPECTRUM,
    ),
    *(
        FileCase("impedance.py", "impedance", NEW, program, kind, file, SPECTRA)
        for program, kind, file in (
            ("impedance_biologic", "mpt", SPECTRUM_0),
            ("impedance_biologic", "mpt", SPECTRUM_1),
            ("impedance_zplot", "zview", "spectrum_000.z"),
            ("impedance_zplot", "zview", "spectrum_001.z"),
        )
    ),
    *(
        FileCase("pyimpspec", "pyimpspec", NEW, "pyimpspec", kind, file, SPECTRA)
        for kind, file in (
            ("mpt", SPECTRUM_0),
            ("mpt", SPECTRUM_1),
            ("zview", "spectrum_000.z"),
            ("zview", "spectrum_001.z"),
        )
    ),
    *(
        FileCase("bdf", "batterydf", group, program, kind, file, BDF)
        for group, program in ((HERE, "batterydf_0_1"), (NEW, "batterydf_0_2"))
        for kind, file in (("bdf", ".bdf.csv"), ("bdf-parquet", ".bdf.parquet"))
    ),
    FileCase(
        *("cellpy", "cellpy", OLD, "cellpy", "cellpy", "cellpy.csv"),
        {
            "test_time": WAYS["time"],
            "current": (SERIES, "current_ampere", 1.0),
            "voltage": WAYS["Ewe"],
            "cycle_index": WAYS["cycle"],
            "summary charge_capacity": (CYCLES, "charging", 1.0),
            "summary discharge_capacity": (CYCLES, "discharging", 1.0),
        },
        within=ROUNDED,
    ),
    *(
        FileCase(reader, reader, NEW, reader, "parquet", "timeseries.parquet", PARQUET)
        for reader in ("pyarrow", "pandas", "polars", "duckdb")
    ),
    FileCase(
        *("pandas", "pandas", NEW, "pandas", "csv", "timeseries.csv"),
        {
            "test_time_second [s]": WAYS["time"],
            "voltage_volt [V]": WAYS["Ewe"],
            "current_ampere [A]": (SERIES, "current_ampere", 1.0),
            "cycle_count": WAYS["cycle"],
        },
    ),
)
