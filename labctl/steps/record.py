"""Put a row that the plan worked out into a stream: capacity and CE of a cycle."""

from dataclasses import dataclass
from typing import ClassVar

from labctl.data import Batch
from labctl.protocol import Bench, Ending, Rows, Step


@dataclass(frozen=True, kw_only=True)
class RecordRow(Step):
    """Record one row at once; no instrument is touched."""

    uses_bench: ClassVar[bool] = False

    stream: str
    values: tuple[tuple[str, float], ...]
    """Column and value, every column of the stream beside the engine's stamp."""

    def execute(self, bench: Bench) -> Rows:  # noqa: ARG002
        """See `Step.execute`."""
        yield Batch.row(self.stream, dict(self.values))
        return Ending()
