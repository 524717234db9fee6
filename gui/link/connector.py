"""Finds the station's process, and starts it when a person asked for one.

A process that died is not started again by itself: somebody should know that it did.
"""

from collections.abc import Sequence
from pathlib import Path

from labctl.api.client import StationClient
from labctl.api.discovery import find, find_or_start
from labctl.errors import LabctlError, LinkError, OperatorError

CLIENT = "window"
SIMULATE = "--simulate"


class Connector:
    """Connects to the station whose runs lie in a folder; called from a worker."""

    def __init__(self, data: Path, words: Sequence[str] = ()) -> None:
        self.data = data
        self.words = tuple(words)
        """What follows ``labctl serve``."""
        self.may_start = False
        """Set by a person; used up by one start."""
        self.nobody = False
        """True if the last look found no process at all."""

    def __call__(self) -> StationClient:
        """Return a client.

        LinkError: nobody answers. InstrumentError: it did not start. OperatorError: a
        real bench answers where a simulated one was asked for.
        """
        if self.may_start:
            client = self._start()
            self.nobody = False
            return self._asked_for(client)
        found = find(self.data, client=CLIENT)
        self.nobody = found is None
        if found is None:
            raise LinkError(f"no station's process works in {self.data}")
        return self._asked_for(found)

    def _start(self) -> StationClient:
        """Find or start it; a station that is just ending does not use up the start."""
        client = None
        try:
            client = find_or_start(self.data, self.words, client=CLIENT)
            client.ping()
        except LinkError:
            if client is not None:
                client.close()
            raise
        except LabctlError:
            self.may_start = False
            raise
        self.may_start = False
        return client

    def _asked_for(self, client: StationClient) -> StationClient:
        """Nobody who wants to play with twins may be given real instruments."""
        if SIMULATE in self.words and not client.address.simulated:
            client.close()
            raise OperatorError(
                f"a real station works in {self.data}; leave --simulate out, or give "
                "--data another folder"
            )
        return client
