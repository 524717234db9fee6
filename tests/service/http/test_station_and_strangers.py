"""Half-open connections take nothing away from runs, from clients or from STOP."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labctl.api.discovery import find
from labctl.api.requests import OrderIn
from labctl.api.station_files import StationFiles
from labctl.clock import SystemClock, stopwatch
from labctl.errors import LinkError
from labctl.service.http.connection_limits import (
    FEWEST,
    STRANGERS,
    ConnectionLimits,
    HttpConnection,
)
from labctl.service.http.peers import peer_of, users_of

DESCRIPTORS = 160
FEW_FILES = f"""
import resource, runpy, sys

resource.setrlimit(resource.RLIMIT_NOFILE, ({DESCRIPTORS}, {DESCRIPTORS}))
runpy.run_module("labctl", run_name="__main__")
"""
HALF_OPEN = """
import encodings.idna, os, select, socket, sys  # nobody can import anything later
from labctl.clock import stopwatch

port, count, word = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
if os.getuid() == 0:
    os.setuid(65534)  # nobody
begun = stopwatch()
links = set()
for _ in range(count):
    link = socket.create_connection(("127.0.0.1", port), timeout=10)
    if word:
        link.sendall(word)
    links.add(link)
print("opened", flush=True)
while links and stopwatch() - begun < 20:
    for link in select.select(list(links), [], [], 0.05)[0]:
        try:
            if not link.recv(1000):
                links.discard(link)
        except OSError:
            links.discard(link)
print(len(links), stopwatch() - begun, flush=True)
"""
AGAIN_AND_AGAIN = """
import encodings.idna, os, socket, sys

port = int(sys.argv[1])
if os.getuid() == 0:
    os.setuid(65534)
while True:
    links = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    print("come", flush=True)
    for link in links:
        link.close()
"""
BENCH = "particle-si"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A station that may open few files, with a run that goes on and on."""
    data = tmp_path_factory.mktemp("few") / "runs"
    data.mkdir()
    words = ("serve", "--simulate", "--no-live-view", "--data", str(data))
    with (data.parent / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", FEW_FILES, *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    wait_for(lambda: find(data, client="test"))
    yield data
    process.terminate()
    process.wait(40)


def wait_for(look: Callable[[], Any], patience: float = 40.0) -> Any:
    clock = SystemClock()
    while True:
        found = look()
        if found:
            return found
        assert clock.now() < patience, "it did not happen"
        clock.sleep(0.02)


def a_run(data: Path) -> tuple[Any, str]:
    client = find(data, client="test")
    assert client is not None
    order = OrderIn(protocol="particle-iv", sample=BENCH, parameters={"sweeps": 1000})
    run = client.start(order).run
    wait_for(lambda: state_of(client, run) == "running")
    return client, run


def state_of(client: Any, run: str) -> str:
    try:
        runs = client.state().runs
    except LinkError:  # among strangers a look may be cut off; a STOP may not
        return "not known"
    return next(str(r.state) for r in runs if r.run == run)


def half_open(port: int, count: int, word: str = "") -> "subprocess.Popen[str]":
    stranger = subprocess.Popen(
        [sys.executable, "-c", HALF_OPEN, str(port), str(count), word],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert stranger.stdout is not None
    assert stranger.stdout.readline() == "opened\n"
    return stranger


@pytest.mark.parametrize(
    ("count", "word"), [(220, ""), (220, "GET /state HTTP/1.1\r\nHo"), (600, "")]
)
def test_half_open_connections_cost_neither_a_run_nor_stop_anything(
    few: Path, count: int, word: str
) -> None:
    client, run = a_run(few)
    client.close()  # whoever stops comes anew

    stranger = half_open(client.address.port, count, word)
    begun = stopwatch()
    with find(few, client="test") as fresh:  # type: ignore[union-attr]
        assert state_of(fresh, run) == "running"
        looked = stopwatch() - begun
        fresh.stop_all("a test")
        stopped = stopwatch() - begun - looked
        wait_for(lambda: state_of(fresh, run) == "stopped")
        assert fresh.state().stop.lines[-1].confirmed  # type: ignore[union-attr]
    said, _ = stranger.communicate(timeout=30)
    left, seconds = said.split()

    assert looked < 1.0
    assert stopped < 1.0
    assert (left, float(seconds) < 3.5) == ("0", True), said


def test_who_comes_again_and_again_does_not_keep_others_out(few: Path) -> None:
    client, run = a_run(few)
    client.close()
    crowd = subprocess.Popen(
        [sys.executable, "-c", AGAIN_AND_AGAIN, str(client.address.port)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert crowd.stdout is not None
        assert crowd.stdout.readline() == "come\n"
        with find(few, client="test") as fresh:  # type: ignore[union-attr]
            begun = stopwatch()
            fresh.stop_all("a test")
            took = stopwatch() - begun
            wait_for(lambda: state_of(fresh, run) == "stopped")
    finally:
        crowd.kill()
        crowd.communicate()

    assert took < 1.0


def test_a_body_that_drips_does_not_keep_a_connection(few: Path) -> None:
    client = find(few, client="test")
    assert client is not None
    address, tokens = client.address, StationFiles(few).read_tokens()
    client.close()
    assert tokens is not None
    begun = stopwatch()
    with socket.create_connection((address.host, address.port), timeout=15) as link:
        link.sendall(
            f"POST /check HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n"
            f"Authorization: Bearer {tokens.view}\r\n"
            "Content-Type: text/plain\r\nContent-Length: 60000\r\n\r\n".encode()
        )
        link.settimeout(0.3)
        while stopwatch() - begun < 15.0:
            try:
                link.sendall(b"x")
                if link.recv(1000) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break

    assert stopwatch() - begun < 9.0


def test_a_stranger_is_shown_out_after_the_answer(few: Path) -> None:
    client = find(few, client="test")
    assert client is not None
    with socket.create_connection(("127.0.0.1", client.address.port), 10) as link:
        host = f"127.0.0.1:{client.address.port}"
        link.sendall(f"GET /state HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        said = b""
        while more := link.recv(1000):
            said += more
    client.close()

    assert b" 401 " in said
    assert b"connection: close" in said


# ---- the limits alone


class Crowd:
    """Real connections to a listener of this test."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.ends: list[socket.socket] = []

    def come(self) -> tuple[socket.socket, str, int]:
        self.ends.append(socket.create_connection(("127.0.0.1", self.port)))
        connection, (host, port) = self.listening.accept()
        self.ends.append(connection)
        return connection, host, port


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    made = Crowd()
    yield made
    for end in (*made.ends, made.listening):
        end.close()


def test_the_oldest_stranger_leaves_when_there_are_too_many(crowd: Crowd) -> None:
    limits = ConnectionLimits(crowd.port, 4096)

    came = [limits.enter(*crowd.come()) for _ in range(STRANGERS + 1)]

    assert came[0] not in limits
    assert all(connection in limits for connection in came[1:])


def test_who_showed_a_token_is_not_sent_away_for_strangers(crowd: Crowd) -> None:
    limits = ConnectionLimits(crowd.port, 4096)
    friend = limits.enter(*crowd.come())

    assert friend.show()
    for _ in range(STRANGERS + 5):
        limits.enter(*crowd.come())

    assert friend in limits
    assert limits.strangers == STRANGERS


def test_with_few_descriptors_there_are_few_strangers(crowd: Crowd) -> None:
    limits = ConnectionLimits(crowd.port, 70)

    for _ in range(FEWEST + 5):
        limits.enter(*crowd.come())

    assert limits.strangers == FEWEST


def test_too_many_friends_cost_the_idle_one_its_place_never_stop(crowd: Crowd) -> None:
    limits = ConnectionLimits(crowd.port, 70)

    def friend(*, answering: bool) -> HttpConnection:
        connection = limits.enter(*crowd.come())
        assert connection.show()
        connection.answering = answering
        return connection

    busy = [friend(answering=True) for _ in range(FEWEST - 1)]
    idle = friend(answering=False)
    fresh = friend(answering=True)

    assert idle not in limits
    assert all(connection in limits for connection in (*busy, fresh))
    late = limits.enter(*crowd.come())
    assert not late.show()
    assert late.show(urgent=True)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="Linux only")
def test_the_user_at_the_other_end_is_told_apart(crowd: Crowd) -> None:
    crowd.come()
    port = crowd.ends[0].getsockname()[1]

    assert users_of(crowd.port)[port] == os.getuid()
    assert peer_of("127.0.0.1", port, users_of(crowd.port)) == f"user {os.getuid()}"
    assert peer_of("192.0.2.7", port, {}) == "192.0.2.7"
