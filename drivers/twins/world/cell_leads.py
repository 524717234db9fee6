"""A source meter's leads on a cell: it sources or sinks, and its limit holds it back.

A voltage source at its current limit drives ± the limit until the cell has come to the
level, and holds the level from then on: constant current, then constant voltage, by
itself. A switched-off output that is not in high impedance goes on as a source of 0 V
with a small limit, as the instruments do; a cell notices.
"""

import math
from dataclasses import replace

from drivers.twins.world.circuit import Point, Source
from drivers.twins.world.path import RELAY
from drivers.twins.world.socket import Socket

LEADS = 2.0 * RELAY
"""Ω between the source's terminals and the cell; remote sensing does not see them."""
FIRST_STRIDE = 0.01
"""s; after a change of level, limit or regime."""
GROWTH = 1.5
LONGEST_STRIDE = 60.0
"""s; the cell's own steps are finer where they must be."""
SLACK = 1e-3
"""A held voltage may draw so much of the limit more before the limit takes over."""
MET = 4e-6
"""V; a cell that stands so near to the level has come to it: four times within what the
cell model meets a limit, `cell.CROSSING_TOLERANCE` (no film loads that model)."""
NEVER = 1e-9
"""s; a shorter way is no way."""


class CellLeads:
    """One output on one socket: a `drivers.twins.world.socket.Holder`."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self._source = Source()
        self._limited = False
        self._stride = FIRST_STRIDE

    # A holder.

    @property
    def yields(self) -> bool:
        """Whether it only rests: no current is driven."""
        source = self._source
        return source.on and not source.holds_voltage and source.level == 0.0

    def yield_cell(self) -> None:
        """Go on as a bystander; another channel begins to drive."""
        self._source = Source()

    def advance(self, to: float, *, exact: bool = False) -> None:  # noqa: ARG002
        """Move the cell on to ``to`` (s) as the source drives it."""
        socket = self.socket
        while to - socket.time > NEVER:
            look = socket.next_look
            end = min(to, look) if look > socket.time + NEVER else to
            self._step(min(end - socket.time, self._stride))

    # A source's terminals.

    def follow(self, source: Source, time: float) -> None:
        """Come to ``time`` as it was, then drive as ``source`` says from there on."""
        wanted = _switched_off(source) if not source.on else replace(source)
        self.bring_to(time)
        if wanted == self._source:
            return
        self._source = wanted
        self._stride, self._limited = FIRST_STRIDE, False
        if not wanted.on:
            self.socket.release(self)
        elif self.socket.take(self, driving=True) and wanted.level == 0.0:
            self._show(0.0 if not wanted.holds_voltage else self.socket.current)

    def bring_to(self, time: float) -> None:
        """Let time pass, whoever drives."""
        self.socket.bring_to(time, exact=True)

    def operate(self, time: float) -> Point:
        """Return what flows and what stands at the terminals at ``time`` (s)."""
        self.bring_to(time)
        socket, mine = self.socket, self.socket.holder is self
        voltage, current = socket.live
        if not mine:
            current = 0.0
        return Point(
            current, voltage + LEADS * current, voltage, self._limited and mine
        )

    # Within.

    def _step(self, dt: float) -> None:
        source = self._source
        if source.holds_voltage:
            passed = self._towards(source.level, source.limit, dt)
        else:
            passed = self._drive(source.level, source.limit, dt)
        self._stride = min(self._stride * GROWTH, LONGEST_STRIDE)
        self.socket.time += passed
        self._show(self.socket.current)

    def _show(self, current: float) -> None:
        socket = self.socket
        socket.arrive(socket.time, socket.cell.voltage(current), current)

    def _at_cell(self, level: float, current: float) -> float:
        """Return V at the cell where ``level`` stands at what is regulated."""
        return level if self._source.remote else level - LEADS * current

    def _towards(self, level: float, limit: float, dt: float) -> float:
        """Hold ``level`` within ± ``limit``; return s that passed."""
        cell = self.socket.cell
        for sign in (1.0, -1.0):
            current = sign * limit
            aim = self._at_cell(level, current)
            if sign * (aim - cell.voltage(current)) > MET:
                bounds = (-math.inf, aim) if sign > 0.0 else (aim, math.inf)
                passed = cell.advance(current, dt, *bounds)
                if passed > 0.0:
                    self._became(limited=passed >= dt)
                    self.socket.current = current
                    return passed
        self._became(limited=False)
        dt = min(dt, self._stride)
        mark = cell.mark()
        current = cell.step_voltage(self._at_cell(level, self.socket.current), dt)
        if abs(current) > limit * (1.0 + SLACK):
            cell.rewind(mark)
            current = math.copysign(limit, current)
            cell.advance(current, dt)
            self._became(limited=True)
        self.socket.current = current
        return dt

    def _drive(self, current: float, limit: float, dt: float) -> float:
        """Drive ``current`` while the voltage is within ± ``limit``."""
        cell = self.socket.cell
        passed = cell.advance(current, dt, -limit, limit)
        if passed > 0.0:
            self._limited = False
            self.socket.current = current
            return passed
        self._limited = True
        dt = min(dt, self._stride)
        self.socket.current = cell.step_voltage(math.copysign(limit, current), dt)
        return dt

    def _became(self, *, limited: bool) -> None:
        if limited is not self._limited:
            self._stride = FIRST_STRIDE
        self._limited = limited


def _switched_off(source: Source) -> Source:
    """Return what an output that is off does: nothing, or 0 V where it is not open."""
    if source.when_off <= 0.0:
        return Source()
    return Source(on=True, level=0.0, limit=source.when_off)
