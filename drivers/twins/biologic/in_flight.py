"""One technique in flight on a twin: it drives the cell, records, and tests limits.

Time steps end where something happens (a row is due, a stage ends, a watcher wants to
look, a limit is met), never where somebody polls: what is recorded does not depend on
how often the host asks. Between two such moments a poll gets a look ahead, which is
taken back; only a limit met on the way is kept.
"""

import math

from drivers.twins.biologic.front_end import FrontEnd
from drivers.twins.biologic.holding import (
    ANYTHING,
    Channel,
    Conflict,
    TakesMany,
    Within,
)
from drivers.twins.biologic.recording import Recorder
from drivers.twins.biologic.techniques import LoadedTechnique, Mode, Stage
from drivers.twins.world.kernel.leg import Leg
from drivers.twins.world.kernel.rows import FINEST, TOLERANCE

LARGEST_STAIR = 0.9e-3
"""V; a ramp is made of stairs no higher than this (a cell model takes 1 mV and more
for a jump, and goes through it in very small steps)."""
BISECTIONS = 20
SINGLE = 1e-6
"""A set-point came as a float32: by that part it may seem beyond its range."""


class TechniqueInFlight:
    """The stages of one technique, one after the other."""

    def __init__(
        self,
        channel: Channel,
        technique: LoadedTechnique,
        front: FrontEnd,
        start: float,
    ) -> None:
        self.channel, self.technique, self.front = channel, technique, front
        self.start = start
        """Of the technique, s of the world's clock."""
        self.done = False
        self.exit = 0
        """How it ended: 2 stops the experiment."""
        self.frequency = 0.0
        self._many = channel if isinstance(channel, TakesMany) else None
        self._before = channel.socket.live
        self._rows = Recorder(
            technique,
            channel.record,
            start,
            self._before[0],
            channel.socket.cell.charge,
        )
        self._index = -1
        self._stage = Stage(Mode.REST)
        self._begun = start
        self._end = start
        self._level = 0.0
        """What is really driven, A, V or W."""
        self._set_point = 0.0
        """What the DAC was told."""
        self._origin = 0.0
        self._cap = math.inf
        self._now = self._before
        """V and A where the cell stands; a look ahead leaves it alone."""
        self._peeked = -math.inf
        """Where the last look ahead went, s."""
        self._limits = (-math.inf, math.inf)
        self._searched = False
        """Whether the cell's own crossing search does all tests of the stage."""
        self._goes_along = False
        """Whether the cell may make many steps of the stage in one call."""
        self._too_much = False
        """Whether the stage asks for more current than the board drives."""
        self.clips_current = self.clips_voltage = False
        """Whether the board drives less than it was told to, at the last look."""
        self.watching = False
        """Another channel drives the cell; this one only records its voltage."""
        self._expected: Within | None = None
        """What makes no news; None: nobody waits for any."""
        self._has_news = False
        self._next_stage(start)

    # ---- time

    def advance(self, to: float, *, exact: bool = False) -> None:
        """Go on towards ``to`` (s); ``exact`` leaves the cell standing there."""
        while not (self.done or self._has_news):
            if self.watching and not self._regain(to):
                return
            if self._goes_along and self._go_along(to):
                continue
            socket = self.channel.socket
            end = self._natural_end()
            if end <= to + TOLERANCE:
                self._step(end, keep=True)
            else:
                looked = to == self._peeked and not exact
                if to <= socket.time + TOLERANCE or looked:
                    return
                if not self._step(to, keep=exact):
                    return

    def go_on(self, to: float, within: Within) -> bool:
        """Go on towards ``to`` (s), no further than to the first news.

        A row that is not ``within``, an overload, the end. Return whether there was
        any.
        """
        self._expected = within
        try:
            self.advance(to)
            return self.done or self._has_news
        finally:
            self._expected, self._has_news = None, False

    def look_for_news(self, voltage: float, current: float) -> None:
        """See whether a row (V, A) is one that somebody waits for."""
        expected = self._expected
        if expected is not None:
            self._has_news |= not expected.holds(voltage, current) or (
                self.clips_current
                or self.clips_voltage
                or abs(voltage) >= self.front.voltage_span
            )

    def _regain(self, to: float) -> bool:
        """Take the cell back if nobody has it; else let its holder go on."""
        socket = self.channel.socket
        if socket.holder is not None:
            socket.holder.advance(to)
        if self.done or not self.watching:
            return not self.done
        if socket.holder is not None or not self.channel.hold(driving=False):
            return False
        self.watching = False
        return True

    def _natural_end(self) -> float:
        socket = self.channel.socket
        now = socket.time
        end = min(self._end, self._rows.due_in(), now + self._cap)
        look = socket.next_look
        return max(min(end, look), now) if look > now + TOLERANCE else max(end, now)

    @property
    def next_look(self) -> float:
        """When a run that only watches wants to see the cell, s."""
        if self.done or not self.watching:
            return math.inf
        return min(self._end, self._rows.due_in(60.0))

    def see(self, time: float, voltage: float) -> None:
        """Take the voltage that another channel's driving makes."""
        if self.done or not self.watching or time < self._begun - TOLERANCE:
            return
        ended = time >= self._end - TOLERANCE
        if ended or self._rows.is_due(time, voltage, 0.0):
            self._record(time, voltage, 0.0)
        if ended:
            self._next_stage(time)

    @property
    def rests(self) -> bool:
        """Whether no current is driven now."""
        return self._stage.mode is Mode.REST

    def shorten(self, duration: float) -> None:
        """Give the stage in flight another duration (s from its beginning)."""
        self._end = max(self._begun + duration, self.channel.socket.time)

    # ---- stages

    def _next_stage(self, time: float) -> None:
        self._index += 1
        if self._index >= len(self.technique.stages):
            self.done = True
            return
        stage = self._stage = self.technique.stages[self._index]
        socket = self.channel.socket
        if stage.mode is Mode.REST:
            self.watching = not self.channel.hold(driving=False)
        elif not self.channel.hold(driving=True):
            raise Conflict
        self._begun = time
        self._origin = self._level if stage.mode is Mode.RAMP else 0.0
        self._level = self._absolute(stage)
        self._end = time + self._duration(stage)
        self._cap = self._first_cap(stage)
        self._set_limits(stage)
        if self.watching:
            self._record(socket.time, socket.live[0], 0.0)
            return
        if stage.mode is Mode.RAMP:
            return
        voltage, current = self._now = self._first_sample(stage)
        self._peeked = -math.inf
        time = socket.time
        fired = self._fires(voltage, current)
        if self.technique.averaged:  # the means begin behind the jump to Ei
            self._rows.begin(time, voltage, current, socket.cell.charge)
        else:
            self._record(time, voltage, current)
        if fired or time >= self._end - TOLERANCE:
            self._end_stage(time, fired=fired)

    def _absolute(self, stage: Stage) -> float:
        voltage, current = self._before
        if stage.mode is Mode.CURRENT:
            level = stage.level + (current if stage.relative else 0.0)
            self._set_point = self.front.set_point(level)
            return self.front.flowing(self._set_point, self._begun - self.start)
        if stage.mode in {Mode.VOLTAGE, Mode.RAMP}:
            level = stage.level + (voltage if stage.relative else 0.0)
            return self.front.held(level, self._begun - self.start)
        return stage.level

    def _duration(self, stage: Stage) -> float:
        if stage.mode is Mode.RAMP:
            way = abs(self._level - self._origin)
            return way / self._rate if way > 0.0 else 0.0
        return stage.duration

    def _first_cap(self, stage: Stage) -> float:
        every = self.technique
        if stage.mode is Mode.RAMP:
            row = min(every.every_volt, 2.0 * LARGEST_STAIR)
            if every.every_volt < math.inf:
                row = every.every_volt
            stairs = max(2, math.ceil(row / LARGEST_STAIR))
            return row / stairs / max(self._rate, 1e-9)
        cap = min(every.every_s, 600.0, max(0.01 * self._duration(stage), FINEST))
        if every.every_s < math.inf:
            cap = every.every_s
        if self._rows.by_change:
            cap = min(cap, 0.1)
        if stage.mode is Mode.POWER:
            return min(cap, max(0.005 * stage.duration, 1.0))
        return cap

    def _set_limits(self, stage: Stage) -> None:
        simple = not any(t.together for t in stage.tests)
        of_time = stage.mode in {Mode.CURRENT, Mode.REST}
        self._searched = (
            simple and of_time and not any(t.of_current for t in stage.tests)
        )
        self._goes_along = self._is_plain()
        self._too_much = self._asks_too_much()
        below = [t.value for t in stage.tests if not (t.of_current or t.at_least)]
        above = [t.value for t in stage.tests if t.at_least and not t.of_current]
        self._limits = (-math.inf, math.inf)
        if of_time and simple:
            met, passed = self.front.voltage_seen_as, self._begun - self.start
            self._limits = (
                max((met(limit, passed) for limit in below), default=-math.inf),
                min((met(limit, passed) for limit in above), default=math.inf),
            )

    def _fires(self, voltage: float, current: float) -> bool:
        """Whether the firmware, which knows its own readings only, ends the stage."""
        if not self._stage.tests:
            return False
        passed = self.channel.socket.time - self.start
        return self._stage.fires(*self.front.seen(voltage, current, passed))

    def _first_sample(self, stage: Stage) -> tuple[float, float]:
        socket = self.channel.socket
        if stage.mode is Mode.VOLTAGE:
            mark = socket.cell.mark()
            _, voltage, current = self._drive(self.technique.time_base, mark)
            socket.arrive(socket.time + self.technique.time_base, voltage, current)
            return voltage, current
        current = (
            self._drawn(socket.live[0]) if stage.mode is Mode.POWER else self._level
        )
        voltage = self._clipped(socket.cell.voltage(current))
        socket.arrive(socket.time, voltage, current)
        return voltage, current

    def _end_stage(self, time: float, *, fired: bool) -> None:
        if fired and self._stage.exit:
            self.done, self.exit = True, self._stage.exit
            return
        self._next_stage(time)

    # ---- steps

    def _step(self, end: float, *, keep: bool) -> bool:
        """Go to ``end``; tell whether it was kept (asked for, or a limit was met)."""
        socket = self.channel.socket
        dt = end - socket.time
        mark = socket.cell.mark()
        passed, voltage, current = self._drive(dt, mark)
        fired = passed < dt
        if not (fired or self._searched) and self._stage.tests:
            fired = self._fires(voltage, current)
            if fired:
                passed, voltage, current = self._bisect(dt, mark)
        # now + FINEST - now is FINEST only to within rounding
        coarse = dt > 1.5 * FINEST and self._stage.mode is not Mode.RAMP
        if not fired and coarse and self._rows.is_overdue(voltage, current):
            socket.cell.rewind(mark)
            self._cap = max(0.5 * dt, FINEST)
            return True
        if not (keep or fired):
            socket.cell.rewind(mark)
            socket.live = (voltage, current)
            self._peeked = end
            return False
        before, self._now = self._now, (voltage, current)
        self._peeked = -math.inf
        time = socket.time + passed if fired else end
        socket.arrive(time, voltage, current)
        if self.done:  # a watcher's step ended this run on the way
            return True
        ended = fired or time >= self._end - TOLERANCE
        if ended or self._rows.is_due(time, voltage, current):
            self._record(time, voltage, current)
        if self._rows.by_change and self._stage.mode is not Mode.RAMP and passed > 0.0:
            self._cap = self._rows.next_step(before, (voltage, current), passed)
        if ended:
            self._end_stage(time, fired=fired)
        return True

    def _is_plain(self) -> bool:
        """Whether the stage is a constant current with limits, and nothing else."""
        return self._many is not None and self._searched and not self.technique.averaged

    def _go_along(self, to: float) -> bool:
        """Make all steps up to ``to`` in one call; False: there was none to make."""
        socket, stage, rules = self.channel.socket, self._stage, self.technique
        alone = None if self.watching else socket.alone
        if alone is None or self._many is None:
            return False
        cell, steady = alone
        level = self._level if stage.mode is Mode.CURRENT else 0.0
        gone, moments = cell.follow(
            Leg(
                to,
                self._end,
                steady,
                level,
                *self._limits,
                self.channel.compliance,
                rules.every_s,
                rules.every_volt,
                rules.every_ampere,
                socket.time,
                *self._now,
                self._cap,
                *self._rows.last,
                *self._bounds_of(level),
            )
        )
        if not gone.steps:
            return False
        self._now, self._cap, self._peeked = (gone.voltage, level), gone.cap, -math.inf
        self.clips_current = self._too_much
        self._clipped(socket.cell.voltage(level))
        socket.arrive(gone.time, gone.voltage, level)
        control = self._set_point if stage.mode is Mode.CURRENT else None
        self._many.record_all(self._rows.made_of(moments, level, stage.cycle, control))
        if moments:
            self.look_for_news(gone.voltage, level)
        if gone.fired or gone.time >= self._end - TOLERANCE:
            self._end_stage(gone.time, fired=gone.fired)
        return True

    def _bounds_of(self, level: float) -> tuple[float, float]:
        """Return between which voltages a row at ``level`` (A) is no news, V."""
        expected = self._expected
        if expected is None:
            return ANYTHING
        if not expected.lowest_current <= level <= expected.highest_current:
            return math.inf, math.inf
        span = self.front.voltage_span
        return max(expected.lowest_voltage, -span), min(expected.highest_voltage, span)

    def _drive(self, dt: float, mark: object) -> tuple[float, float, float]:
        """Let ``dt`` s pass at this stage's level; return s passed, V and A."""
        cell, mode = self.channel.socket.cell, self._stage.mode
        self.clips_voltage = False
        if mode is Mode.CURRENT or mode is Mode.REST:
            current = self._level if mode is Mode.CURRENT else 0.0
            passed = cell.advance(current, dt, *self._limits)
            self.clips_current = self._too_much
            return passed, self._clipped(cell.voltage(current)), current
        if mode is Mode.POWER:
            before = self._now[0]
            current = self._drawn(before)
            cell.advance(current, dt)
            after = self._clipped(cell.voltage(current))
            cell.rewind(mark)
            current = self._drawn(0.5 * (before + after))
            cell.advance(current, dt)
            return dt, self._clipped(cell.voltage(current)), current
        voltage = self._level
        if mode is Mode.RAMP:
            gone = self.channel.socket.time + dt - self._begun
            way = min(self._rate * gone, abs(self._level - self._origin))
            voltage = self._origin + math.copysign(way, self._level - self._origin)
        current = cell.step_voltage(voltage, dt)
        most = self.front.largest_current
        self.clips_current = abs(current) > most
        if self.clips_current:  # the channel saturates: it drives what it can
            cell.rewind(mark)
            current = math.copysign(most, current)
            cell.advance(current, dt)
            voltage = self._clipped(cell.voltage(current))
        return dt, voltage, current

    def _bisect(self, dt: float, mark: object) -> tuple[float, float, float]:
        """Find the first moment at which the tests fire, the cell standing there."""
        early, late = 0.0, dt
        for _ in range(BISECTIONS):
            middle = 0.5 * (early + late)
            self.channel.socket.cell.rewind(mark)
            _, voltage, current = self._drive(middle, mark)
            if self._fires(voltage, current):
                late = middle
            else:
                early = middle
            if late - early < self.technique.time_base:
                break
        self.channel.socket.cell.rewind(mark)
        return self._drive(late, mark)

    @property
    def _rate(self) -> float:
        return self._stage.rate * self.front.ramp_gain

    def _drawn(self, voltage: float) -> float:
        most = self.front.largest_current
        current = self._level / voltage if abs(voltage) > 1e-6 else most  # noqa: PLR2004
        return max(min(current, most), -most)

    def _clipped(self, voltage: float) -> float:
        most = self.channel.compliance
        self.clips_voltage = abs(voltage) > most
        return max(min(voltage, most), -most)

    def _asks_too_much(self) -> bool:
        """Tell whether the stage asks for more current than the board drives."""
        stage = self._stage
        if stage.mode is not Mode.CURRENT:
            return False
        wanted = stage.level + (self._before[1] if stage.relative else 0.0)
        return abs(wanted) > self.front.largest_current * (1.0 + SINGLE)

    def _record(self, time: float, voltage: float, current: float) -> None:
        stage = self._stage
        control = self._set_point if stage.mode is Mode.CURRENT else voltage
        charge = self.channel.socket.cell.charge
        self._rows.record(time, voltage, current, charge, stage.cycle, control)
        self.look_for_news(voltage, current)
