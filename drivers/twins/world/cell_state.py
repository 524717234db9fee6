"""Everything that changes in a simulated cell, and how it is kept in a run file."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from drivers.twins.world.ageing import Age
from drivers.twins.world.diffusion import FloatArray
from labctl.errors import OperatorError

MODEL = 2
"""Of the state's shape; 1, which said nothing, had one size and ideal arcs."""


class Past(NamedTuple):
    """What a particle remembers of its composition's way."""

    branch: float
    """−1 on the lithiation branch, +1 on the delithiation branch."""
    slack: float
    """Composition the hysteresis last followed; within ± backlash of the mean."""
    furthest: float
    """Highest slack so far."""
    deep: float = 0.0
    """Share of Li15Si4 in what is filled, 0 to 1."""


class GrainState(NamedTuple):
    """Everything a particle of one size carries from one moment to the next."""

    theta: FloatArray
    """Composition of the shells, centre first; shape (SHELLS,). Never written to."""
    mean: float
    """Volume average of ``theta``."""
    faradaic: float
    """Last i_F in A, where the next solution is looked for first."""
    past: Past


class ElectrodeState(NamedTuple):
    """Everything an electrode carries from one moment to the next."""

    grains: tuple[GrainState, ...]
    """One for each size."""
    mean: float
    """Composition of the whole electrode."""
    potential: float
    """Across the double layer, V against lithium."""
    layer: FloatArray
    """Across the capacitors of the double layer's branches, V. Never written to."""
    film_charge: float
    """Lithium consumed by the film so far, C."""
    age: Age


class CellState(NamedTuple):
    """Everything that changes; immutable, so a mark of the cell is this object."""

    working: ElectrodeState
    counter: ElectrodeState | None
    films: FloatArray
    """Across the pairs of all films, V; see `Cell`. Never written to."""
    across_films: float
    """Their sum, V."""
    charge: float
    """Net charge through the terminals since the cell was built, C."""
    current: float
    """Last current, A."""
    step: float
    """Length in s that the next sub-step may have."""


def written(state: CellState) -> dict[str, Any]:
    """Return the exact state as plain lists, numbers and names for JSON."""
    plain: dict[str, Any] = {"model": MODEL, **state._asdict()}
    plain["films"] = state.films.tolist()
    for name in ("working", "counter"):
        electrode: ElectrodeState | None = plain[name]
        if electrode is not None:
            plain[name] = {
                **electrode._asdict(),
                "grains": [
                    {
                        **grain._asdict(),
                        "theta": grain.theta.tolist(),
                        "past": grain.past._asdict(),
                    }
                    for grain in electrode.grains
                ],
                "layer": electrode.layer.tolist(),
                "age": electrode.age._asdict(),
            }
    return plain


def read(snapshot: Mapping[str, Any]) -> CellState:
    """Return the state that was `written`.

    OperatorError: an older labctl wrote it, whose cells had other curves and parts.
    """
    if snapshot.get("model") != MODEL:
        raise OperatorError(
            "the run's simulated cell was kept by a labctl with another model of it "
            f"(model {snapshot.get('model', 1)}, this one has {MODEL}) and cannot go "
            "on; its data stay readable, but the simulation must be started anew"
        )
    plain = {name: value for name, value in snapshot.items() if name != "model"}
    plain["films"] = np.array(plain["films"], dtype=np.float64)
    for name in ("working", "counter"):
        if plain[name] is not None:
            electrode = dict(plain[name])
            electrode["grains"] = tuple(_grain(g) for g in electrode["grains"])
            electrode["layer"] = np.array(electrode["layer"], dtype=np.float64)
            electrode["age"] = Age(**electrode["age"])
            plain[name] = ElectrodeState(**electrode)
    return CellState(**plain)


def _grain(plain: Mapping[str, Any]) -> GrainState:
    return GrainState(
        np.array(plain["theta"], dtype=np.float64),
        plain["mean"],
        plain["faradaic"],
        Past(**plain["past"]),
    )
