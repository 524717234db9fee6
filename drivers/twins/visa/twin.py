"""What a VISA instrument's entry point in ``labctl.twins`` names."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from drivers.twins.scpi.exchange import LATENCY, Exchange
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.world import BenchWorld, Part
from labctl.clock import Clock
from labctl.errors import Complaint, InstrumentError, RefusedError
from labctl.roles.driver import Setup


class VisaTwin:
    """A `labctl.roles.driver.Twin`: makes one model's twin, at its address."""

    def __init__(self, model: Callable[..., Exchange]) -> None:
        self._model = model

    def __call__(self, setup: Setup, world: Any, clock: Clock) -> LabsimLibrary:
        """Return a library in which this instrument's twin stands at its address.

        A twin with `snapshot` and `restore` has a state that a resumed run finds again.
        """
        twin = self.alone(setup, world, clock)
        if isinstance(world, BenchWorld) and isinstance(twin, Part):
            world.join(setup.name, twin)
        return LabsimLibrary.around({setup.address: twin})

    def alone(self, setup: Setup, world: Any, clock: Clock) -> Exchange:
        """Return the twin without a bus; ``simulated`` goes to it as keywords."""
        options = {"latency": LATENCY, **setup.simulated}
        latency = float(options.pop("latency"))
        circuit = _circuit_of(world)
        circuit.line_frequency = setup.line_frequency
        self._refuse_unknown(setup.name, options)
        device = self._model(circuit, clock, setup.name, **options)
        device.latency = latency
        return device

    def _refuse_unknown(self, name: str, options: Mapping[str, Any]) -> None:
        """Raise RefusedError for every key of ``simulated:`` that the model has not."""
        takes = inspect.signature(self._model).parameters
        if any(each.kind is each.VAR_KEYWORD for each in takes.values()):
            return
        given = ("latency", *list(takes)[3:])
        complaints = [
            Complaint(
                ("instruments", name, "simulated", key),
                "its twin knows no such thing.",
                f"It takes: {', '.join(given)}.",
            )
            for key in options
            if key not in given
        ]
        if complaints:
            raise RefusedError(complaints)


def _circuit_of(world: Any) -> Circuit:
    """Return the electrical bench of ``world``, or ``world`` itself if it is one."""
    if isinstance(world, Circuit):
        return world
    circuit = getattr(world, "circuit", None)
    if not isinstance(circuit, Circuit):
        raise InstrumentError(
            "the sample on the simulated bench has no electrical circuit; choose a "
            "pellet, a particle or a film"
        )
    return circuit
