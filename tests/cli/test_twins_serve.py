"""``labctl twins serve`` as another program meets it: a process, ports, TCP."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import pyvisa

COMMAND = (sys.executable, "-m", "labctl", "twins", "serve", "--json")


@pytest.fixture
def probe_ports() -> Iterator[Mapping[str, int]]:
    server = subprocess.Popen(
        [*COMMAND, "--bench", "probe", "--port-base", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    yield json.loads(server.stdout.readline())["ports"]
    server.send_signal(signal.SIGTERM)
    _, said = server.communicate(timeout=20)

    assert server.returncode == 0, said
    assert "Traceback" not in said


def test_a_foreign_visa_program_measures_on_a_served_twin(
    probe_ports: Mapping[str, int],
) -> None:
    manager = pyvisa.ResourceManager("@py")
    smu: Any = manager.open_resource(
        f"TCPIP::127.0.0.1::{probe_ports['k2400']}::SOCKET",
        read_termination="\n",
        write_termination="\n",
    )
    smu.write("*RST;:SENS:FUNC 'CURR';:SOUR:VOLT 0.5;:OUTP 1")
    current = float(smu.query(":READ?").split(",")[1])
    smu.close()
    manager.close()

    assert current == pytest.approx(5e-5, rel=1e-2)  # 0.5 V on a pellet of 10 kΩ


def test_a_set_and_query_pair_is_not_held_back_by_nagle(
    probe_ports: Mapping[str, int],
) -> None:
    with socket.create_connection(("127.0.0.1", probe_ports["k2400"])) as line:
        begun = time.perf_counter()
        for _ in range(20):
            line.sendall(b":SOUR:VOLT 0.1\n")
            line.sendall(b":SOUR:VOLT?\n")
            assert line.recv(100) == b"+1.000000E-01\n"
        spent = time.perf_counter() - begun

    assert spent < 20 * 0.04  # a stalled pair costs 40 ms and more


def test_a_taken_port_is_named_and_nothing_is_served() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "--port-base", str(port)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 2
    assert "port" in done.stderr
    assert done.stdout == ""
