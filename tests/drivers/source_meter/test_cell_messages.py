"""What goes to a source meter on a cell, message by message; never a reset."""

from typing import Any

import pytest
from meter_rig import MeterRig, down_to

from labctl.errors import LabctlError
from labctl.techniques import ConstantCurrent, ConstantVoltage, OpenCircuit, Recording

QUICK = Recording(every_s=1.0)


class Heard:
    """Every message that the twin carried out, in order."""

    def __init__(self, rig: MeterRig) -> None:
        self.messages: list[str] = []
        carry_out = rig.twin.execute

        def execute(message: str) -> Any:
            self.messages.append(message)
            return carry_out(message)

        rig.twin.execute = execute

    def before(self, part: str) -> list[str]:
        """Return what was told before the first message with ``part``."""
        at = next(i for i, said in enumerate(self.messages) if part in said)
        return self.messages[:at]


@pytest.mark.parametrize(
    ("model", "on", "off_state"),
    [
        ("2450", ":OUTP 1", "SMOD HIMP"),
        ("2460", ":OUTP 1", "SMOD HIMP"),
        ("2636B", "output=1", "offmode=2"),
    ],
)
def test_high_impedance_stands_before_anything_is_switched_on(
    model: str, on: str, off_state: str
) -> None:
    rig = MeterRig(model)
    heard = Heard(rig)

    rig.run(ConstantCurrent(-1e-3, 2.0, down_to(0.05), QUICK))

    assert any(off_state in said for said in heard.before(on))
    assert not any("*RST" in said or "reset()" in said for said in heard.messages)


def test_the_smaller_limit_stands_while_the_level_moves() -> None:
    rig = MeterRig()
    heard = Heard(rig)

    rig.run(
        ConstantVoltage(0.9, 2.0, (), QUICK, max_current=1e-4),
        ConstantVoltage(0.8, 2.0, (), QUICK, max_current=1e-2),
        ConstantVoltage(0.9, 2.0, (), QUICK, max_current=1e-3),
    )

    moves = [said for said in heard.messages if "ILIM 1.0" in said and ";" in said]
    larger, smaller = moves[-2:]
    assert larger.index(":SOUR:VOLT 8") < larger.index("ILIM 1.000000000E-02")
    assert smaller.index("ILIM 1.000000000E-03") < smaller.index(":SOUR:VOLT 9")


def test_the_relay_stays_closed_from_discharge_to_charge() -> None:
    rig = MeterRig()
    heard = Heard(rig)
    pulse = 2e-3

    rig.run(
        ConstantCurrent(-pulse, 2.0, (), QUICK),
        ConstantCurrent(pulse, 2.0, (), QUICK),
        OpenCircuit(2.0, QUICK),
    )

    # on for two looks before (four wires, two wires), for the pulses, for the rest
    assert sum(":OUTP 1" in said for said in heard.messages) == 4


SPOILED = (
    b"",
    b"+1.0,+2.0",
    b"a,b,c;0;1",
    b"+1.0,+2.0,+3.0;2;1",
    b"+9.91E+37,+9.91E+37,+9.91E+37;0;1",
)


@pytest.mark.parametrize("answer", SPOILED)
def test_an_answer_that_is_none_makes_no_row(answer: bytes) -> None:
    rig = MeterRig(options={"echo": False})
    rig.load(OpenCircuit(60.0))
    rig.channel.start()
    rig.channel.poll()
    rig.twin.tamper = lambda said: answer + b"\n" if b"," in said else said
    rig.clock.sleep(rig.channel.next_look)

    with pytest.raises(LabctlError):
        rig.channel.poll()
