"""The line between a window and a station in one process, and what goes wrong on it."""

import threading
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal

PATIENCE = 20.0
"""s after which a request that is held back goes on by itself."""


class Line(httpx.BaseTransport):
    """Carries requests to an application, as a cable would; used by many threads."""

    def __init__(self, app: Any, portal: BlockingPortal) -> None:
        self._far = httpx.ASGITransport(app)
        self._portal = portal
        self._held: dict[str, threading.Event] = {}
        self.is_cut = False
        """Nobody answers."""
        self.lost: dict[str, int] = {}
        """Path -> how many of its next answers are lost on their way."""
        self.heard: list[httpx.Request] = []
        """Everything that was carried, the first one first."""

    def asked(self, path: str, method: str = "GET") -> list[httpx.Request]:
        """Return the requests for a path so far."""
        return [r for r in self.heard if (r.method, r.url.path) == (method, path)]

    def hold(self, path: str) -> threading.Event:
        """Keep requests for a path on their way until the event is set."""
        return self._held.setdefault(path, threading.Event())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See `httpx.BaseTransport`."""
        path = request.url.path
        if self.is_cut:
            raise httpx.ConnectError("the line is cut", request=request)
        if self.lost.get(path):
            self.lost[path] -= 1
            raise httpx.ReadTimeout("the answer is lost", request=request)
        self.heard.append(request)
        request.extensions["thread"] = threading.current_thread().name
        if path in self._held:
            self._held[path].wait(PATIENCE)
        request.read()
        return self._portal.call(self._carry, request)

    async def _carry(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.content,
            extensions=request.extensions,
        )
        answer = await self._far.handle_async_request(sent)
        content = await answer.aread()
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=content
        )
