"""Drivers and twins share a name and a wire, and a driver knows nothing of its twin."""

import subprocess
import sys

import pytest

from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from labctl import plugins
from labctl.clock import VirtualClock
from labctl.errors import OperatorError
from labctl.roles.driver import Setup
from labctl.station import SimulatedWires, Station

LOAD_ALL = """
import sys
from labctl import plugins
for name in plugins.names(plugins.DRIVERS):
    plugins.driver(name)
print(*(name for name in sys.modules if name.startswith(("drivers.twins", "lupa"))))
"""


def test_every_driver_has_a_twin_of_its_name() -> None:
    assert plugins.names(plugins.TWINS) == plugins.names(plugins.DRIVERS)


def test_loading_every_driver_imports_nothing_of_the_simulation() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALL], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == ""


def test_a_driver_without_a_twin_is_not_simulated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plugins, "TWINS", "labctl.nobody")
    setup = Setup("smu", "keithley-2400", "GPIB0::24::INSTR")
    station = Station([setup], {}, VirtualClock(), SimulatedWires(None))

    with pytest.raises(OperatorError, match="'keithley-2400' has no twin"):
        station.players("smu")


def test_without_lua_only_what_speaks_it_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "lupa", None)
    names = [
        name
        for name in plugins.names(plugins.TWINS)
        if isinstance(plugins.twin(name), VisaTwin)
    ]
    clock, missing = VirtualClock(), {}

    for name in names:
        try:
            plugins.twin(name)(Setup(name, name, "GPIB0::1::INSTR"), Circuit(), clock)
        except OperatorError as error:
            missing[name] = str(error)

    assert list(missing) == ["keithley-2636b"]
    assert "pip install 'labctl-bench[sim]'" in missing["keithley-2636b"]


def test_no_driver_imports_what_a_makers_other_models_need() -> None:
    asked = LOAD_ALL + "print('pandas' in sys.modules)"  # by way of PyMeasure's 2281S
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["False"]
