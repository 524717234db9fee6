"""The wire that the tests spoil answers with does what its script says."""

import random
import socket
import threading
from collections.abc import Iterator

import pytest
from faulty_wire import Fault, FaultyWire, spoil

from drivers.twins.labsim.front import Served, serve_bench
from labctl.clock import SystemClock


@pytest.fixture(scope="module")
def bench() -> Iterator[Served]:
    with serve_bench("probe", SystemClock(), None, 0, 0) as served:
        yield served


@pytest.fixture
def wire(bench: Served) -> Iterator[FaultyWire]:
    with FaultyWire(bench.ports["k2400"]) as made:
        yield made


class Client:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5.0)
        self.lines = self.socket.makefile("rb")

    def ask(self, message: bytes) -> bytes:
        self.socket.sendall(message + b"\n")
        return self.lines.readline()

    def close(self) -> None:
        self.lines.close()
        self.socket.close()


@pytest.fixture
def client(wire: FaultyWire) -> Iterator[Client]:
    made = Client(wire.port)
    yield made
    made.close()


def test_what_is_not_spoiled_passes(wire: FaultyWire, client: Client) -> None:
    assert client.ask(b":OUTP?") == b"0\n"
    assert wire.answers == 1


def test_a_repeated_answer_comes_twice(wire: FaultyWire, client: Client) -> None:
    wire.next(Fault.REPEAT)

    assert client.ask(b":OUTP?") == client.lines.readline() == b"0\n"


def test_a_stale_answer_is_the_one_before(wire: FaultyWire, client: Client) -> None:
    wire.at(2, Fault.STALE)

    assert client.ask(b":OUTP?") == b"0\n"
    assert client.ask(b":SYST:RSEN?;:OUTP?") == b"0\n"
    assert client.ask(b":SYST:RSEN?;:OUTP?") == b"0;0\n"


def test_a_late_answer_waits_until_it_is_released(
    wire: FaultyWire, client: Client
) -> None:
    wire.next(Fault.LATE)
    client.socket.sendall(b":OUTP?\n")

    assert client.ask(b":OUTP?;:OUTP?") == b"0;0\n"
    assert wire.release() == 1
    assert client.lines.readline() == b"0\n"


def test_after_a_cut_the_next_connection_works(
    wire: FaultyWire, client: Client
) -> None:
    wire.next(Fault.CUT)

    assert client.ask(b":OUTP?") == b""
    again = Client(wire.port)
    assert again.ask(b":OUTP?") == b"0\n"
    again.close()


def test_a_seed_spoils_the_same_every_time() -> None:
    answer = b"+1.234567E-03,+5.0E-01\r\n"

    def all_of_them(seed: int) -> list[bytes]:
        rng = random.Random(seed)  # noqa: S311
        return [spoil(fault, answer, b"", rng) for fault in Fault]

    assert all_of_them(7) == all_of_them(7) != all_of_them(8)


def test_two_clients_of_one_twin_get_their_own_answers(bench: Served) -> None:
    asked = {b"*IDN?": b"KEITHLEY", b":SYST:RSEN?": b"0"}
    wrong: list[bytes] = []

    def ask(message: bytes) -> None:
        client = Client(bench.ports["k2400"])
        answers = [client.ask(message) for _ in range(150)]
        client.close()
        wrong.extend(a for a in answers if not a.startswith(asked[message]))

    threads = [threading.Thread(target=ask, args=(message,)) for message in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
