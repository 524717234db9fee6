"""The cycler: runs the lines of its schedule on a cell and says what a row would hold.

Time steps end where a row is due or a cut-off is met, never where somebody looks.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from drivers.twins.wonatech.records import TwinRow
from drivers.twins.wonatech.written_schedule import Line
from drivers.twins.world.socket import Socket

HOLD_STEP = 5.0
"""s; a hold looks at its current that often."""
RANGES = ((1e-3, 2, "1mA"), (10e-3, 1, "10mA"), (1.0, 0, "1A"))
"""Full scale in A, index, label."""
COUNTS = 1 << 15
"""Of a 16-bit converter to one side."""
VOLTAGE_SPAN = 5.0
REST, CHARGE, DISCHARGE = 1, 3, 4
TOLERANCE = 1e-6
"""s."""


@dataclass(slots=True)
class Progress:
    """Where the schedule stands; everything that must outlive the process."""

    line: int = 0
    executed: int = 1
    cycle: int = 0
    test_time: float = 0.0
    """s; where the cell stands."""
    step_began: float = 0.0
    cycle_began: float = 0.0
    holds: bool = False
    """Whether a CCCV has come to its voltage."""
    current: float = 0.0
    charged: float = 0.0
    discharged: float = 0.0
    energy_in: float = 0.0
    energy_out: float = 0.0
    ocp: float = 0.0
    is_over: bool = False


class Cycler:
    """One channel and the cell at it; a `drivers.twins.world.socket.Holder`."""

    def __init__(self, socket: Socket, lines: tuple[Line, ...], zero: float) -> None:
        self.socket, self.lines = socket, lines
        self.zero = zero
        """World's time at which the test began, s."""
        self.at = Progress(ocp=socket.cell.voltage())
        self._left: dict[int, int] = {}
        self._rows: list[TwinRow] = []
        socket.take(self, driving=True)

    # ── what the socket asks ─────────────────────────────────────────────────

    @property
    def yields(self) -> bool:
        """It never does."""
        return False

    def yield_cell(self) -> None:
        """Not asked of who never yields."""

    def advance(self, to: float, *, exact: bool = False) -> None:  # noqa: ARG002
        """Go on to the last row or cut-off before ``to`` (s of the world)."""
        while not self.at.is_over and self._act(to - self.zero):
            pass

    # ── what the program asks ────────────────────────────────────────────────

    def rows(self) -> Iterator[TwinRow]:
        """Yield the rows since the last call."""
        rows, self._rows = self._rows, []
        yield from rows

    def snapshot(self) -> dict[str, Any]:
        """Return where it stands as JSON types."""
        left = {str(k): n for k, n in self._left.items()}
        return {"at": asdict(self.at), "left": left}

    def restore(self, state: Mapping[str, Any], now: float) -> None:
        """Stand there again; no time has passed."""
        self.at = Progress(**state["at"])
        self._left = {int(k): int(n) for k, n in state["left"].items()}
        self._rows.clear()
        self.zero = now - self.at.test_time

    # ── one line ─────────────────────────────────────────────────────────────

    def _act(self, to: float) -> bool:
        """Do what comes next up to test time ``to``; False: it lies behind that."""
        at, line = self.at, self.lines[self.at.line]
        since = at.test_time - at.step_began
        row = at.step_began + line.every * (math.floor(since / line.every + 1e-9) + 1)
        end = min(row, at.step_began + self._longest(line))
        holding = line.control == "CV" or at.holds
        if holding:
            end = min(end, at.test_time + HOLD_STEP)
        if end > to + TOLERANCE:
            return False
        before = self.socket.cell.charge
        wanted = max(end - at.test_time, 0.0)
        passed, met = self._drive(line, wanted, holding=holding)
        at.test_time += passed
        self._count(self.socket.cell.charge - before)
        volts = self.socket.cell.voltage(at.current)
        self.socket.arrive(self.zero + at.test_time, volts, at.current)
        timed = at.test_time >= at.step_began + self._longest(line) - TOLERANCE
        if line.control == "CCCV" and met and not holding:
            at.holds = True
        elif met or timed:
            self._record(line)
            self._next(line)
        elif at.test_time >= row - TOLERANCE:
            self._record(line)
        return True

    def _drive(self, line: Line, dt: float, *, holding: bool) -> tuple[float, bool]:
        """Drive the cell for ``dt`` s at most; return s passed, if a cut-off is met."""
        cell, at = self.socket.cell, self.at
        if holding:
            at.current = cell.step_voltage(line.voltage, dt) if dt else at.current
            tapers = [c.value for c in line.cuts if c.what == "current"]
            taper = line.taper or max(tapers, default=0.0)
            return dt, abs(at.current) <= taper
        at.current = 0.0 if line.control == "REST" else line.current
        low, high = self._bounds(line)
        passed = cell.advance(at.current, dt, low, high) if dt else 0.0
        return passed, passed < dt - TOLERANCE

    def _bounds(self, line: Line) -> tuple[float, float]:
        cuts = [c for c in line.cuts if c.what == "voltage"]
        low = max((c.value for c in cuts if c.falling), default=-math.inf)
        high = min((c.value for c in cuts if not c.falling), default=math.inf)
        if line.control == "CCCV":
            if line.current > 0:
                high = min(high, line.voltage)
            else:
                low = max(low, line.voltage)
        return low, high

    def _longest(self, line: Line) -> float:
        return min((c.value for c in line.cuts if c.what == "time"), default=math.inf)

    def _next(self, line: Line) -> None:
        at = self.at
        names = [one.name for one in self.lines]
        target = names.index(line.back_to) if line.back_to in names else -1
        left = self._left.get(at.line, line.loops)
        at.step_began, at.executed, at.holds = at.test_time, at.executed + 1, False
        if target >= 0 and left > 1:
            self._left[at.line] = left - 1
            for inner in [k for k in self._left if target <= k < at.line]:
                del self._left[inner]
            at.line, at.cycle, at.cycle_began = target, at.cycle + 1, at.test_time
            at.charged = at.discharged = at.energy_in = at.energy_out = 0.0
            return
        self._left.pop(at.line, None)
        at.line += 1
        if at.line == len(self.lines):
            at.line, at.is_over, at.current = at.line - 1, True, 0.0
            self.socket.release(self)

    def _count(self, charge: float) -> None:
        at, volts = self.at, self.socket.cell.voltage(self.at.current)
        if charge > 0:
            at.charged += charge / 3600.0
            at.energy_in += charge * volts / 3600.0
        else:
            at.discharged -= charge / 3600.0
            at.energy_out -= charge * volts / 3600.0

    def _record(self, line: Line) -> None:
        at = self.at
        driven = line.control != "REST"
        state = REST if not driven else CHARGE if at.current > 0 else DISCHARGE
        control = (2 if at.holds or line.control == "CV" else 1) if driven else 0
        span, index, label = next(r for r in RANGES if abs(at.current) <= r[0])
        volts = self.socket.cell.voltage(at.current)
        self._rows.append(
            TwinRow(
                at.test_time,
                at.test_time - at.step_began,
                at.test_time - at.cycle_began,
                at.line,
                at.executed,
                at.cycle,
                state,
                control,
                index,
                label,
                _converted(volts, VOLTAGE_SPAN),
                _converted(at.current, span),
                at.charged,
                at.discharged,
                at.energy_in,
                at.energy_out,
                at.ocp,
            )
        )


def _converted(value: float, span: float) -> float:
    """Return what a 16-bit converter makes of a value."""
    return round(value / span * COUNTS) * span / COUNTS
