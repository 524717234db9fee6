"""A simulated electrochemical cell: what a potentiostat's four wires see.

One physics for direct and alternating current, deterministic, without noise; noise,
offset, resolution and range belong to the instrument. Positive current oxidises the
working electrode, which charges the cell and takes lithium out of silicon in a half
cell (the sign of the Battery Data Format).

How time is cut into steps and what happens in one of them: `kernel`. This class keeps
a cell's numbers for it, as Python's lists until there is machine code.
"""

import math
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.twins.world.cell_state import CellState, read, written
from drivers.twins.world.electrode import TABLE, Electrode
from drivers.twins.world.impedance import electrode_impedance
from drivers.twins.world.kernel.entries import KERNEL, CellKernel, in_arrays, room_for
from drivers.twins.world.kernel.leg import Gone, Leg, Rows
from drivers.twins.world.kernel.memory import (
    ACROSS,
    ACTIVE,
    ATTEMPTS,
    BEND,
    CHARGE,
    COUNTER,
    HALF_CYCLES,
    MEAN,
    POTENTIAL,
    SERIES,
    STATE,
    WORKING,
    Floats,
    Memory,
)
from drivers.twins.world.kernel.steps import CROSSING_TOLERANCE, FIRST_STEP
from drivers.twins.world.ladder import Rungs, film_rungs
from drivers.twins.world.packing import (
    packed_parameters,
    packed_state,
    shape_of,
    unpacked_state,
)
from drivers.twins.world.parameters import CellParameters
from drivers.twins.world.surroundings import ROOM, arrhenius

__all__ = ["CROSSING_TOLERANCE", "Cell"]

Mark = Floats
"""A cell's state at a moment, in the order of `kernel/memory.py`."""


Moment = tuple[float, float, float]
"""Time in s, V, and the charge in C."""


class Cell:
    """A half cell against lithium, or a full cell, in one interface."""

    def __init__(self, parameters: CellParameters) -> None:
        self.parameters = parameters
        self.working = Electrode(parameters.working, parameters.thermal_volt)
        counter = parameters.counter
        self.counter = (
            None if counter is None else Electrode(counter, parameters.thermal_volt)
        )
        self._room_films = self._films = _films(parameters)
        contact = parameters.contact
        self._series = parameters.series_resistance_ohm + contact.resistance_ohm
        self._kelvin = ROOM
        fresh = packed_state(
            CellState(
                working=self.working.fresh(),
                counter=None if self.counter is None else self.counter.fresh(),
                films=np.zeros(self._films.time.size),
                across_films=0.0,
                charge=0.0,
                current=0.0,
                step=FIRST_STEP,
            )
        )
        shape, work = shape_of(self._films.time.size, self.working, self.counter)
        self._memory = Memory(
            shape, self._packed(), fresh, fresh.copy(), [0.0] * work, TABLE
        )
        self._kernel = KERNEL.plain
        self._rows: Rows | None = None
        """Where legs write; made with the first one."""
        self._one_at_a_time = threading.Lock()  # machine code lets other threads run

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
        self._films = Rungs(room.resistance * film, room.time * film)
        transfer = arrhenius(p.charge_transfer_activation_joule_per_mole, kelvin)
        slower = arrhenius(p.diffusion_activation_joule_per_mole, kelvin)
        for electrode in (self.working, self.counter):
            if electrode is not None:
                electrode.warm_to(p.thermal_volt * kelvin / ROOM, transfer, 1 / slower)
        with self._one_at_a_time:
            self._memory.parameters[:] = self._packed()

    def _packed(self) -> Floats:
        return packed_parameters(
            self._series, self._films, (self.working, self.counter)
        )

    # ---- what an instrument does to it

    def voltage(self, current: float = 0.0) -> float:
        """Return the terminal voltage in V now, while ``current`` (A) flows."""
        shape, parameters, state, *_ = self._memory
        found = state[shape[WORKING + STATE] + POTENTIAL] + state[ACROSS]
        if self.counter is not None:
            found -= state[shape[COUNTER + STATE] + POTENTIAL]
        return float(found + current * parameters[SERIES])

    def step_current(self, current: float, dt: float) -> float:
        """Let a constant ``current`` (A) flow for ``dt`` s; return the voltage in V."""
        self.advance(current, dt)
        return self.voltage(current)

    def step_voltage(self, voltage: float, dt: float) -> float:
        """Hold ``voltage`` (V) for ``dt`` s; return the current in A at the end.

        The charge passed in between is the change of `charge`.
        """
        with self._one_at_a_time:
            kernel = self._ready()
            return self._moved(kernel.hold(self._memory, voltage, dt))

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
        with self._one_at_a_time:
            kernel = self._ready()
            return self._moved(kernel.advance(self._memory, current, dt, lower, upper))

    def follow(self, leg: Leg) -> tuple[Gone, list[Moment]]:
        """Go along ``leg``; return what became of it, and its rows.

        It ends where the next step has no answer that is a number; `advance` says so.
        """
        with self._one_at_a_time:
            kernel = self._ready()
            if self._rows is None:
                as_arrays = kernel is not KERNEL.plain
                self._rows = room_for(self._memory, as_arrays=as_arrays)
            gone = kernel.follow(self._memory, leg, self._rows)
            self._count()
            columns = (
                np.asarray(column[: gone.rows]).tolist() for column in self._rows[:3]
            )
            return gone, list(zip(*columns, strict=True))

    def _ready(self) -> CellKernel:
        """Return the kernel, and have the memory as it takes it."""
        fast = KERNEL.fast
        if fast is not None and self._kernel is not fast:
            self._memory, self._kernel = in_arrays(self._memory), fast
            self._rows = None
        return self._kernel

    def _moved(self, answer: float) -> float:
        """Return what the kernel answered, having looked at what it did.

        ArithmeticError: the equations have no solution that is a number.
        """
        if math.isnan(self._memory.work[BEND]):
            raise ArithmeticError("the simulated cell's state is no number any more")
        self._count()
        return answer

    def _count(self) -> None:
        work = self._memory.work
        if self._kernel is KERNEL.plain:
            KERNEL.worked(work[ATTEMPTS])
            work[ATTEMPTS] = 0.0

    def impedance(
        self, frequencies: ArrayLike, current: float = 0.0
    ) -> NDArray[np.complex128]:
        """Return Z in Ω at ``frequencies`` in Hz, while ``current`` (A) flows.

        Linearised at the present composition profile, with the interface in balance
        with ``current`` and the hysteresis at rest; same shape as ``frequencies``.
        """
        omega = 2.0 * np.pi * np.asarray(frequencies, dtype=np.float64)
        state = self.state
        result = electrode_impedance(self.working, state.working, omega, current)
        if self.counter is not None and state.counter is not None:
            result += electrode_impedance(self.counter, state.counter, omega, -current)
        result += self._films.impedance(omega)
        result += self._series + 1j * omega * self.parameters.contact.inductance_henry
        return result

    # ---- keeping and restoring

    def mark(self) -> Mark:
        """Return a mark to `rewind` to; it never changes."""
        with self._one_at_a_time:
            return self._memory.state.copy()

    def rewind(self, mark: Mark) -> None:
        """Go back to a mark of this cell, exactly."""
        self._take(mark)

    def copy(self) -> "Cell":
        """Return an independent cell in the same state."""
        twin = Cell(self.parameters)
        twin._take(self._numbers())
        twin.warm_to(self._kelvin)
        return twin

    def snapshot(self) -> dict[str, Any]:
        """Return the exact state as plain lists, numbers and names for JSON."""
        return written(self.state)

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Take over the state of a `snapshot` of a cell with the same parameters.

        OperatorError: it is of an older model.
        """
        self._take(packed_state(read(snapshot)))

    def _numbers(self) -> Floats:
        """Return the state as plain numbers, whatever keeps it."""
        with self._one_at_a_time:
            return [float(number) for number in self._memory.state]

    def _take(self, numbers: Floats) -> None:
        with self._one_at_a_time:
            self._memory.state[:] = numbers

    # ---- the truth, for tests

    @property
    def charge(self) -> float:
        """Net charge through the terminals since the cell was built, C."""
        return float(self._memory.state[CHARGE])

    @property
    def theta(self) -> float:
        """Mean composition of the working electrode, 0 empty to 1 full of lithium."""
        return self._of_working(MEAN)

    @property
    def cycles(self) -> float:
        """Cycles the working electrode has aged by, in halves."""
        return 0.5 * self._of_working(HALF_CYCLES)

    @property
    def active_fraction(self) -> float:
        """Part of the working electrode that still takes part."""
        return self._of_working(ACTIVE)

    @property
    def state(self) -> CellState:
        """The whole state, as it is now."""
        return unpacked_state([int(n) for n in self._memory.shape], self._numbers())

    def _of_working(self, what: int) -> float:
        shape, state = self._memory.shape, self._memory.state
        return float(state[shape[WORKING + STATE] + what])

    def diffusivity(self, theta: float) -> float:
        """Return the working electrode's D in m²/s at a composition, now."""
        sphere = self.working.grains[0].sphere
        return sphere.diffusivity(theta) * sphere.faster

    def charge_transfer_resistance(self, theta: float, current: float = 0.0) -> float:
        """Return the working electrode's R_ct in Ω, dη/di_F, at its present age.

        Symmetric Butler-Volmer: (RT/F) / √(I0² + I²/4).
        """
        exchange = self.working.exchange_current(theta, self.state.working.age)
        return self.working.thermal / math.hypot(exchange, 0.5 * current)


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
