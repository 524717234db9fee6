"""Questions and answers over one httpx client: what is sent, what an error becomes.

A look (GET) may be taken twice where the connection was cut, an act may not.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
import numpy as np
from pydantic import BaseModel

from labctl.api.answers import Problem
from labctl.api.error_kinds import class_of
from labctl.api.models import API_VERSION
from labctl.api.versions import VersionError, in_their_words, read, their_path
from labctl.data import Columns
from labctl.errors import (
    BusyError,
    InstrumentError,
    LabctlError,
    LimitError,
    LinkError,
    OperatorError,
    RefusedError,
    StoreError,
)

T = TypeVar("T")
TIMEOUT = 5.0
"""s for an answer; forecasts, reports and long polls add their own."""
SLOW = 60.0
"""s for what takes long; twice that where it may have to wait for its like."""
_FAULTS: dict[str, type[LabctlError]] = {
    "operator": OperatorError,
    "limit": LimitError,
    "instrument": InstrumentError,
    "store": StoreError,
}


class AccessError(OperatorError):
    """The station does not let this token do that."""


class TooManyRequestsError(LinkError):
    """The station asks to wait a moment."""


class Transport:
    """Asks one station; several threads may use it at once.

    LinkError: no answer. AccessError: token. Others: as the station raised them.
    """

    def __init__(self, http: httpx.Client, version: int) -> None:
        self._http, self._version = http, version

    def get(
        self,
        path: str,
        kind: type[T],
        asked: Mapping[str, Any] | None = None,
        *,
        timeout: float = TIMEOUT,
    ) -> T:
        """Return what lies at ``path``."""
        answer = self._send("GET", path, asked=asked, timeout=timeout)
        return read(self._version, kind, answer.content)

    def text(
        self,
        path: str,
        asked: Mapping[str, Any] | None = None,
        *,
        timeout: float = TIMEOUT,
    ) -> str:
        """Return the page at ``path``."""
        return self._send("GET", path, asked=asked, timeout=timeout).text

    def columns(self, path: str, asked: Mapping[str, Any]) -> Columns:
        """Return the rows at ``path``, which travel as float64, column by column."""
        answer = self._send("GET", path, asked=asked, timeout=SLOW)
        names = answer.headers["x-labctl-columns"].split(",")
        shape = tuple(map(int, answer.headers["x-labctl-shape"].split(",")))
        block = np.frombuffer(answer.content, dtype="<f8").reshape(shape)
        return Columns(
            tuple(names),
            block,
            int(answer.headers["x-labctl-first-row"]),
            int(answer.headers["x-labctl-rows"]),
            int(answer.headers["x-labctl-rows-per-point"]),
        )

    def do(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: BaseModel | None,
        *,
        asked: Mapping[str, Any] | None = None,
        timeout: float = TIMEOUT,
    ) -> T:
        """Ask for an act, once; return its answer."""
        content = None if body is None else self._written(body)
        answer = self._send(method, path, asked=asked, content=content, timeout=timeout)
        return read(self._version, kind, answer.content)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _send(
        self,
        method: str,
        path: str,
        *,
        asked: Mapping[str, Any] | None = None,
        content: str | None = None,
        timeout: float,
    ) -> httpx.Response:
        request = self._http.build_request(
            method,
            their_path(self._version, path),
            params=asked,
            content=content,
            headers={} if content is None else {"content-type": "application/json"},
            timeout=timeout,
        )
        try:
            try:
                answer = self._http.send(request)
            except (httpx.ReadError, httpx.RemoteProtocolError):
                if method != "GET" or self._http.is_closed:
                    raise
                answer = self._http.send(request)
        except httpx.HTTPError as error:
            raise LinkError(
                f"the station at {self._http.base_url} does not answer ({error}); "
                "`labctl status` shows whether it runs"
            ) from error
        if answer.is_success:
            return answer
        raise self._error(answer)

    def _written(self, body: BaseModel) -> str:
        if self._version >= API_VERSION:
            return body.model_dump_json(exclude_defaults=True)
        given = body.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(in_their_words(self._version, given))

    def _error(self, answer: httpx.Response) -> LabctlError:
        try:
            problem = read(self._version, Problem, answer.content)
        except (ValueError, VersionError):
            return LinkError(
                f"the station answered {answer.status_code} without a reason"
            )
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return TooManyRequestsError(problem.message)
        if problem.fault == "access":
            return AccessError(problem.message)
        if problem.complaints:
            return RefusedError(problem.complaints)
        kind = class_of(problem.kind)
        if kind is BusyError:
            return BusyError(problem.message, problem.holders)
        if kind is None or kind is RefusedError:
            kind = _FAULTS.get(problem.fault, OperatorError)
        return kind(problem.message)


def connection(
    url: str, token: str, *, client: str, user: str, verify: str | bool = True
) -> httpx.Client:
    """Return an HTTP client that shows ``token`` and says who asks."""
    return httpx.Client(
        base_url=url,
        headers=who_asks(token, client=client, user=user),
        trust_env=False,  # no proxy between a window and its own machine
        verify=verify,
    )


def who_asks(token: str, *, client: str, user: str = "") -> dict[str, str]:
    """Return the headers of every request."""
    return {
        "authorization": f"Bearer {token}",
        "x-labctl-client": _ascii(client),
        "x-labctl-user": _ascii(user),
    }


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()
