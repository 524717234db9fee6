"""What is recorded beside a protocol: one instrument, read again and again.

A package registers an `Auxiliary` under the entry point group ``labctl.auxiliaries``;
``also_record:`` of ``config.yaml`` says at which channel and how often. The protocol
knows nothing of it: its plan, its results and its limits are as without.
"""

import typing
from collections.abc import Mapping, Sequence
from typing import Any

from labctl.data import Stream
from labctl.figures.figure import Plot


class Auxiliary(typing.Protocol):
    """An auxiliary channel: a thermometer, a balance, a pressure gauge."""

    @property
    def role(self) -> type:
        """Return what the instrument must play: ``Chamber``."""
        ...

    @property
    def stream(self) -> Stream:
        """Return where its rows go; the name is no protocol's."""
        ...

    @property
    def plots(self) -> Sequence[Plot]:
        """Return how the rows are drawn, live and in the file."""
        ...

    def read(self, player: Any) -> Mapping[str, float]:
        """Take one reading: column -> value, SI units, NaN where there is none.

        Called in the run's own thread, between two polls of what the protocol drives:
        it must be quick, and it changes no setting. Another run may drive the same
        instrument meanwhile, from another thread, so it is one question and its answer.
        """
        ...
