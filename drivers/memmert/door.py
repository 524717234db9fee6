"""The door to HTTP: a question goes out, an answer comes in, every failure has a name.

One short connection a question, as the device's own web page does it: nothing has to
be mended after a loss. What is said is in the URL; redirections are not followed, for
they lead to somebody else.
"""

import httpx

from drivers.memmert.atmoweb import LONGEST
from labctl.clock import stopwatch
from labctl.errors import InstrumentError, LinkError

ANSWERED = 200


class HttpDoor:
    """One device's web server."""

    def __init__(
        self,
        wire: httpx.BaseTransport,
        address: str,
        name: str,
        timeout: float,
    ) -> None:
        """Reach ``address`` (``192.168.0.30``, ``http://oven:8080``) by ``wire``."""
        self.name = name
        self.address = address
        self._timeout = timeout
        base = address if "://" in address else f"http://{address}"
        try:
            self._client = httpx.Client(
                base_url=base.rstrip("/"),
                transport=wire,
                timeout=timeout,
                headers={"Accept-Encoding": "identity"},
            )
        except (httpx.InvalidURL, ValueError, TypeError) as error:
            raise LinkError(f"{name}: {address!r} is no address ({error})") from error

    def get(self, path: str) -> bytes:
        """Return what a GET of ``path`` answers. LinkError: nothing, or not in time.

        InstrumentError: it answers with an error, or without end.
        """
        until = stopwatch() + self._timeout  # of the wall, as httpx counts its own
        try:
            with self._client.stream("GET", path) as response:
                content = b""
                for part in response.iter_raw():
                    content += part
                    if len(content) > LONGEST:
                        break
                    if stopwatch() > until:  # it drips
                        raise LinkError(f"{self.name}: its answer does not end")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            kind = type(error).__name__
            raise LinkError(f"{self.name}: no answer ({kind}: {error})") from error
        if response.status_code != ANSWERED:
            raise InstrumentError(
                f"{self.name}: answers HTTP {response.status_code} instead of a value; "
                "check the address, and that its remote control is on"
            )
        return content

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()
