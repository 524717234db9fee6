"""A whole simulated run in this process, from the wire to its results, and its truth.

The bench is the built-in one, so its instruments are within their specification, not
perfect, and an ``adversarial-…`` sample is the specimen of the seed. The true history
of a cell is noted where its socket is told about kept steps; labctl never sees it.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.twins.world.cell import Cell
from drivers.twins.world.socket import Socket
from drivers.twins.world.world import BenchWorld
from labctl.config.models import Config
from labctl.data import Result
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.session.earlier import parameters_from
from labctl.session.order import Order, prepare
from labctl.session.run import Observers, start


@dataclass
class History:
    """What really went through a cell."""

    times: list[float] = field(default_factory=list)
    charges: list[float] = field(default_factory=list)
    """C, from the cell's beginning, one more than there are steps."""
    currents: list[float] = field(default_factory=list)
    """A, during the step that ended then."""
    compositions: list[float] = field(default_factory=list)
    transfers: list[tuple[float, float]] = field(default_factory=list)
    """Hz and R_ct in Ω of every point of every spectrum, in order of time."""
    cell: Cell | None = None

    def watch(self, socket: Socket) -> None:
        """Note every step that is kept at ``socket`` from now on."""
        assert isinstance(socket.cell, Cell)
        cell = self.cell = socket.cell
        arrive, impedance = socket.arrive, cell.impedance
        self.times.append(socket.time)
        self.charges.append(cell.charge)
        self.currents.append(0.0)
        self.compositions.append(cell.theta)

        def noted(time: float, voltage: float, current: float) -> None:
            self.times.append(time)
            self.charges.append(cell.charge)
            self.currents.append(current)
            self.compositions.append(cell.theta)
            arrive(time, voltage, current)

        def sensed(frequencies: ArrayLike, current: float = 0.0) -> Any:
            grains = cell.state.working.grains
            surface = float(np.mean([grain.theta[-1] for grain in grains]))
            truth = cell.charge_transfer_resistance(surface, current)
            first = float(np.atleast_1d(np.asarray(frequencies))[0])
            self.transfers.append((first, truth))
            return impedance(frequencies, current)

        socket.arrive = noted  # type: ignore[method-assign]
        cell.impedance = sensed  # type: ignore[method-assign]

    def spectra(self) -> list[float]:
        """Return the mean R_ct of each spectrum; one begins where f goes up."""
        found: list[list[float]] = []
        before = -1.0
        for frequency, truth in self.transfers:
            if frequency > before:
                found.append([])
            found[-1].append(truth)
            before = frequency
        return [float(np.mean(one)) for one in found]

    def pulses(self) -> list[tuple[float, float]]:
        """Return composition at the beginning and at the end of each current pulse."""
        on = np.array(self.currents) != 0.0
        edges = np.flatnonzero(np.diff(on.astype(int)))
        theta = self.compositions
        starts, ends = (edges[on[edges + 1] == way] for way in (True, False))
        return [(theta[a], theta[b]) for a, b in zip(starts, ends, strict=False)]

    def half_cycles(self) -> NDArray[np.float64]:
        """Return the charge of each stretch of one sign in C, shape (n,)."""
        moved = np.diff(self.charges)
        sign = np.sign(moved)
        kept = sign != 0.0
        moved, sign = moved[kept], sign[kept]
        if not len(moved):
            return np.empty(0)
        edges = np.flatnonzero(np.diff(sign)) + 1
        sums = [part.sum() for part in np.split(moved, edges)]
        # What an instrument's zero and a stop between two rows move is no half cycle.
        return np.array([one for one in sums if abs(one) > 1e-2 * np.max(np.abs(sums))])


@dataclass(frozen=True)
class Ran:
    """A finished run."""

    status: str
    results: Mapping[str, Result]
    history: History
    world: BenchWorld
    folder: Path


@cache
def bench() -> Config:
    """Return the built-in bench."""
    return validate(load_file(BenchWorld.configuration()), Config)


def run(
    protocol: str,
    sample: str,
    seed: int,
    folder: Path | None = None,
    earlier: tuple[Path, ...] = (),
    **given: Any,
) -> Ran:
    """Run a protocol on the specimen and the instruments of ``seed``."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="coverage-") as own:
            return run(protocol, sample, seed, Path(own), earlier, **given)
    if earlier:
        given = {**parameters_from(protocol, earlier), **given}
    order = Order(
        protocol,
        Document("benchmark", given),
        sample,
        out=folder,
        simulate=True,
        speed=None,
        seed=seed,
    )
    prepared = prepare(order, bench())
    history, world = History(), prepared.world
    place = world.place

    def placed(name: str, channels: tuple[str, ...]) -> None:
        place(name, channels)
        if channels and isinstance(world.socket(channels[0]).cell, Cell):
            history.watch(world.socket(channels[0]))

    world.place = placed
    finished = start(prepared, bench(), Observers(live_view=False))
    return Ran(finished.status, finished.results, history, world, finished.folder)
