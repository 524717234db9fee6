"""A record's rows in labctl's columns and SI, however they arrive in pieces.

Charges count within a cycle (or the test) and are signed by their columns: what each
row's interval passed is their difference. A counter that falls where no cycle begins
says nothing of that interval. A temperature of 0 is a channel without a sensor.
"""

import zlib
from dataclasses import dataclass, field

import numpy as np

from labctl import columns
from labctl.data import Array, Batch
from labctl.errors import InstrumentError
from labctl.formats.wonatech.layout import TICKS, Head, LayoutError
from labctl.formats.wonatech.quantities import (
    CHARGE,
    CHARGES,
    DISCHARGE,
    DRIVING,
    ENERGIES,
    scale_of,
)
from labctl.formats.wonatech.rows import Columns

NEEDED = ("TEST TIME", "VOLTAGE", "CURRENT")
COULOMB_PER_AH = 3600.0
ROUNDING = 1e-9
"""Of a counter; what it may fall by."""
FIRST_ROW = 2.0
"""Times what the first row's current moved since the start that a counter may hold
then; more is from a test before."""
_CODES = {
    columns.SOURCE_STEP.name: "TOTAL STEP",
    columns.STEP_ID.name: "STEP INDEX",
    columns.INSTRUMENT_CYCLE.name: "CYCLE INDEX",
    columns.CURRENT_RANGE.name: "I RANGE INDEX",
    columns.CELL_STATUS.name: "CELL STATUS",
    columns.RUN_STATUS.name: "RUN STATUS",
}
_LOST = "copy it from the cycler's PC again, or look at it there"


@dataclass(slots=True)
class Conversion:
    """Converts the rows of one record, in order, and keeps what the next ones need."""

    file: str
    head: Head
    started_unix: float
    """UTC epoch seconds of test time 0; NaN: unknown."""
    rows: int = 0
    """Rows that were converted."""
    digest: int = 0
    """CRC-32 of them all."""
    run_status: int = -1
    """Of the last row; −1: none, or it has none."""
    remarks: list[str] = field(default_factory=list)
    """What a person should know, each once."""
    _counts: bool = False
    """Whether its counters of charge can be read."""
    _last: dict[str, float] = field(default_factory=dict)
    _signs: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        there = {column.name for column in self.head.rows.columns}
        if missing := [each for each in NEEDED if each not in there]:
            raise InstrumentError(
                f"{self.file}: its rows have no {', '.join(missing)}: record the test "
                "with these columns"
            )
        known = (
            self.head.coulomb is not None or CHARGES.keys() <= self.head.units.keys()
        )
        if not known:
            self.remarks.append(
                "the head does not say whether charges are in C or A·h (UnitCoulomb): "
                "the charge is taken from the currents"
            )
        try:
            for title in (*NEEDED, *CHARGES, *ENERGIES):
                scale_of(self.head, title)
        except LayoutError as error:
            raise InstrumentError(
                f"{self.file}: {error}; export the test as CSV in Smart Interface"
            ) from error
        self._counts = known and there >= CHARGES.keys()

    def batch(self, rows: Columns) -> Batch:
        """Return the next rows. InstrumentError: they cannot be of this record."""
        self._check(rows)
        time = rows["TEST TIME"] / TICKS
        n = len(time)
        cycle = rows.get("CYCLE INDEX")
        out: dict[str, Array] = {
            columns.TEST_TIME.name: time,
            columns.INSTRUMENT_TIME.name: time,
            columns.UNIX_TIME.name: self.started_unix + time,
            columns.TECHNIQUE_INDEX.name: np.zeros(n, dtype=np.int64),
            columns.VOLTAGE.name: self._scaled(rows, "VOLTAGE"),
            columns.CURRENT.name: self._scaled(rows, "CURRENT"),
            columns.CYCLE_COUNT.name: np.full(n, -1, dtype=np.int64)
            if cycle is None
            else cycle.astype(np.int64) + 1,
            columns.INTERVAL_CHARGE.name: self._passed(rows, time),
            columns.RECORD_ROW.name: np.arange(self.rows + 1, self.rows + n + 1),
            columns.RECORD_DIGEST.name: self._digests(rows),
        }
        for name, title in _CODES.items():
            if title in rows:
                out[name] = rows[title].astype(np.int64)
        if "CONTROL STATUS" in rows:
            codes, driving = rows["CONTROL STATUS"], np.full(n, -1, dtype=np.int64)
            for code, mode in DRIVING.items():
                driving[codes == code] = int(mode)
            out[columns.DRIVING.name] = driving
        if "TEMPERATURE" in rows:
            degrees = rows["TEMPERATURE"].astype(np.float64)
            out[columns.TEMPERATURE_1.name] = np.where(degrees == 0, np.nan, degrees)
        out |= self._counters(rows)
        self.rows += n
        self._last |= {name: float(values[-1]) for name, values in rows.items()}
        self.run_status = int(self._last.get("RUN STATUS", -1.0))
        return Batch(columns.TIMESERIES.name, out)

    def _scaled(self, rows: Columns, title: str, plain: float = 1.0) -> Array:
        one = scale_of(self.head, title, plain)
        values: Array = rows[title].astype(np.float64)
        return values if one == 1.0 else values * one

    def _check(self, rows: Columns) -> None:
        before = self._last
        time = np.concatenate(([before.get("TEST TIME", 0)], rows["TEST TIME"]))
        back = np.flatnonzero(np.diff(time) < 0)
        if len(back):
            raise InstrumentError(
                f"{self.file}: row {self.rows + int(back[0])}: the test time goes "
                f"back; the file is damaged, or two tests are in it: {_LOST}"
            )
        if "CHANNEL" in rows:
            channels = rows["CHANNEL"]
            own = before.get("CHANNEL", channels[0])
            if (other := channels[channels != own]).size:
                raise InstrumentError(
                    f"{self.file}: holds rows of channels {own:.0f} and {other[0]}; "
                    "one record is one cell: record each channel by itself"
                )
        if "CELL STATUS" in rows:
            self._check_signs(rows["CELL STATUS"], rows["CURRENT"])

    def _check_signs(self, state: Array, current: Array) -> None:
        """Compare CURRENT with what CELL STATUS calls charge and discharge."""
        for code, word, sign in ((CHARGE, "charge", 1), (DISCHARGE, "discharge", -1)):
            directed = sign * current[state == code]
            counted = self._signs.setdefault(code, [0, 0])
            counted[0] += int((directed > 0).sum())
            counted[1] += int((directed < 0).sum())
            if counted[1] > max(counted[0], 1):
                raise InstrumentError(
                    f"{self.file}: CURRENT has the sign of the other direction in "
                    f"{counted[1]} of {sum(counted)} rows that CELL STATUS calls "
                    f"{word}; labctl cannot tell which of them is right: {_LOST}"
                )

    def _passed(self, rows: Columns, time: Array) -> Array:
        """Return the charge of each row's interval in A·h; NaN: no counter says it."""
        out = np.zeros(len(time))
        if not self._counts:
            return np.full(len(time), np.nan)
        cycle = np.asarray(rows.get("CYCLE INDEX", np.zeros(len(time))))
        begins = np.diff(cycle, prepend=self._last.get("CYCLE INDEX", cycle[0])) != 0
        for title, sign in zip(CHARGES, (1.0, -1.0), strict=True):
            one = 1 / COULOMB_PER_AH if self.head.coulomb else 1.0
            counter = np.abs(self._scaled(rows, title, one))
            scale = scale_of(self.head, title, one)
            before = abs(self._last.get(title, 0.0)) * scale
            gained = np.diff(counter, prepend=before)
            fell = gained < -ROUNDING * np.maximum(counter, 1e-12)
            gained[fell & begins] = counter[fell & begins]
            gained[fell & ~begins] = np.nan
            if not self._last:
                gained[0] = self._first(counter[0], rows, time)
            if (fell & ~begins).any():
                text = (
                    f"{title} falls where no cycle begins: those intervals' charges "
                    "are taken from the currents"
                )
                if text not in self.remarks:
                    self.remarks.append(text)
            out += sign * gained
        return out

    def _counters(self, rows: Columns) -> dict[str, Array]:
        """Return the cycler's counters as they are, where their unit is known."""
        own = dict(zip((*CHARGES, *ENERGIES), columns.COUNTERS, strict=True))
        out = {}
        for title, column in own.items():
            is_charge = title in CHARGES
            # Which unit of energy stands beside C was never seen: not guessed.
            known = self._counts if is_charge else self.head.coulomb is False
            if title in rows and (known or title in self.head.units):
                in_coulomb = is_charge and self.head.coulomb
                one = 1 / COULOMB_PER_AH if in_coulomb else 1.0
                out[column.name] = self._scaled(rows, title, one)
        return out

    def _first(self, counter: float, rows: Columns, time: Array) -> float:
        """Return what the first row's interval passed: what counted before is none."""
        current = abs(float(self._scaled(rows, "CURRENT")[0]))
        most = FIRST_ROW * current * float(time[0]) / COULOMB_PER_AH
        return float(counter) if counter <= most else 0.0

    def _digests(self, rows: Columns) -> Array:
        kind = np.dtype([(name, values.dtype) for name, values in rows.items()])
        packed = np.empty(len(rows["TEST TIME"]), kind)
        for name, values in rows.items():
            packed[name] = values
        view, size = memoryview(packed.tobytes()), kind.itemsize
        out, digest = np.empty(len(packed), dtype=np.int64), self.digest
        for row in range(len(packed)):
            digest = zlib.crc32(view[row * size : (row + 1) * size], digest)
            out[row] = digest
        self.digest = digest
        return out
