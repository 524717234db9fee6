"""What a source meter cannot do is refused by name before anything is switched on."""

import math
from typing import Any

import pytest
from meter_rig import BENCH, LONGEST, MeterRig, down_to, refusals, up_to

from drivers.visa.cell_options import CellOptions
from labctl.errors import InstrumentError, NotOursError, OwnershipError, RefusedError
from labctl.roles.driver import Setup
from labctl.techniques import (
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Spectrum,
    Technique,
    VoltageSweep,
)

REFUSED: dict[str, tuple[str, Technique, str]] = {
    "no sine": ("2450", Spectrum(False, 0.5, 0.01, 1e5, 1.0), "no impedance"),
    "no sine of current": (
        "2460",
        Spectrum(True, 0.0, 1e-4, 1e3, 1.0),
        "galvanostatic",
    ),
    "2450: 1.05 A": (
        "2450",
        ConstantCurrent(2.0, 60.0, up_to(1.0)),
        "beyond the output",
    ),
    # 8 V stands on the 10 V range, where 5.25 A are all
    "2460: 7 A, not at 8 V": (
        "2460",
        ConstantVoltage(8.0, 60.0, max_current=7.0),
        "5.25 A",
    ),
    "2636B: 1.5 A": ("2636B", ConstantCurrent(-1.6, 60.0, down_to(0.0)), "1.51 A"),
    "below the least limit": (
        "2450",
        ConstantCurrent(1e-11, 60.0, up_to(1.0)),
        "smallest",
    ),
    "beyond its voltage": (
        "2460",
        ConstantVoltage(110.0, 60.0),
        "beyond the output's 105",
    ),
    # 100 mV/s at ten looks a second would be stairs of 10 mV
    "a scan too fast": ("2450", VoltageSweep((0.0, 1.0), 0.1), "staircase of 0.01 V"),
    "no end in sight of zero": (
        "2450",
        ConstantPower(-1e-3, 60.0, down_to(0.0)),
        "zero or less",
    ),
    "a voltage that is none": ("2450", ConstantVoltage(math.nan, 60.0), "no voltage"),
    "a vertex that is none": (
        "2450",
        VoltageSweep((0.5, math.nan, 0.5), 1e-3),
        "no voltage",
    ),
    "a loop of nothing": ("2450", Loop(0, 3), "not before it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_output_cannot_do_is_refused_by_name(case: str) -> None:
    model, technique, words = REFUSED[case]
    rig = MeterRig(model)

    (complaint, *_) = refusals([technique], rig.channel)

    assert complaint.path == ("techniques", 0)
    assert complaint.what.startswith(f"{technique.kind}: ")
    assert words in complaint.what


def test_a_current_without_any_voltage_to_end_at_is_refused() -> None:
    rig = MeterRig()

    with pytest.raises(RefusedError, match="none is stated"):
        rig.channel.rehearse([ConstantCurrent(1e-3, 60.0)])


def test_a_cut_off_that_is_met_already_is_refused_at_load() -> None:
    rig = MeterRig()  # the cell is at about 1 V

    with pytest.raises(RefusedError, match="already met"):
        rig.load(ConstantCurrent(-1e-3, LONGEST, down_to(2.0)))


def test_an_output_that_somebody_else_has_on_is_neither_loaded_over_nor_stopped() -> (
    None
):
    rig = MeterRig()
    rig.load(OpenCircuit(60.0))
    rig.channel.start()
    other = rig.opened()

    with pytest.raises(NotOursError, match="left alone"):
        other.load([OpenCircuit(60.0)], BENCH)
    other.make_safe()

    assert rig.channel.poll().running


def test_what_runs_is_not_loaded_over() -> None:
    rig = MeterRig()
    rig.load(OpenCircuit(60.0))
    rig.channel.start()

    with pytest.raises(OwnershipError, match="wait for its end"):
        rig.load(OpenCircuit(60.0))


@pytest.mark.parametrize("model", ["2450", "2636B"])
def test_a_cell_without_its_sense_leads_is_not_driven(model: str) -> None:
    rig = MeterRig(model)
    front(rig).lifted = True
    before = rig.cell.charge

    with pytest.raises(InstrumentError, match="Connect the sense leads"):
        rig.load(ConstantCurrent(-1e-3, LONGEST, down_to(0.05)))

    assert rig.truth[1] == 0.0
    assert rig.cell.charge == pytest.approx(before, abs=1e-6)


def test_two_wires_need_no_sense_leads() -> None:
    rig = MeterRig("2460", options={"cell": {"wires": 2}})
    front(rig).lifted = True

    found = rig.run(ConstantCurrent(-1e-3, 60.0, down_to(0.05)))

    assert found.amperes(0)[-1] == pytest.approx(-1e-3, rel=2e-3)


def front(rig: MeterRig) -> Any:
    twin = rig.twin
    return twin.channels["smub"].front if hasattr(twin, "channels") else twin.front


OPTIONS: dict[str, tuple[Any, str]] = {
    "three wires": ({"wires": 3}, "neither 2 nor 4"),
    "a misspelt key": ({"wire": 4}, "no such option"),
    "no mapping": ("4", "no mapping"),
    "an integration of a second": ({"nplc": 60}, "outside"),
    "a poll an hour": ({"poll_every": "1 h"}, "outside"),
    "corners that rise": ({"corners": [["1 V", 1], ["2 V", 3]]}, "no list of voltages"),
    "a word": ({"nplc": "many"}, "many"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_a_wrong_option_is_refused_where_it_stands(case: str) -> None:
    said, words = OPTIONS[case]

    with pytest.raises(RefusedError, match=words) as refused:
        CellOptions.of(Setup("smu", "keithley-2460", "X", {"cell": said}))

    assert refused.value.complaints[0].path[:4] == (
        "instruments",
        "smu",
        "options",
        "cell",
    )


def test_corners_of_the_configuration_win_over_the_drivers() -> None:
    cell = {"corners": [["5 V", "3 A"], ["20 V", "1 A"]]}

    rig = MeterRig("2460", options={"cell": cell})

    assert rig.channel.capability().current == 3.0
