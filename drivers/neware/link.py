"""The ladder for a link to BTS Server: again, then a new connection, then give up.

After a new connection the server must name the same channels as before; else nothing
more is asked of it. A test goes on meanwhile: the server runs it, not we.
"""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from drivers.neware.answers import Address, AnswerError
from drivers.neware.client import BtsClient
from drivers.submitted.endpoint import Endpoint
from labctl import waits
from labctl.clock import Clock
from labctl.data import Event, Level
from labctl.errors import IdentityError, InstrumentError, LinkError

log = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 4
"""Of one exchange before the link counts as broken."""
FIRST_PAUSE = 0.2
"""s; doubles."""
LONGEST_PAUSE = 10.0
"""s."""


class Link:
    """One connection, made anew when it breaks."""

    def __init__(
        self, endpoint: Endpoint, name: str, clock: Clock, timeout: float
    ) -> None:
        self.name = name
        self._endpoint, self._clock, self._timeout = endpoint, clock, timeout
        self._client: BtsClient | None = None
        self.channels: Mapping[str, Address] = {}
        """Name -> channel, as the server told when it was opened first."""
        self._reconnect()

    def exchange(self, action: Callable[[BtsClient], T], patience: float = 0.0) -> T:
        """Run ``action``, again where that may help; ``patience`` s at least.

        LinkError: no answer. AnswerError: nonsense, repeatedly. IdentityError: another
        server answers. WaitEnded: the run is asked for something in a pause.
        """
        begun, pause, attempt = self._clock.now(), FIRST_PAUSE, 0
        lost = False
        while True:
            attempt += 1
            try:
                if self._client is None:
                    self._reconnect()
                    lost = True
                client = self._client
                assert client is not None  # noqa: S101
                answer = action(client)
            except (LinkError, AnswerError) as error:
                over = self._clock.now() - begun >= patience
                log.warning("%s: attempt %d: %s", self.name, attempt, error)
                if attempt >= ATTEMPTS and over:
                    raise _for_a_person(error, self.name) from error
                if isinstance(error, LinkError):
                    self._hang_up()
            else:
                if lost:
                    passed = self._clock.now() - begun
                    text = (
                        f"{self.name}: the link was lost and is back ({passed:.1f} s)"
                    )
                    waits.tell(Event(Level.WARNING, "link", text))
                return answer
            with waits.announce(f"the link to {self.name}", pause):
                self._clock.sleep(pause)
            pause = min(2.0 * pause, LONGEST_PAUSE)

    def close(self) -> None:
        """Hang up; tests go on."""
        self._hang_up()

    def _reconnect(self) -> None:
        client = BtsClient(
            self._endpoint.host, self._endpoint.port, self.name, self._timeout
        )
        try:
            found = client.open()
            self._must_be_the_same(found)
        except BaseException:
            client.close()
            raise
        self.channels, self._client = found, client

    def _must_be_the_same(self, found: Mapping[str, Address]) -> None:
        if self.channels and dict(found) != dict(self.channels):
            raise IdentityError(
                f"{self.name}: after the link was opened anew, other channels answer "
                f"({', '.join(found)}); nothing was sent to them"
            )

    def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _for_a_person(error: LinkError | AnswerError, name: str) -> InstrumentError:
    if isinstance(error, LinkError):
        return error
    return InstrumentError(f"{name}: {error}")
