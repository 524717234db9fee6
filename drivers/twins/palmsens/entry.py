"""What the entry point ``palmsens-methodscript`` of ``labctl.twins`` names."""

from typing import Any

from drivers.twins.palmsens.analogue import Errors
from drivers.twins.palmsens.instrument import BUFFER, MethodScriptTwin
from drivers.twins.palmsens.models import MODELS
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.world import BenchWorld
from labctl.clock import Clock
from labctl.errors import Complaint, RefusedError
from labctl.roles.driver import Setup

USUAL = "EmStat4 HR"
KEYS = ("model", "serial", "imperfections", "buffer", "latency")


def twin(setup: Setup, world: Any, clock: Clock) -> LabsimLibrary:
    """Return a library in which this instrument stands at its address.

    ``simulated:`` may say ``model``, ``serial``, ``imperfections`` (``specification``
    or ``none``), ``buffer`` in bytes and ``latency`` in s. RefusedError: something
    else.
    """
    device = alone(setup, world, clock)
    if isinstance(world, BenchWorld):
        world.join(setup.name, device)
    return LabsimLibrary.around({setup.address: device})


def alone(setup: Setup, world: Any, clock: Clock) -> MethodScriptTwin:
    """Return the twin without a bus."""
    told = dict(setup.simulated)
    place = ("instruments", setup.name, "simulated")
    complaints = [
        Complaint(
            (*place, key),
            "its twin knows no such thing.",
            f"It takes: {', '.join(KEYS)}.",
        )
        for key in told
        if key not in KEYS
    ]
    model = str(told.get("model", USUAL))
    if model not in MODELS:
        what = f"{model!r} is none of {', '.join(MODELS)}."
        complaints.append(Complaint((*place, "model"), what))
    wanted = told.get("imperfections", "specification")
    if wanted not in {"specification", "none"}:
        what = f"{wanted!r} is not specification or none."
        complaints.append(Complaint((*place, "imperfections"), what))
    if complaints:
        raise RefusedError(complaints)
    seed = int(getattr(world, "seed", 0))
    errors = Errors.draw(f"{seed}:{setup.name}") if wanted != "none" else Errors()
    return MethodScriptTwin(
        clock,
        world,
        setup.name,
        MODELS[model],
        serial=str(told.get("serial", "SIM0001")),
        errors=errors,
        seed=seed,
        buffer=int(told.get("buffer", BUFFER)),
        latency=float(told.get("latency", 1e-3)),
    )
