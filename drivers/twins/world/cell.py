"""A simulated electrochemical cell: what a potentiostat's four wires see.

One physics for direct and alternating current, deterministic, without noise; noise,
offset, resolution and range belong to the instrument. Positive current oxidises the
working electrode, which charges the cell and takes lithium out of silicon in a half
cell (the sign of the Battery Data Format).

Steps are cut into as many sub-steps as accuracy asks for: a jump of the current is
entered with a step of `FIRST_STEP`, and the following ones may grow as long as the
potential is straight within `TOLERATED_BEND`.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.twins.world.cell_state import CellState, read, written
from drivers.twins.world.electrode import Electrode
from drivers.twins.world.impedance import electrode_impedance
from drivers.twins.world.ladder import Rungs, film_rungs
from drivers.twins.world.parameters import CellParameters
from drivers.twins.world.surroundings import ROOM, arrhenius
from drivers.twins.world.trial import GAMMA, Trial

FIRST_STEP = 2e-3
"""s; after a jump, and never checked: far above the double layer's time constant."""
LONGEST_STEP = 300.0
"""s; a full host at C/20 moves 0.4 % in this time."""
TOLERATED_BEND = 5e-4
"""V; how far the potential at the first stage may lie off the straight line. The
error of the second-order step is a small part of it."""
MOST_GROWTH = 1.9
"""Of a step over the one before: a √t transient keeps its shape within 0.2 %."""
CROSSING_TOLERANCE = 1e-6
"""V; how closely a limit is met."""
MOST_TRIALS = 60
POTENTIAL_TOLERANCE = 1e-9
"""V; between the wanted and the found potential in potential control."""


class Cell:
    """A half cell against lithium, or a full cell, in one interface."""

    def __init__(self, parameters: CellParameters) -> None:
        self.parameters = parameters
        self.working = Electrode(parameters.working, parameters.thermal_volt)
        counter = parameters.counter
        self.counter = (
            None if counter is None else Electrode(counter, parameters.thermal_volt)
        )
        self._room_films = _films(parameters)
        self._set_films(self._room_films)
        contact = parameters.contact
        self._series = parameters.series_resistance_ohm + contact.resistance_ohm
        self._kelvin = ROOM
        self._state = CellState(
            working=self.working.fresh(),
            counter=None if self.counter is None else self.counter.fresh(),
            films=np.zeros(self._films.time.size),
            across_films=0.0,
            charge=0.0,
            current=0.0,
            step=FIRST_STEP,
        )

    @property
    def lag(self) -> float:
        """Time constant in s with which it follows the air around it."""
        return self.parameters.thermal_lag_second

    def warm_to(self, kelvin: float) -> None:
        """Be at ``kelvin`` from now on: resistances, diffusivities and RT/F follow.

        Equilibrium potentials and capacitances stay.
        """
        if kelvin == self._kelvin:
            return
        self._kelvin, p = kelvin, self.parameters
        electrolyte = arrhenius(p.electrolyte_activation_joule_per_mole, kelvin)
        self._series = p.series_resistance_ohm * electrolyte + p.contact.resistance_ohm
        film = arrhenius(p.film_activation_joule_per_mole, kelvin)
        room = self._room_films
        self._set_films(Rungs(room.resistance * film, room.time * film))
        transfer = arrhenius(p.charge_transfer_activation_joule_per_mole, kelvin)
        slower = arrhenius(p.diffusion_activation_joule_per_mole, kelvin)
        for electrode in (self.working, self.counter):
            if electrode is not None:
                electrode.warm_to(p.thermal_volt * kelvin / ROOM, transfer, 1 / slower)

    def _set_films(self, films: Rungs) -> None:
        """Have these pairs of every film in one row: working, counter, lithium."""
        self._films = films
        self._total_films = float(films.resistance.sum())
        # exp(−40) is nothing to rounding
        self._films_settled = 40.0 * float(films.time.max())

    # ---- what an instrument does to it

    def voltage(self, current: float = 0.0) -> float:
        """Return the terminal voltage in V now, while ``current`` (A) flows."""
        state = self._state
        voltage = state.working.potential + state.across_films
        if state.counter is not None:
            voltage -= state.counter.potential
        return voltage + current * self._series

    def step_current(self, current: float, dt: float) -> float:
        """Let a constant ``current`` (A) flow for ``dt`` s; return the voltage in V."""
        self.advance(current, dt)
        return self.voltage(current)

    def step_voltage(self, voltage: float, dt: float) -> float:
        """Hold ``voltage`` (V) for ``dt`` s; return the current in A at the end.

        The charge passed in between is the change of `charge`.
        """
        if abs(voltage - self.voltage(self._state.current)) > TOLERATED_BEND:
            self._state = self._state._replace(step=FIRST_STEP)
        left = dt
        while left > 0.0:
            left -= self._accept(None, voltage, left)
        return self._state.current

    def advance(
        self,
        current: float,
        dt: float,
        lower: float = -math.inf,
        upper: float = math.inf,
    ) -> float:
        """Let ``current`` (A) flow until ``dt`` s have passed or a limit is met.

        Returns the time in s that has passed: ``dt``, or less if the terminal voltage
        reached ``lower`` or ``upper`` (V) before; the cell then stands at the
        crossing, within `CROSSING_TOLERANCE`. A voltage that is beyond a limit
        already, in the direction the current drives it, returns 0.
        """
        left = dt
        if current != self._state.current:
            jump = abs(current - self._state.current) * self._total_resistance()
            if jump > TOLERATED_BEND:
                self._state = self._state._replace(step=FIRST_STEP)
        limited = lower > -math.inf or upper < math.inf
        before = self.voltage(current) if limited else 0.0
        if limited and (
            (before >= upper and current > 0.0) or (before <= lower and current < 0.0)
        ):
            return 0.0
        while left > 0.0:
            start = self._state
            passed = self._accept(current, 0.0, left)
            if limited:
                after = self.voltage(current)
                limit = upper if after > upper else lower if after < lower else None
                if limit is not None and (before - limit) * (after - limit) < 0.0:
                    found = self._cross(start, current, passed, limit, before, after)
                    return dt - left + found
                before = after
            left -= passed
        return dt

    def impedance(
        self, frequencies: ArrayLike, current: float = 0.0
    ) -> NDArray[np.complex128]:
        """Return Z in Ω at ``frequencies`` in Hz, while ``current`` (A) flows.

        Linearised at the present composition profile, with the interface in balance
        with ``current`` and the hysteresis at rest; same shape as ``frequencies``.
        """
        omega = 2.0 * np.pi * np.asarray(frequencies, dtype=np.float64)
        state = self._state
        result = electrode_impedance(self.working, state.working, omega, current)
        if self.counter is not None and state.counter is not None:
            result += electrode_impedance(self.counter, state.counter, omega, -current)
        result += self._films.impedance(omega)
        result += self._series + 1j * omega * self.parameters.contact.inductance_henry
        return result

    # ---- keeping and restoring

    def mark(self) -> CellState:
        """Return a mark to `rewind` to; costs nothing, states never change."""
        return self._state

    def rewind(self, mark: CellState) -> None:
        """Go back to a mark of this cell, exactly."""
        self._state = mark

    def copy(self) -> "Cell":
        """Return an independent cell in the same state."""
        twin = Cell(self.parameters)
        twin.rewind(self._state)
        twin.warm_to(self._kelvin)
        return twin

    def snapshot(self) -> dict[str, Any]:
        """Return the exact state as plain lists, numbers and names for JSON."""
        return written(self._state)

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take over the state of a `snapshot` of a cell with the same parameters.

        OperatorError: it is of an older model.
        """
        self._state = read(snapshot)

    # ---- the truth, for tests

    @property
    def charge(self) -> float:
        """Net charge through the terminals since the cell was built, C."""
        return self._state.charge

    @property
    def theta(self) -> float:
        """Mean composition of the working electrode, 0 empty to 1 full of lithium."""
        return self._state.working.mean

    @property
    def cycles(self) -> float:
        """Cycles the working electrode has aged by, in halves."""
        return 0.5 * self._state.working.age.half_cycles

    @property
    def active_fraction(self) -> float:
        """Part of the working electrode that still takes part."""
        return self._state.working.age.active

    @property
    def state(self) -> CellState:
        """The whole state; the same object as `mark` returns."""
        return self._state

    def diffusivity(self, theta: float) -> float:
        """Return the working electrode's D in m²/s at a composition, now."""
        sphere = self.working.grains[0].sphere
        return sphere.diffusivity(theta) * sphere.faster

    def charge_transfer_resistance(self, theta: float, current: float = 0.0) -> float:
        """Return the working electrode's R_ct in Ω, dη/di_F, at its present age.

        Symmetric Butler-Volmer: (RT/F) / √(I0² + I²/4).
        """
        exchange = self.working.exchange_current(theta, self._state.working.age)
        return self.working.thermal / math.hypot(exchange, 0.5 * current)

    # ---- one sub-step

    def _total_resistance(self) -> float:
        total = self._series + self._total_films
        for electrode in (self.working, self.counter):
            if electrode is not None:
                transfer = electrode.parameters.charge_transfer_resistance_ohm
                total += transfer * electrode.warmth
        return total

    def _accept(self, current: float | None, voltage: float, left: float) -> float:
        """Make one sub-step of at most ``left`` s; return its length."""
        state = self._state
        allowed = min(state.step, LONGEST_STEP)
        # A tenth more than allowed is not worth a second step.
        time = left / max(math.ceil(left / allowed - 0.1), 1)
        while True:
            after, bend = self._attempt(state, current, voltage, time)
            if bend <= TOLERATED_BEND or time <= FIRST_STEP:
                break
            shrink = max(0.8 * math.sqrt(TOLERATED_BEND / bend), 0.1)
            time = max(time * shrink, FIRST_STEP)
        ratio = TOLERATED_BEND / bend if bend > 0.0 else math.inf
        grown = time * min(max(0.8 * math.sqrt(ratio), 0.3), MOST_GROWTH)
        # A caller's short step says nothing against the long one allowed before.
        step = max(grown, allowed) if ratio >= 1.0 and time < allowed else grown
        self._state = after._replace(step=min(max(step, FIRST_STEP), LONGEST_STEP))
        return time

    def _attempt(
        self, state: CellState, current: float | None, voltage: float, time: float
    ) -> tuple[CellState, float]:
        """Return the state ``time`` s later and how far V bends on the way."""
        guess = state.current if current is None else current
        working = Trial(self.working, state.working, guess, time)
        counter = (
            None
            if self.counter is None or state.counter is None
            else Trial(self.counter, state.counter, -guess, time)
        )
        passed = 0.0
        films = self._films
        for weight, elapsed in ((1.0 - GAMMA, GAMMA * time), (GAMMA, time)):
            if elapsed == time:
                working.next_stage()
                if counter is not None:
                    counter.next_stage()
            if current is None:
                through, wanted = self._total_films + self._series, voltage
                if elapsed < self._films_settled:
                    decay = np.exp(-elapsed / films.time)
                    through -= float(films.resistance @ decay)
                    wanted -= float(state.films @ decay)
                guess = _potentiostat(working, counter, through, wanted, guess)
            else:
                working.solve(current)
                if counter is not None:
                    counter.solve(-current)
            passed += weight * guess
        across, across_films = guess * films.resistance, guess * self._total_films
        if time < self._films_settled:
            across += (state.films - across) * np.exp(-time / films.time)
            across_films = float(across.sum())
        after = CellState(
            working.finish(),
            None if counter is None else counter.finish(),
            across,
            across_films,
            state.charge + passed * time,
            guess,
            state.step,
        )
        bend = working.bend()
        return after, bend if counter is None else max(bend, counter.bend())

    def _cross(
        self,
        start: CellState,
        current: float,
        time: float,
        limit: float,
        before: float,
        after: float,
    ) -> float:
        """Redo the last sub-step so that it ends at ``limit``; return its length."""
        early, late = 0.0, time
        middle = time
        below, above = before - limit, after - limit
        for _ in range(MOST_TRIALS):
            middle = (early * above - late * below) / (above - below)
            state, _bend = self._attempt(start, current, 0.0, middle)
            self._state = state._replace(step=FIRST_STEP)
            error = self.voltage(current) - limit
            if abs(error) < CROSSING_TOLERANCE or late - early < 1e-9 * time:
                return middle
            if (error > 0.0) == (above > 0.0):
                late, above, below = middle, error, 0.5 * below
            else:
                early, below, above = middle, error, 0.5 * above
        return middle


def _films(parameters: CellParameters) -> Rungs:
    counter = parameters.counter
    films = (
        parameters.working.film,
        None if counter is None else counter.film,
        parameters.lithium,
    )
    rungs = [film_rungs(film) for film in films if film is not None]
    return Rungs(
        np.concatenate([r.resistance for r in rungs]),
        np.concatenate([r.time for r in rungs]),
    )


def _potentiostat(
    working: Trial, counter: Trial | None, through: float, wanted: float, guess: float
) -> float:
    """Find the current in A that puts the stage's end at ``wanted`` V.

    ``through``: what else it flows through, Ω.
    """
    low, high = -math.inf, math.inf
    current = guess
    for _ in range(MOST_TRIALS):
        found, slope = working.solve(current)
        if counter is not None:
            other, other_slope = counter.solve(-current)
            found, slope = found - other, slope + other_slope
        error = found + through * current - wanted
        if abs(error) < POTENTIAL_TOLERANCE:
            break
        if error > 0.0:
            high = current
        else:
            low = current
        current -= error / (slope + through)
        if not low < current < high:
            current = 0.5 * (low + high)
    return current
