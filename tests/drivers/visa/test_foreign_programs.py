"""What any PyVISA program finds: a bus with timeouts and requests, benches, TCP ports.

What whole programs of others do with the twins is in `tests/peers`.
"""

import socket
from typing import Any

import numpy as np
import pytest
import pyvisa
from pymeasure.instruments.keithley import Keithley2400

from drivers.twins.labsim import backend
from drivers.twins.labsim.benches import SimulatedBench, build_bench
from drivers.twins.labsim.front import serve
from drivers.twins.scpi.commands import query
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.parameters import block
from drivers.twins.visa.library import LabsimLibrary
from labctl.clock import VirtualClock
from labctl.errors import OperatorError


@pytest.fixture
def probe() -> SimulatedBench:
    return build_bench("probe", VirtualClock(0.0))


@pytest.fixture
def hall() -> SimulatedBench:
    return build_bench("hall", VirtualClock(0.0))


def test_measure_on_a_2400_resets_and_switches_on_as_the_manual_says(
    probe: SimulatedBench,
) -> None:
    smu: Any = Keithley2400("GPIB0::24::INSTR", visa_library=probe.library())
    smu.current_nplc = 0.1

    assert isinstance(smu.current, float)
    assert smu.current_nplc == 1.0
    assert smu.source_enabled
    smu.adapter.close()


class Recorder(ScpiTwin):
    @query(":CURVE?")
    def curve(self) -> bytes:
        return block(np.arange(1000, dtype="<f4").tobytes())


def test_binary_blocks_with_line_feeds_inside_arrive_whole() -> None:
    twin = Recorder(VirtualClock(0.0))
    library = LabsimLibrary.around({"GPIB0::1::INSTR": twin})
    manager = pyvisa.ResourceManager(library)
    resource: Any = manager.open_resource("GPIB0::1::INSTR")

    values = resource.query_binary_values(":CURVE?", datatype="f")

    resource.close()
    manager.close()
    assert values == list(range(1000))


def test_a_message_too_slow_for_its_timeout_fails_as_on_the_bus(
    probe: SimulatedBench,
) -> None:
    manager = pyvisa.ResourceManager(probe.library())
    smu: Any = manager.open_resource("GPIB0::24::INSTR", read_termination="\n")
    smu.write(":SENS:CURR:NPLC 10;:OUTP 1")
    smu.timeout = 300

    with pytest.raises(pyvisa.VisaIOError):
        smu.query(":READ?")
    smu.timeout = 2000
    assert len(smu.read().split(",")) == 5
    smu.close()
    manager.close()


def test_the_end_of_a_sweep_can_be_waited_for_by_service_request(
    probe: SimulatedBench,
) -> None:
    manager = pyvisa.ResourceManager(probe.library())
    smu: Any = manager.open_resource("GPIB0::24::INSTR", read_termination="\n")
    smu.write("*RST;*CLS;*ESE 1;*SRE 32;:OUTP 1;:TRIG:COUN 50;:INIT;*OPC")

    smu.wait_for_srq(20000)

    assert len(smu.query(":FETC?").split(",")) == 250
    smu.close()
    manager.close()


def test_labsim_is_found_by_its_name() -> None:
    assert issubclass(backend.WRAPPER_CLASS, LabsimLibrary)
    manager = pyvisa.ResourceManager("hall-virtual@labsim")
    source: Any = manager.open_resource("GPIB0::12::INSTR", read_termination="\n")

    assert "6221" in source.query("*IDN?")
    assert "GPIB0::7::INSTR" in manager.list_resources()
    source.close()
    manager.close()


def test_an_address_without_a_twin_is_not_found(probe: SimulatedBench) -> None:
    manager = pyvisa.ResourceManager(probe.library())

    with pytest.raises(pyvisa.VisaIOError, match="RSRC_NFOUND"):
        manager.open_resource("GPIB0::1::INSTR")
    manager.close()


def test_twins_answer_on_tcp_one_port_each(probe: SimulatedBench) -> None:
    with serve(probe, "127.0.0.1", 0) as served:
        assert len(set(served.ports.values())) == len(probe.instruments)
        port = served.ports["k2400"]
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"\n:SOUR:VOLT 0.5\n:SOUR:VOLT?\r\n*IDN?\n")
            answer = b""
            while answer.count(b"\n") < 2:
                answer += client.recv(1000)

    assert answer.startswith(b"+5.000000E-01\nKEITHLEY")


def test_twins_are_served_to_this_machine_only(probe: SimulatedBench) -> None:
    with pytest.raises(OperatorError, match="this machine only"):
        serve(probe, "0.0.0.0", 0)  # noqa: S104
