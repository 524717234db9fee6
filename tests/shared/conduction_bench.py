"""The built-in bench of pellets, particles and films, with faults where wanted."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from drivers.twins.world.circuit import Circuit
from drivers.twins.world.world import BenchWorld
from labctl.config.models import Config
from labctl.data import Result
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.session.order import Order, prepare
from labctl.session.run import Finished, Observers, start
from labctl.store.folder import RunFolder
from labctl.store.journal.reader import JournalReader

Twist = Callable[[Circuit], None]


class Bench:
    """The built-in bench, with faults where a test wants them."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self.config = validate(load_file(BenchWorld.configuration()), Config)
        self.circuit = Circuit()

    def spoil(self, instrument: str, **simulated: Any) -> None:
        self.config.instruments[instrument].simulated.update(simulated)

    def run(
        self,
        protocol: str,
        sample: str,
        twist: Twist | None = None,
        observers: Observers | None = None,
        **given: Any,
    ) -> Finished:
        order = Order(
            protocol,
            Document("test", given),
            sample,
            out=self._out,
            simulate=True,
            speed=None,
            seed=7,
        )
        prepared = prepare(order, self.config)
        self.circuit = prepared.world.circuit
        if twist is not None:
            twist(self.circuit)
        watchers = observers or Observers(live_view=False)
        return start(prepared, self.config, watchers)

    @property
    def is_safe(self) -> bool:
        """Whether the output is off, every relay open, the magnet on its way down."""
        relays = self.circuit.closed is None or not self.circuit.closed
        return (
            not self.circuit.source.on
            and relays
            and abs(self.circuit.magnet.ramp.last) < 1e-3
        )


def within(result: Result, truth: float, times: float = 3.0) -> bool:
    assert isinstance(result.value, float)
    assert result.uncertainty is not None
    return abs(result.value - truth) <= times * result.uncertainty


def rows_of(finished: Finished, stream: str) -> Mapping[str, Any]:
    with JournalReader(RunFolder.of(finished.folder).journal) as reader:
        return reader.table(stream)


def lift(circuit: Circuit) -> None:
    circuit.lifted = True
