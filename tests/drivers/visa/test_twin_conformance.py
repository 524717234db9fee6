"""One suite over every twin, through PyVISA: what any program may rely on."""

from typing import Any

import pytest
import pyvisa
from pairs import twin_of
from pyvisa.constants import StatusCode

from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from labctl.clock import VirtualClock
from labctl.roles.driver import Setup

SCPI = {
    "2000": "keithley-2000",
    "2182A": "keithley-2182a",
    "2400": "keithley-2400",
    "2450": "keithley-2450",
    "6221": "keithley-6221",
    "6430": "keithley-6430",
    "6487": "keithley-6487",
    "6517B": "keithley-6517b",
    "7001": "keithley-7001",
    "B2901A": "keysight-b2901a",
}
PLAIN = {
    "336": "lakeshore-336",
    "425": "lakeshore-425",
    "475": "lakeshore-475",
    "643": "lakeshore-643",
}
TSP = {"2636B": "keithley-2636b"}
ALL = {**SCPI, **PLAIN, **TSP}


class Bus:
    """One twin behind an unmodified PyVISA resource."""

    def __init__(self, driver: str, address: str = "GPIB0::5::INSTR") -> None:
        self.clock = VirtualClock(0.0)
        self.circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
        setup = Setup("x", driver, address)
        library = twin_of(driver)(setup, self.circuit, self.clock)
        self.manager = pyvisa.ResourceManager(library)
        end = "\r\n" if driver in PLAIN.values() else "\n"
        self.resource: Any = self.manager.open_resource(
            address, read_termination=end, write_termination="\n"
        )

    def ask(self, message: str) -> str:
        return str(self.resource.query(message))

    def tell(self, message: str) -> None:
        self.resource.write(message)

    def close(self) -> None:
        self.resource.close()
        self.manager.close()


@pytest.fixture
def bus(request: pytest.FixtureRequest) -> Any:
    made = Bus(ALL[request.param])
    yield made
    made.close()


every = pytest.mark.parametrize("bus", ALL, indirect=True)
scpi = pytest.mark.parametrize("bus", SCPI, indirect=True)
plain = pytest.mark.parametrize("bus", PLAIN, indirect=True)


@pytest.mark.parametrize("model", ALL)
def test_a_twin_identifies_itself_with_four_fields(model: str) -> None:
    bus = Bus(ALL[model])

    fields = bus.ask("*IDN?").split(",")

    bus.close()
    assert len(fields) == 4
    assert model in fields[1].upper()


@every
def test_a_read_without_a_question_times_out_in_the_instruments_time(bus: Bus) -> None:
    bus.resource.timeout = 700

    with pytest.raises(pyvisa.VisaIOError) as caught:
        bus.resource.read()
    assert caught.value.error_code == StatusCode.error_timeout
    assert bus.clock.now() == pytest.approx(0.7)


@every
def test_a_wrong_message_gives_no_answer(bus: Bus) -> None:
    bus.tell("NONSENSE:WORD 1")

    bus.resource.timeout = 100
    with pytest.raises(pyvisa.VisaIOError):
        bus.resource.read()


@every
def test_a_device_clear_empties_the_answers(bus: Bus) -> None:
    bus.tell("*IDN?")

    bus.resource.clear()

    assert bus.ask("*TST?").strip() == "0"


@every
def test_operation_complete_is_answered_when_nothing_runs(bus: Bus) -> None:
    assert bus.ask("*OPC?") == "1"


@every
def test_the_event_register_starts_with_power_on_and_clears_when_read(
    bus: Bus,
) -> None:
    assert float(bus.ask("*ESR?")) == 128
    assert float(bus.ask("*ESR?")) == 0


@scpi
def test_wrong_headers_land_in_the_error_queue(bus: Bus) -> None:
    bus.tell("*CLS;:NONSENSE:WORD 1")

    assert bus.ask(":SYST:ERR?").startswith("-113,")
    assert bus.ask(":SYSTEM:ERROR:NEXT?") == '0,"No error"'


@scpi
def test_half_a_mnemonic_is_undefined(bus: Bus) -> None:
    bus.tell("*CLS;:SYSTE:ERR?")

    assert bus.ask(":SYST:ERR?").startswith("-113,")


@scpi
def test_queries_of_one_message_answer_in_one_message(bus: Bus) -> None:
    answer = bus.ask("*CLS;:SYST:VERS?;ERR?;:STAT:QUES:COND?;*OPC?")

    assert answer == '1999.0;0,"No error";0;1'


@scpi
def test_enables_survive_a_reset(bus: Bus) -> None:
    bus.tell("*ESE 60;*SRE 36;*RST")

    assert bus.ask("*ESE?;*SRE?") == "60;36"
    bus.tell("*CLS;:STAT:PRES")
    assert bus.ask("*ESE?;*SRE?;:STAT:OPER:ENAB?") == "60;36;0"


@scpi
def test_a_reset_leaves_no_error(bus: Bus) -> None:
    bus.tell("*CLS;*RST")

    assert bus.ask(":SYST:ERR?") == '0,"No error"'


@scpi
def test_the_status_byte_shows_errors_and_a_poll_takes_the_request(bus: Bus) -> None:
    bus.tell("*CLS;*SRE 4;:NONSENSE")

    assert bus.resource.read_stb() & 0x44 == 0x44
    assert bus.resource.read_stb() & 0x44 == 0x04


@scpi
def test_a_service_request_can_be_waited_for(bus: Bus) -> None:
    bus.tell("*CLS;*SRE 4;:NONSENSE")

    bus.resource.wait_for_srq(1000)

    assert bus.ask(":SYST:ERR?").startswith("-113")


@scpi
def test_nobody_asking_for_service_is_a_timeout(bus: Bus) -> None:
    bus.tell("*CLS;*SRE 4")

    with pytest.raises(pyvisa.VisaIOError):
        bus.resource.wait_for_srq(500)


@plain
def test_lake_shore_reports_errors_only_in_the_event_register(bus: Bus) -> None:
    bus.tell("*CLS")

    bus.tell("NONSENSE 1")

    assert bus.ask("*ESR?") == "32"
    assert bus.ask("*ESR?") == "0"


@plain
def test_lake_shores_package_gets_its_event_register_on_the_same_line(
    bus: Bus,
) -> None:
    bus.tell("*CLS")

    assert bus.ask("*TST?; *ESR?") == "0;0"


@pytest.mark.parametrize("bus", TSP, indirect=True)
def test_tsp_has_its_own_error_queue(bus: Bus) -> None:
    bus.tell("this is not lua")

    assert float(bus.ask("print(errorqueue.count)")) == 1
    code, text, _, _ = bus.ask("print(errorqueue.next())").split("\t")
    assert float(code) == -285
    assert text
    assert float(bus.ask("print(errorqueue.next())").split("\t")[0]) == 0


@pytest.mark.parametrize("bus", TSP, indirect=True)
@pytest.mark.parametrize(
    "chunk",
    ["python.eval('1')", "os.execute('ls')", "print(smua.__class__.__mro__)"],
)
def test_lua_has_no_way_to_the_machine(bus: Bus, chunk: str) -> None:
    bus.tell(chunk)

    assert float(bus.ask("print(errorqueue.count)")) == 1


@pytest.mark.parametrize("bus", TSP, indirect=True)
def test_a_script_is_collected_and_run(bus: Bus) -> None:
    for line in ("loadandrunscript", "for k = 1, 3 do", "print(k)", "end", "endscript"):
        bus.tell(line)

    assert [float(bus.resource.read()) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("bus", TSP, indirect=True)
def test_a_current_beyond_the_2636b_is_error_1101(bus: Bus) -> None:
    bus.tell("smua.source.leveli=2")

    assert bus.ask("print(errorqueue.next())").startswith("1.10100e+03")
    assert float(bus.ask("print(smua.source.leveli)")) == 0.0


@pytest.mark.parametrize(
    ("model", "node", "inside", "beyond"),
    [
        ("2400", ":SOUR:VOLT", 1.5, 150.0),
        ("2450", ":SOUR:VOLT", 1.5, 150.0),
        ("B2901A", ":SOUR:VOLT", 1.5, 150.0),
        ("6221", ":SOUR:CURR", 1e-3, 0.05),
    ],
)
def test_a_level_beyond_a_fixed_range_leaves_the_earlier_one(
    model: str, node: str, inside: float, beyond: float
) -> None:
    bus = Bus(ALL[model])
    bus.tell(f"{node}:RANG {inside};{node} {inside}")

    bus.tell(f"{node} {beyond}")

    assert "-222" in bus.ask(":SYST:ERR?")
    assert float(bus.ask(f"{node}?")) == inside
    bus.close()
