"""What PyMeasure's own classes talk through: the adapter on a role's link.

Role and instrument share one wire, so what is said by hand waits its turn and a lost
link is mended for both. Rules for whoever edits: what is said here is never sent
twice, for nobody knows what it does; an answer is taken as it comes, without a token.
What it changes is to the role as if somebody had been at the front panel.
"""

from collections.abc import Callable
from typing import Any

from pymeasure.adapters import Adapter
from pymeasure.instruments import Instrument
from pymeasure.instruments.generic_types import SCPIMixin

from drivers.visa.link import Link


class LinkAdapter(Adapter):
    """PyMeasure's side of a `Link`."""

    def __init__(self, link: Link, rest: Callable[[], None]) -> None:
        super().__init__()
        self.link = link
        self._rest = rest
        """Leaves the instrument the pause that it needs after a message."""

    @property
    def connection(self) -> Any:
        """PyVISA's resource; None while it is closed."""
        return self.link.connection

    def close(self) -> None:
        """Close the link, dead or alive; outputs stay as they are."""
        link = getattr(self, "link", None)  # PyMeasure also closes half-made adapters
        if link is not None:
            link.close()

    def flush_read_buffer(self) -> None:
        """Throw away what waits to be read."""
        self.link.take(lambda door, _: door.flush())

    def _write(self, command: str, **_: Any) -> None:
        self.link.tell(command, again=False)
        self._rest()

    def _write_bytes(self, content: bytes, **_: Any) -> None:
        self.link.tell_bytes(content)
        self._rest()

    def _read(self, **_: Any) -> str:
        return self.link.take(lambda door, seconds: door.read(seconds))

    def _read_bytes(
        self, count: int, break_on_termchar: bool = False, **_: Any
    ) -> bytes:
        return self.link.take(
            lambda door, seconds: door.read_bytes(count, seconds, break_on_termchar)
        )


class ScpiInstrument(SCPIMixin, Instrument):
    """An instrument of which PyMeasure has no class: what IEEE 488.2 promises."""
