"""A 2636B's buffers, trigger model, limits and tables, as its manual has them."""

import struct
from collections.abc import Callable
from typing import Any

import pytest

OHMS = 1e4
ON = "smua.source.limiti=1e-3 smua.source.levelv=0.5 smua.source.output=1 "


def test_readings_go_into_a_buffer_with_what_was_asked_for(wire: Any) -> None:
    wire.tell(
        "smua.nvbuffer1.collecttimestamps=1 smua.nvbuffer1.collectsourcevalues=1 "
        "smua.measure.count=3 smua.measure.interval=0.5 "
        + ON
        + "smua.measure.i(smua.nvbuffer1)"
    )

    values = wire.numbers(
        "local b=smua.nvbuffer1 "
        "printbuffer(1,b.n,b.readings,b.sourcevalues,b.timestamps)"
    )
    assert values[0::3] == pytest.approx([0.5 / OHMS] * 3, rel=1e-2)
    assert values[1::3] == [0.5] * 3
    assert values[2::3] == pytest.approx([0, 0.5, 1.0], abs=1e-4)


def test_a_column_that_was_not_asked_for_is_refused(wire: Any) -> None:
    wire.tell(ON + "smua.measure.i(smua.nvbuffer1)")

    wire.tell("printbuffer(1,1,smua.nvbuffer1.timestamps)")
    assert wire.errors() == [-286]


def test_what_a_buffer_collects_changes_only_while_it_is_empty(wire: Any) -> None:
    wire.tell(ON + "smua.measure.i(smua.nvbuffer1)")

    wire.tell("smua.nvbuffer1.collecttimestamps=1")
    wire.tell("smua.nvbuffer1.clear() smua.nvbuffer1.collecttimestamps=1")
    assert wire.errors() == [-286]
    assert wire.numbers("print(smua.nvbuffer1.collecttimestamps)") == [1]


def test_only_append_mode_keeps_what_was_there(wire: Any) -> None:
    twice = (
        ON + "for k=1,2 do smua.measure.i(smua.nvbuffer1) end print(smua.nvbuffer1.n)"
    )

    assert wire.numbers(twice) == [1]
    assert wire.numbers("smua.nvbuffer1.appendmode=1 " + twice) == [3]


@pytest.mark.parametrize(
    ("mode", "kept"),
    [("0", [1, 2, 3]), ("1", [4, 2, 3])],
    ids=["a full buffer discards", "a window begins anew"],
)
def test_a_full_buffer(wire: Any, mode: str, kept: list[float]) -> None:
    wire.tell(
        f"b=smua.makebuffer(3) b.appendmode=1 b.fillmode={mode} "
        "b.collectsourcevalues=1 smua.source.output=1 "
        "for k=1,4 do smua.source.levelv=k smua.measure.v(b) end"
    )

    assert wire.numbers("printbuffer(1,3,b.sourcevalues)") == kept
    assert wire.numbers("print(b.n,b.capacity)") == [3, 3]


@pytest.mark.parametrize("form", ["REAL32", "REAL64"])
@pytest.mark.parametrize("order", ["LITTLEENDIAN", "BIGENDIAN"])
def test_a_block_of_readings_is_as_wide_and_turned_as_asked(
    wire: Any, form: str, order: str
) -> None:
    wire.tell(f"format.data=format.{form} format.byteorder=format.{order}")
    wire.tell("printnumber(1.5,-2)")

    code = ("<" if order == "LITTLEENDIAN" else ">") + ("2f" if "32" in form else "2d")
    assert wire.resource.read_raw() == b"#0" + struct.pack(code, 1.5, -2) + b"\n"


SWEEP = (
    "smua.trigger.source.listv({0.1,0.2,0.3}) smua.trigger.source.action=smua.ENABLE "
    "smua.trigger.measure.iv(smua.nvbuffer1,smua.nvbuffer2) "
    "smua.trigger.measure.action=smua.ENABLE smua.trigger.count=3 "
    "smua.source.output=1 smua.trigger.initiate() "
)
DONE = "waitcomplete() printbuffer(1,3,smua.nvbuffer1,smua.nvbuffer2)"


def test_a_triggered_sweep_fills_both_buffers(wire: Any) -> None:
    values = wire.numbers(SWEEP + DONE)

    assert values[1::2] == pytest.approx([0.1, 0.2, 0.3], rel=1e-2)
    assert values[0::2] == pytest.approx([1e-5, 2e-5, 3e-5], rel=1e-2)


def test_a_sweep_runs_beside_the_messages_and_ends(wire: Any) -> None:
    wire.tell(SWEEP)

    assert wire.numbers("print(status.operation.sweeping.condition)") == [2]
    assert wire.numbers("print(smua.nvbuffer1.n)")[0] < 3
    assert float(wire.ask("*OPC?")) == 1
    assert wire.numbers("print(status.operation.sweeping.condition)") == [0]
    assert wire.numbers("print(smua.nvbuffer1.n)") == [3]


def test_the_end_of_a_sweep_requests_service(wire: Any) -> None:
    wire.tell("*CLS\n*ESE 1\n*SRE 32")
    wire.tell(SWEEP)
    wire.tell("*OPC")

    wire.resource.wait_for_srq(10_000)

    assert wire.numbers("print(smua.nvbuffer1.n)") == [3]


@pytest.mark.parametrize(
    ("action", "level"), [("SOURCE_IDLE", 1.0), ("SOURCE_HOLD", 0.3)]
)
def test_the_end_of_a_sweep_holds_or_goes_back(
    wire: Any, action: str, level: float
) -> None:
    wire.tell(f"smua.source.levelv=1 smua.trigger.endsweep.action=smua.{action}")

    wire.tell(SWEEP + "waitcomplete()")

    assert wire.circuit.source.level == level
    assert wire.numbers("print(smua.source.levelv)") == [1]


def test_an_armed_sweep_waits_for_the_bus_trigger(wire: Any) -> None:
    wire.tell("smua.trigger.arm.stimulus=trigger.EVENT_ID " + SWEEP)
    wire.clock.sleep(10.0)

    assert wire.numbers("print(smua.nvbuffer1.n)") == [0]
    wire.tell("*TRG")
    assert len(wire.numbers(DONE)) == 6


def test_a_device_clear_ends_a_sweep_where_it_is(wire: Any) -> None:
    wire.tell(SWEEP)
    wire.clock.sleep(0.06)
    wire.ask("*IDN?")

    wire.resource.clear()
    wire.clock.sleep(10.0)

    assert wire.numbers("print(status.operation.sweeping.condition)") == [0]
    assert wire.numbers("print(smua.nvbuffer1.n)")[0] < 3


def test_a_step_beyond_a_fixed_range_is_an_error_and_not_driven(wire: Any) -> None:
    wire.tell("smua.source.rangev=0.2 " + SWEEP + "waitcomplete()")

    assert wire.errors() == [1101]
    values = wire.numbers("printbuffer(1,3,smua.nvbuffer2)")
    assert values == pytest.approx([0.1, 0.2, 0.2], rel=1e-2)


def test_a_timer_paces_a_sweep(wire: Any) -> None:
    wire.tell(
        "smua.nvbuffer1.collecttimestamps=1 trigger.timer[1].delay=0.5 "
        "trigger.timer[1].count=2 trigger.timer[1].passthrough=true "
        "trigger.timer[1].stimulus=smua.trigger.ARMED_EVENT_ID "
        "smua.trigger.source.stimulus=trigger.timer[1].EVENT_ID " + SWEEP
    )

    times = wire.numbers("waitcomplete() printbuffer(1,3,smua.nvbuffer1.timestamps)")
    assert times == pytest.approx([0, 0.5, 1.0], abs=1e-3)


def test_measuring_beside_the_script_takes_its_time(wire: Any) -> None:
    wire.tell(ON + "smua.measure.count=5 smua.measure.overlappedi(smua.nvbuffer1)")

    assert wire.numbers("print(smua.nvbuffer1.n)")[0] < 5
    assert wire.numbers("waitcomplete() print(smua.nvbuffer1.n)") == [5]


@pytest.mark.parametrize(
    ("call", "levels"),
    [
        ("SweepVLinMeasureI(smua,0.1,0.3,0.01,3)", [0.1, 0.2, 0.3]),
        ("SweepVLogMeasureI(smua,0.1,10,0,3)", [0.1, 1.0, 10.0]),
        ("SweepVListMeasureI(smua,{0.3,-0.1},0.01,2)", [0.3, -0.1]),
        ("SweepILinMeasureV(smua,1e-6,3e-6,0,3)", [1e-6, 2e-6, 3e-6]),
    ],
)
def test_factory_sweeps_measure_and_leave_the_output_off(
    wire: Any, call: str, levels: list[float]
) -> None:
    wire.tell(call)

    given = wire.numbers(f"printbuffer(1,{len(levels)},smua.nvbuffer1.sourcevalues)")
    assert given == pytest.approx(levels)
    assert wire.numbers("print(smua.source.output,smua.source.levelv)") == [0, 0]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        # a source reaches 101 % of its range
        ("smua.source.rangev=2 smua.source.levelv=2.02", None),
        ("smua.source.rangev=2 smua.source.levelv=2.03", 1101),
        ("smua.source.levelv=202", None),
        ("smua.source.leveli=1.515", None),
        ("smua.source.leveli=1.52", 1101),
        ("smua.source.limitv=0.01", 1102),
        ("smua.measure.nplc=26", 1101),
        ("smua.measure.nplc=0.0009", 1102),
        ("smua.sense=3", 1101),
    ],
)
def test_the_manuals_limits(wire: Any, settings: str, code: int | None) -> None:
    wire.tell(settings)

    assert wire.errors() == ([] if code is None else [code])


def test_no_more_than_101_ma_flow_on_the_200_volt_range(wire: Any) -> None:
    """Operating boundaries, manual 4-13; the limit that was set is read back."""
    wire.tell("smua.source.rangev=200 smua.source.limiti=1 smua.source.output=1")

    assert wire.circuit.source.limit == pytest.approx(0.101)
    assert wire.numbers("print(smua.source.limiti)") == [1]
    wire.tell("smua.source.rangev=20")
    assert wire.circuit.source.limit == 1


def test_the_200_volt_range_stays_off_without_the_interlock(
    make_wire: Callable[..., Any],
) -> None:
    wire = make_wire(interlock_open=True)
    wire.tell("smua.source.rangev=200 smua.source.output=1")

    assert wire.errors() == [802]
    assert not wire.circuit.source.on
    wire.tell("smua.source.rangev=20 smua.source.output=1")
    assert wire.circuit.source.on


@pytest.mark.parametrize("change", ["levelv=30", "rangev=200"])
def test_no_way_leads_onto_the_200_volt_range_without_the_interlock(
    make_wire: Callable[..., Any], change: str
) -> None:
    wire = make_wire(interlock_open=True)
    wire.tell("smua.source.levelv=5 smua.source.output=1")

    wire.tell(f"smua.source.{change}")

    assert wire.errors() == [802]
    assert wire.circuit.source.level == 5
    assert wire.numbers("print(smua.source.rangev,smua.source.autorangev)") == [20, 1]


def test_a_fixed_measure_range_holds_the_current_at_102_percent(wire: Any) -> None:
    wire.tell("smua.measure.rangei=1e-5 smua.source.levelv=0.1005 smua.source.output=1")
    (inside,) = wire.numbers("print(smua.measure.i())")
    wire.tell("smua.source.limiti=1e-3 smua.source.levelv=0.5")

    assert inside == pytest.approx(1.005e-5, rel=1e-2)
    assert wire.numbers("print(smua.measure.i())") == pytest.approx([1.02e-5], rel=1e-2)


def test_a_repeating_filter_averages_and_takes_its_time(wire: Any) -> None:
    wire.tell(ON)
    wire.tell("timer.reset() smua.measure.i() x=timer.measure.t()")
    wire.tell(
        "smua.measure.filter.count=10 smua.measure.filter.enable=1 "
        "timer.reset() smua.measure.i() y=timer.measure.t()"
    )

    (ratio,) = wire.numbers("print(y/x)")
    assert 9 < ratio < 11


def test_tables_can_be_asked_what_is_in_them(wire: Any) -> None:
    wire.tell(
        "loadandrunscript\n"
        "local function names(t) local n = {} for k in pairs(t) do n[#n+1] = k end\n"
        "  table.sort(n) return table.concat(n, ' ') end\n"
        "local m = getmetatable(smua.nvbuffer1)\n"
        "print(names(m.Getters)) print(names(m.Setters)) print(m.luatype)\n"
        "print(type(m.Objects.clear), type(m.Objects.readings))\n"
        "endscript"
    )

    readable, writable, kind, objects = (wire.resource.read() for _ in range(4))
    assert {"n", "capacity", "appendmode"} <= set(readable.split())
    assert "appendmode" in writable.split()
    assert not {"n", "capacity"} & set(writable.split())
    assert kind == "reading_buffer"
    assert objects == "function\ttable"


def test_what_is_not_there_is_nil_and_never_something_else(wire: Any) -> None:
    for name in ("smua.measure.q", "smua.source.levelr", "smuc", "tspnet", "digio"):
        assert wire.ask(f"print({name})") == "nil"


def test_reset_puts_every_attribute_back(wire: Any) -> None:
    """What a client changed is as after power-on, outputs off."""
    table = wire.twin.channels["smua"].values
    before = dict(table)
    wire.tell(ON + "smua.measure.nplc=5 smua.sense=1 smua.source.rangei=1e-3")
    assert table != before

    wire.tell("reset()")

    assert wire.twin.channels["smua"].values == before
    assert not wire.circuit.source.on
