"""Put EC-Lab's columns under labctl's names, each with where it is from.

Rows with a frequency above 0 are spectra, all others (the direct current of a spectrum
too) are the time series. Charge is in both, as a spectrum moves charge as well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.ec_lab import derived, spectra
from labctl.store.importers.ec_lab.content import EcLabFile
from labctl.store.importers.ec_lab.titles import Title, read_title
from labctl.store.importers.foreign import (
    EMPTY,
    ForeignColumn,
    ForeignFile,
    ForeignTable,
)

BOTH: Mapping[str, tuple[str, ...]] = {
    "test_time_second": ("time",),
    "step_time_second": ("step time",),
    "cycle_count": ("cycle number",),
    "half_cycle": ("half cycle",),
    "step_id": ("Ns",),
    "half_cycle_capacity_ah": ("Q charge/discharge",),
    "counter_electrode_voltage_volt": ("Ece", "<Ece>"),
    "current_range_code": ("I Range",),
    "ambient_temperature_celsius": ("Temperature",),
    "analog_in_1_volt": ("Analog IN 1",),
    "analog_in_2_volt": ("Analog IN 2",),
}
"""labctl's name -> quantities, the first that the file has; for both tables."""
SERIES: Mapping[str, tuple[str, ...]] = {
    "voltage_volt": ("Ewe", "<Ewe>", "Ecell", "<Ecell>", "Ewe-Ece", "<Ewe-Ece>"),
    "current_ampere": ("I", "<I>"),
    "power_watt": ("P", "Pwe"),
}
SPECTRA: Mapping[str, tuple[str, ...]] = {
    "frequency_hertz": ("freq",),
    "voltage_volt": ("<Ewe>", "Ewe", "<Ecell>", "Ecell", "<Ewe-Ece>", "Ewe-Ece"),
    "current_ampere": ("<I>", "I"),
    "voltage_amplitude_volt": ("|Ewe|", "|Ecell|"),
    "current_amplitude_ampere": ("|I|",),
    "counter_electrode_voltage_amplitude_volt": ("|Ece|",),
}


MEANS = frozenset({"<I>"})
"""Means over the interval that ends at the row."""


@dataclass(frozen=True, slots=True)
class Quantities:
    """The known columns of a file, by quantity, in the unit of labctl's names."""

    columns: Mapping[str, ForeignColumn]

    @classmethod
    def of(cls, columns: Mapping[str, Array]) -> "Quantities":
        """Sort a file's columns; of a quantity in two units the first counts."""
        found: dict[str, ForeignColumn] = {}
        for name, values in columns.items():
            title = read_title(name)
            if isinstance(title, Title) and title.quantity not in found:
                found[title.quantity] = ForeignColumn(
                    title.si(values), name, is_mean=title.quantity in MEANS
                )
        return cls(found)

    def first(self, quantities: tuple[str, ...]) -> ForeignColumn | None:
        """Return the first of these quantities that the file has."""
        return next((self.columns[q] for q in quantities if q in self.columns), None)

    def get(self, quantity: str) -> ForeignColumn | None:
        """Return a quantity; None: the file lacks it."""
        return self.columns.get(quantity)

    def named(
        self, names: Mapping[str, tuple[str, ...]]
    ) -> Iterator[tuple[str, ForeignColumn]]:
        """Go through labctl's columns that the file has."""
        for name, quantities in names.items():
            column = self.first(quantities)
            if column is not None:
                yield name, column


def as_foreign(file: EcLabFile) -> ForeignFile:
    """Return what the file holds in labctl's columns.

    StoreError: there is no time, no voltage, or a frequency without an impedance.
    """
    known = Quantities.of(file.columns)
    shared = dict(known.named(BOTH))
    if file.elapsed and "test_time_second" in shared:
        time = shared["test_time_second"]
        shared["test_time_second"] = ForeignColumn(
            time.values, time.title, file.elapsed
        )
    charge, remarks = derived.charges(known.columns, file.loops)
    shared |= charge | derived.energies(known.columns)
    shared |= derived.controls(known.columns) | derived.driving(known.columns)
    if not {"cycle_count", "half_cycle"} & set(shared):
        shared |= derived.loops(file)
    series = ForeignTable({**shared, **dict(known.named(SERIES))})
    if "current_ampere" not in series:
        series = ForeignTable({**series, **derived.current(known.columns, file.loops)})
    eis = EMPTY
    frequency = known.get("freq")
    sines = np.zeros(series.rows, dtype=bool)
    if frequency is not None:
        sines = frequency.values > 0
    if sines.any():
        own = {**shared, **dict(known.named(SPECTRA))}
        if "current_ampere" not in own and "current_ampere" in series:
            own["current_ampere"] = series["current_ampere"]
        table = ForeignTable({**own, **spectra.impedances(file.path, known.columns)})
        eis = spectra.numbered(table, known.columns, sines).where(sines)
        series = series.where(~sines)
    _check(file, series, eis)
    taken = {
        title.strip()
        for table in (series, eis)
        for column in table.columns.values()
        for title in column.title.split(", ")
    }
    return ForeignFile(
        file.path,
        file.program,
        series if series.rows else EMPTY,
        eis,
        technique=file.technique,
        started=file.started,
        started_said=file.started_said,
        settings=file.settings,
        facts=file.facts,
        untaken=tuple(t for t in (*file.columns, *file.missing) if t not in taken),
        remarks=(*file.remarks, *remarks),
    )


def _check(file: EcLabFile, series: ForeignTable, eis: ForeignTable) -> None:
    """Check that rows can be placed in time, and have a voltage. StoreError."""
    has = ", ".join(file.columns)
    for table in (series, eis):
        time = table.numbers("test_time_second")
        if time is not None and not np.isfinite(time).all():
            row = int(np.flatnonzero(~np.isfinite(time))[0]) + 1
            raise StoreError(
                f"{file.path}: row {row} has no time; mend or leave it out"
            )
    if not series.rows:
        return
    for name, title in (("test_time_second", "time/s"), ("voltage_volt", "Ewe/V")):
        if name not in series:
            raise StoreError(
                f"{file.path}: has no {title}; it has {has}: export the file again "
                f"with {title}"
            )
