"""Puts what stands in a simulated chamber into it, and reads its ``simulated:``."""

import inspect
import random
from collections.abc import Callable
from typing import Any

from drivers.twins.world.circuit import Circuit
from drivers.twins.world.surroundings import Climate, Surroundings
from drivers.twins.world.world import BenchWorld, Part
from labctl.errors import Complaint, RefusedError
from labctl.roles.driver import Setup

AROUND = "around"
"""Key of ``simulated:`` that says what stands in a chamber."""


def simulated_options(setup: Setup, model: Callable[..., Any]) -> dict[str, Any]:
    """Return the keywords of ``simulated:`` for ``model``, but `AROUND`.

    RefusedError: keys that it has not.
    """
    takes = [
        name
        for name, each in inspect.signature(model).parameters.items()
        if each.kind is each.KEYWORD_ONLY
    ]
    known = {*takes, AROUND}
    complaints = [
        Complaint(
            ("instruments", setup.name, "simulated", key),
            "its twin knows no such thing.",
            f"It takes: {', '.join(sorted(known))}.",
        )
        for key in setup.simulated
        if key not in known
    ]
    if complaints:
        raise RefusedError(complaints)
    return {k: v for k, v in setup.simulated.items() if k in takes}


def random_of(world: Any, name: str) -> random.Random:
    """Return the random numbers of an instrument, the same for the same bench."""
    circuit = getattr(world, "circuit", world)
    return (circuit if isinstance(circuit, Circuit) else Circuit()).random(name)


def place_in(world: Any, setup: Setup, twin: Part, climate: Climate) -> None:
    """Let a chamber be around what ``simulated: around`` says, else around all.

    Its state outlives the process with the bench's. RefusedError: `AROUND` is no list.
    """
    around = setup.simulated.get(AROUND, ())
    if isinstance(around, str) or not all(isinstance(each, str) for each in around):
        place = ("instruments", setup.name, "simulated", AROUND)
        text = f"{around!r} is no list of channels."
        raise RefusedError([Complaint(place, text, "Write around: [vsp300/1].")])
    surroundings = getattr(world, "surroundings", None)
    if isinstance(surroundings, Surroundings):
        surroundings.enclose(setup.name, climate, tuple(around))
    if isinstance(world, BenchWorld):
        world.join(setup.name, twin)
