"""What a reader hands on of another program's file: each column says where it is from.

A column is in the file (its title stands beside it; only the unit was changed), it was
derived by a named rule of `RULES`, or it is absent. There is no fourth way: a reader
never fills a column with a plausible number. A cell without a number is NaN.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError

RULES: Mapping[str, str] = {
    "elapsed-since-first-row": "time minus that of the first row",
    "elapsed-since-start": "absolute time minus the start of the acquisition",
    "current-from-charge-steps": "dq/dt of the interval that ends at the row",
    "sign-from-state": "size from the file, sign from its charge/discharge state",
    "impedance-from-polar": "|Z| and phase",
    "polar-from-impedance": "real and imaginary part",
    "spectrum-from-frequency-order": "a new spectrum where the sweep starts again",
    "spectrum-from-cycle-number": "a new spectrum where the file's cycle counts on",
    "joined-across-restarts": "a charge that begins again, added to what was reached",
    "control-from-mode": "one column of setpoints, V or mA by the mode of the row",
    "cycle-from-loops": "the loop of the file in which the row is",
    "net-from-charge-and-discharge": "charging minus discharging",
    "net-from-half-cycle-charges": "charge since each half cycle began, added up",
    "net-from-cycle-capacities": "charging minus discharging of each cycle, added up",
    "net-from-step-capacities": "charge of each step, added up",
    "net-from-interval-charges": "charge of each interval, added up",
    "charge-from-mean-current": "each mean current times the interval that ends at "
    "its row; nothing across a hole",
    "charge-from-sampled-current": "trapezoid of the current over time; nothing "
    "across a hole",
    "charge-between-rows": "charge counted since the row before; that of impedance "
    "rows between goes to the row of the same half cycle",
    "net-since-step-began": "net charge minus that at the start of the step",
    "steps-from-rows": "a new step where step, driving or direction change",
    "time-since-step-began": "time minus that at the start of the step",
    "start-plus-test-time": "start of the test plus test time",
    "step-times-in-order": "step times one after the other, a pause where the dates "
    "show one",
    "filled-between-records": "as recorded; between records, the intervals added up",
    "same-as-test-time": "the file has one clock",
    "sign-turned": "minus the other of the two",
}
"""Rule -> what it says: the only ways in which a column may be derived."""
COUNTING = frozenset(
    {
        *("same-as-test-time", "start-plus-test-time", "steps-from-rows"),
        *("time-since-step-began", "net-since-step-began", "sign-turned"),
        "charge-between-rows",
    }
)
"""Those of `RULES` that only count rows and clocks, or what another column holds."""


@dataclass(frozen=True, slots=True)
class ForeignColumn:
    """One quantity of a file, in labctl's name, unit and sign."""

    values: Array
    """Shape (n,), SI as `labctl.columns` says; NaN where a cell is empty."""
    title: str
    """The title in the file; of a derived one the titles it was derived from."""
    rule: str = ""
    """Key of `RULES`; empty: the column is in the file."""
    is_mean: bool = False
    """Whether each value is the mean over the interval that ends at its row (EC-Lab's
    ``<I>``, anything worked out as dq/dt); else it was sampled at the row."""

    def __post_init__(self) -> None:
        if self.rule and self.rule not in RULES:
            raise ValueError(f"{self.rule!r} is no rule")


@dataclass(frozen=True, slots=True)
class ForeignTable(Mapping[str, ForeignColumn]):
    """Columns of equal length, by labctl's machine names."""

    columns: Mapping[str, ForeignColumn]

    def __post_init__(self) -> None:
        lengths = {len(column.values) for column in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of unequal length: {sorted(lengths)}")

    def __getitem__(self, name: str) -> ForeignColumn:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return next((len(c.values) for c in self.columns.values()), 0)

    def numbers(self, name: str) -> Array | None:
        """Return the numbers of a column; None: it is absent."""
        column = self.columns.get(name)
        return None if column is None else column.values

    def where(self, kept: Array) -> "ForeignTable":
        """Return the rows of a mask, or of positions."""
        return ForeignTable(
            {
                name: replace(column, values=column.values[kept])
                for name, column in self.columns.items()
            }
        )


EMPTY = ForeignTable({})


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """One file, read completely."""

    path: Path
    program: str
    """Who wrote it: ``EC-Lab``, ``Neware BTS``, ``Gamry Framework``."""
    timeseries: ForeignTable = EMPTY
    """Rows of direct current and rest: ``test_time_second``, ``voltage_volt``, …"""
    eis: ForeignTable = EMPTY
    """One row a frequency, with ``spectrum_id``."""
    technique: str = ""
    """As the program calls it; empty if the file does not say."""
    started: datetime | None = None
    """Start of the test. Naive: the clock of the PC that recorded it, whose zone the
    file does not say. None: the file does not say it, or it cannot be read surely."""
    started_said: str = ""
    """The text that could not be read surely as a date."""
    settings: tuple[str, ...] = ()
    """Lines of the header, as they stand."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the file says of cell and instrument, SI, JSON types: ``active_mass_kg``,
    ``area_square_metre``, ``instrument``, ``serial``, ``channel``, ``cell``,
    ``operator``, ``comment``, ``cycle_definition``; ``simulated`` where it says that
    a model made its rows; EC-Lab also ``channel_serial``,
    ``program_version``, ``characteristic_mass_kg``, ``battery_capacity_ah``,
    ``electrode_material``, ``initial_state``, ``electrolyte``,
    ``reference_electrode``, ``electrode_connection``."""
    untaken: tuple[str, ...] = ()
    """Titles of the file that no column of labctl takes."""
    remarks: tuple[str, ...] = ()
    """What a person should know of this file: ``the last line was cut short``."""

    def __post_init__(self) -> None:
        if not self.timeseries.rows and not self.eis.rows:
            raise StoreError(f"{self.path}: the file has no row of data")


def as_numbers(values: Any) -> Array:
    """Return float64 of shape (n,)."""
    return np.asarray(values, dtype=np.float64).reshape(-1)
