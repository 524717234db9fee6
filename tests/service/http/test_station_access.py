"""Who gets in: token, Host, Origin, role, size, form and rate; STOP always."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from labctl.api.discovery import find
from labctl.api.requests import OrderIn
from labctl.api.station_files import StationFiles
from labctl.api.transport import AccessError
from labctl.service.http.request_checks import Budget

ANYBODY = "0.0.0.0"  # noqa: S104  (refused is what is tested)
Orders = Callable[..., OrderIn]


@pytest.fixture
def web(station: Any) -> Iterator[httpx.Client]:
    """A client that knows the way but has no token."""
    with httpx.Client(
        base_url=station.client.address.url, trust_env=False, timeout=30.0
    ) as client:
        yield client


def bearer(station: Any, role: str = "configure") -> dict[str, str]:
    tokens = StationFiles(station.data).read_tokens()
    return {"authorization": f"Bearer {getattr(tokens, role)}"}


def test_without_a_token_nothing_is_answered_and_nothing_happens(
    station: Any, web: httpx.Client
) -> None:
    before = station.client.state()
    paths = station.client._wire._http.get("/openapi.json").json()["paths"]

    for path, methods in paths.items():
        for method in methods:
            where = path.replace("{", "").replace("}", "")
            answer = web.request(method, where, json={"reason": "no token"})
            assert answer.status_code in {401, 429}, where
            assert set(answer.json()) == {"fault", "message", "complaints"}
    after = station.client.state()
    assert after.stop is None
    assert after.last_event == before.last_event
    assert {c.channel for c in after.channels if c.held} == set()


@pytest.mark.parametrize("token", ["", "x", "Bearer", "Basic abc"])
def test_a_wrong_token_is_no_token(web: httpx.Client, token: str) -> None:
    answer = web.get("/state", headers={"authorization": token})

    assert answer.status_code in {401, 429}


def test_a_web_page_cannot_reach_the_bench(station: Any, web: httpx.Client) -> None:
    good = bearer(station)

    assert web.get("/ping", headers={**good, "host": "evil.example"}).status_code == 403
    page = {**good, "origin": "http://evil.example"}
    assert web.post("/stop", headers=page).status_code == 403
    assert web.get("/ping", headers={**good, "origin": "null"}).status_code == 403
    assert web.get("/ping", headers=good).status_code == 200
    assert station.client.state().stop is None


def test_a_token_allows_no_more_than_its_role(station: Any, order: Orders) -> None:
    view = find(station.data, role="view")
    operate = find(station.data, role="operate")
    assert view is not None
    assert operate is not None

    with view, operate:
        assert view.ping().role == "view"
        assert view.state().sequence > 0
        with pytest.raises(AccessError, match="may operate"):
            view.stop_all()
        with pytest.raises(AccessError, match="may configure"):
            operate.start(order())
        assert operate.check(order()).ok


BODIES = [
    # plain English, body, status
    ("a NaN", b'{"reason": NaN}', 400),
    ("a doubled key", b'{"reason": "a", "reason": "b"}', 400),
    ("deep brackets", b"[" * 500 + b"]" * 500, 400),
    ("brackets without end", b"[" * 60_000, 400),
    ("no JSON", b"reason=1", 400),
    ("an unknown field", b'{"reason": "a", "more": 1}', 422),
    ("not UTF-8", b'{"reason": "\xff"}', 400),
    ("too much", b'{"reason": "' + b"a" * 70_000 + b'"}', 413),
]


@pytest.mark.parametrize(("name", "body", "status"), BODIES)
def test_odd_bodies_are_refused(
    station: Any, web: httpx.Client, name: str, body: bytes, status: int
) -> None:
    headers = {**bearer(station), "content-type": "application/json"}

    answer = web.post("/runs/no-such-run/hold", content=body, headers=headers)

    assert answer.status_code == status, name
    assert station.client.ping().boot


def test_only_json_is_understood(station: Any, web: httpx.Client) -> None:
    headers = {**bearer(station), "content-type": "text/plain"}

    answer = web.post("/runs/no-such-run/hold", content=b"{}", headers=headers)

    assert answer.status_code == 415


def test_a_path_leads_nowhere_but_to_runs(station: Any, web: httpx.Client) -> None:
    for name in ("..", "%2e%2e", "..%2f..%2fetc", ".station", "a%00b", "x" * 300):
        answer = web.get(f"/runs/{name}/report", headers=bearer(station))
        assert answer.status_code in {404, 422}, name


def test_a_body_that_never_comes_is_given_up(station: Any) -> None:
    address = station.client.address
    token = bearer(station)["authorization"]
    with socket.create_connection((address.host, address.port), timeout=15) as link:
        link.sendall(
            f"POST /check HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n"
            f"Authorization: {token}\r\nContent-Type: application/json\r\n"
            "Content-Length: 100\r\n\r\n{".encode()
        )
        assert b" 408 " in link.recv(200)


def test_stop_works_under_a_flood(station: Any, order: Orders) -> None:
    run = station.client.start(order("vsp300/1")).run
    station.wait_until(run, lambda r: r.state == "running")
    address = station.client.address
    headers = {**bearer(station), "x-labctl-client": "flood"}
    over = threading.Event()
    seen: set[int] = set()

    def hammer() -> None:
        with httpx.Client(base_url=address.url, trust_env=False, timeout=60.0) as web:
            while not over.is_set():
                with contextlib.suppress(httpx.TransportError):  # and asks again
                    seen.add(web.get("/ping", headers=headers).status_code)

    # more questions in the air than one client may have, and four that never rest
    asked = (
        f"GET /state?wait=20&since={station.client.state().sequence} HTTP/1.1\r\n"
        f"Host: {address.host}:{address.port}\r\nx-labctl-client: flood\r\n"
        f"Authorization: {headers['authorization']}\r\n\r\n"
    ).encode()
    links = [socket.create_connection((address.host, address.port)) for _ in range(100)]
    floods = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in floods:
        thread.start()
    try:
        for _ in range(5):
            for link in links:
                with contextlib.suppress(OSError):  # who floods is hung up on
                    link.sendall(asked)
        answer = _asked_again(
            lambda: httpx.post(
                f"{address.url}/stop",
                headers={**headers, "content-type": "application/json"},
                content=b'{"reason": "flooded"}',
                trust_env=False,
                timeout=20.0,
            )
        )
        assert answer.status_code == 200
        state = station.wait_for_state(lambda s: s.stop is not None and s.stop.done)
    finally:
        over.set()
        for thread in floods:
            thread.join()
        for link in links:
            link.close()
    (line,) = state.stop.lines
    assert line.confirmed_unix - line.asked_unix < 1.5
    assert seen <= {200, 429}
    station.wait_until(run, lambda r: r.state == "stopped")
    station.client.release_channel("*")


def _asked_again(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Ask as every client of labctl does that was hung up on: three times in all."""
    for _ in range(2):
        with contextlib.suppress(httpx.TransportError):
            return ask()
    return ask()


def test_a_client_that_asks_too_often_has_to_wait() -> None:
    budget = Budget(rate=10.0, burst=5.0, left=5.0, at=0.0)
    now = [0.0]

    taken = [budget.take(now[0]) for _ in range(7)]
    now[0] = 0.25
    later = [budget.take(now[0]) for _ in range(4)]

    assert taken == [True] * 5 + [False] * 2
    assert later == [True, True, False, False]


def test_it_is_not_opened_to_other_machines_without_tls(tmp_path: Path) -> None:
    done = subprocess.run(
        [*(sys.executable, "-m", "labctl", "serve"), "--simulate", "--host", ANYBODY],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=60,
    )

    assert done.returncode == 2
    assert "without TLS" in done.stderr
