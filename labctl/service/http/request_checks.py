"""What every request passes before anything looks at it: who, from where, how much.

In this order: Host and Origin (a web page must not reach the bench by a name that it
controls), token, rate, size and form of the body. What may have an effect is written
into the audit log before it is answered. STOP is exempt from rates.
"""

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labctl.api.station_files import ROLES, Tokens
from labctl.clock import stopwatch
from labctl.person import HERE
from labctl.service.http.audit import Audit
from labctl.service.http.connection_limits import HttpConnection
from labctl.service.http.timeouts import CONNECTION

log = logging.getLogger(__name__)

STOP = "/stop"
BODY = 64_000
"""Bytes of a request's body."""
PLAN_BODY = 1_000_000
"""Bytes where an order or a label is sent."""
PLAN_PATHS = frozenset({"/runs", "/check", "/forecast", "/queue"})
NO_EFFECT = frozenset({"/check", "/forecast"})
"""Posts that change nothing: not audited."""
REQUESTS = re.compile(r"^/runs/[^/]+/requests$")
DEPTH = 20
"""Brackets inside brackets."""
BODY_DEADLINE = 5.0
"""s for the whole body to arrive."""
RATE, BURST = 200.0, 400.0
"""Requests per second of one client, and at once."""
STRANGERS = 10.0
"""Requests per second without a valid token, all together."""
AT_ONCE = 32
"""Requests of one client in flight."""
MOST_CLIENTS = 64
"""Names with a budget of their own; the rest share one."""
AUDITED_BYTES = 4000
_NAME = re.compile(r"[^\w .@:/+-]")


@dataclass(slots=True)
class Budget:
    """A bucket of requests that refills."""

    rate: float
    burst: float
    left: float
    at: float
    flying: int = 0

    def take(self, now: float) -> bool:
        """Take one request at ``now`` (s); False if the bucket is empty."""
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


class Refused(Exception):  # noqa: N818  (an answer, not an error of ours)
    """The request goes no further."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    role: str
    who: str
    client: str


class RequestChecks:
    """ASGI middleware around the application."""

    def __init__(
        self, app: ASGIApp, tokens: Tokens, hosts: frozenset[str], audit: Audit
    ) -> None:
        self._app, self._hosts, self._audit = app, hosts, audit
        self._secrets = {
            role: getattr(tokens, role).encode() for role in reversed(ROLES)
        }
        self._budgets: dict[str, Budget] = {}
        self._strangers = Budget(STRANGERS, STRANGERS, STRANGERS, stopwatch())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            caller, budget = self._who(scope)
        except Refused as no:
            await _answer(send, no, close=True)  # a stranger does not stay
            return
        budget.flying += 1
        try:
            await self._pass(scope, receive, send, caller, budget)
        except Refused as no:
            await _answer(send, no)
        finally:
            budget.flying -= 1

    def _who(self, scope: Scope) -> tuple[Caller, Budget]:
        headers = _headers(scope)
        host = headers.get("host", "")
        if host.lower() not in self._hosts:
            raise Refused(
                403, f"this station does not answer to the name {host[:80]!r}"
            )
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() not in self._hosts:
            raise Refused(403, "web pages may not talk to this station")
        role = self._role(headers.get("authorization", ""))
        if not role:
            if self._strangers.take(stopwatch()):
                log.warning("a request without a valid token: %s", scope["path"][:80])
                raise Refused(401, "a valid token is needed")
            raise Refused(429, "too many requests without a valid token")
        connection: HttpConnection | None = scope.get("state", {}).get(CONNECTION)
        if connection is not None and not connection.show(urgent=_is_urgent(scope)):
            raise Refused(429, "too many connections; all of them are being answered")
        client = _NAME.sub("", headers.get("x-labctl-client", ""))[:60] or "unnamed"
        who = _NAME.sub("", headers.get("x-labctl-user", ""))[:60] or "unnamed"
        return Caller(role, who, client), self._budget(f"{role} {client}")

    def _role(self, authorization: str) -> str:
        kind, _, token = authorization.partition(" ")
        given = token.strip().encode("utf-8", "replace")
        found = ""
        for role, secret in self._secrets.items():  # all of them: constant time
            if hmac.compare_digest(given, secret) and kind.lower() == "bearer":
                found = role
        return found

    def _budget(self, name: str) -> Budget:
        if name not in self._budgets and len(self._budgets) >= MOST_CLIENTS:
            idle = [n for n, b in self._budgets.items() if not b.flying]
            oldest = min(idle, key=lambda n: self._budgets[n].at, default="")
            if oldest and stopwatch() - self._budgets[oldest].at > BURST / RATE:
                del self._budgets[oldest]
            else:
                name = "everybody else"
        return self._budgets.setdefault(name, Budget(RATE, BURST, BURST, stopwatch()))

    async def _pass(
        self, scope: Scope, receive: Receive, send: Send, caller: Caller, budget: Budget
    ) -> None:
        path, method = scope["path"], scope["method"]
        if not _is_urgent(scope) and (
            not budget.take(stopwatch()) or budget.flying > AT_ONCE
        ):
            raise Refused(429, "too many requests; this client has to wait")
        most = PLAN_BODY if path in PLAN_PATHS or "/samples/" in path else BODY
        body = await _body(scope, receive, most)
        given = _strict(scope, body) if body else {}
        scope["state"] = {**scope.get("state", {}), "caller": caller}
        replay = _Replay(body, receive)
        if not _has_effect(method, path, given):
            await self._app(scope, replay, send)
            return

        async def audited(message: Message) -> None:
            if message["type"] == "http.response.start":
                shown = given if len(body) <= AUDITED_BYTES else {"bytes": len(body)}
                await asyncio.to_thread(
                    self._audit.note,
                    caller.who,
                    caller.role,
                    caller.client,
                    f"{method} {path}",
                    shown if isinstance(shown, dict) else {"body": shown},
                    str(message["status"]),
                )
            await send(message)

        await self._app(scope, replay, audited)


def _is_urgent(scope: Scope) -> bool:
    return bool(scope["path"] == STOP and scope["method"] == "POST")


def _has_effect(method: str, path: str, given: Any) -> bool:
    """Tell whether a request is one to remember; that somebody is there is none."""
    told = given.get("request") if isinstance(given, dict) else None
    touches = told == HERE and REQUESTS.match(path) is not None
    return method != "GET" and path not in NO_EFFECT and not touches


class _Replay:
    """Gives the body that was read already, then what the connection says."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        return await self._receive()


def _headers(scope: Scope) -> Mapping[str, str]:
    """Return the headers; one that stands twice is refused where it matters."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if key in found and key in {"host", "origin", "authorization"}:
            raise Refused(400, f"the header {key} stands twice")
        found[key] = value.decode("latin-1")
    return found


async def _body(scope: Scope, receive: Receive, most: int) -> bytes:
    length = _headers(scope).get("content-length", "0")
    if not length.isdigit() or int(length) > most:
        raise Refused(413, f"at most {most} bytes are taken here")

    async def read() -> bytes:
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise Refused(400, "the connection ended before the request did")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                raise Refused(413, f"at most {most} bytes are taken here")
            if not message.get("more_body", False):
                return b"".join(parts)

    try:
        return await asyncio.wait_for(read(), BODY_DEADLINE)
    except TimeoutError:
        raise Refused(408, "the request took too long to arrive") from None


def _strict(scope: Scope, body: bytes) -> Any:
    """Return the JSON of a body; NaN, doubled keys and deep nests are refused."""
    kind = _headers(scope).get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "only application/json is understood")
    try:
        given = json.loads(
            body, parse_constant=_no_constant, object_pairs_hook=_no_doubles
        )
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"no valid JSON: {error}") from error
    if _depth(given) > DEPTH:
        raise Refused(400, f"more than {DEPTH} brackets inside each other")
    return given


def _depth(value: Any) -> int:
    """Return how many lists and objects lie inside each other."""
    depth, layer = 0, [value]
    while layer := [x for x in layer if isinstance(x, dict | list)]:
        depth += 1
        layer = [y for x in layer for y in (x.values() if isinstance(x, dict) else x)]
    return depth


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that JSON has")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


async def _answer(send: Send, no: Refused, *, close: bool = False) -> None:
    body = json.dumps(
        {"fault": "access", "message": no.message, "complaints": []}
    ).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if no.status == 401:  # noqa: PLR2004
        headers.append((b"www-authenticate", b"Bearer"))
    if no.status == 429:  # noqa: PLR2004
        headers.append((b"retry-after", b"1"))
    if close or no.status in {408, 413}:
        headers.append((b"connection", b"close"))  # what is left is not read
    await send({"type": "http.response.start", "status": no.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
