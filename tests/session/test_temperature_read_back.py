"""What a thermometer says is compared with the last row of an interrupted run."""

import math
from collections.abc import Callable

import pytest
from simple_chamber import SimpleChamber

from labctl.clock import VirtualClock
from labctl.columns import SURFACE_TEMPERATURE
from labctl.config.models import SafetyConfig
from labctl.engine.auxiliaries import Auxiliaries, AuxiliaryChannel
from labctl.engine.ledger import StepTotals
from labctl.engine.situation import Recorded
from labctl.errors import LinkError
from labctl.roles.chamber import ChamberBounds
from labctl.session.read_back import Compared, compare, compare_temperatures
from labctl.session.thermometers import TemperatureBeside
from labctl.station import LentBench


class Says:
    """A thermometer."""

    def __init__(self, celsius: float) -> None:
        self.told = celsius

    def celsius(self) -> float:
        return self.told


class Oven(SimpleChamber):
    """A chamber as drivers are: its bounds are a property."""

    bounds = ChamberBounds(0.0, 80.0)


def silent() -> Says:
    raise LinkError("logger does not answer")


def compared(find: Callable[[], Says], before: float) -> Compared:
    """Compare with a thermometer that is opened at its first reading."""
    beside = TemperatureBeside(SURFACE_TEMPERATURE)
    one = AuxiliaryChannel("t", "logger/1", 10.0, beside, None, find=find)
    last = {SURFACE_TEMPERATURE.name: before}
    recorded = Recorded(totals=StepTotals(0.0, last=last))
    return compare_temperatures(
        Auxiliaries(VirtualClock(0.0), [one]), recorded, band=5.0
    )


@pytest.mark.parametrize(
    ("now", "before", "text", "refused"),
    [
        # within the band, and beyond it on either side
        (27.0, 25.0, "is 27.0 °C, the run left it at 25.0 °C", False),
        (31.0, 25.0, "is 31.0 °C, the run left it at 25.0 °C", True),
        (25.0, 45.0, "is 25.0 °C, the run left it at 45.0 °C", True),
        # unknown then, or now: said, and nothing is stopped for it
        (25.0, math.nan, "is 25.0 °C, the run left it at unknown", False),
        (math.nan, 25.0, "is unknown, the run left it at 25.0 °C", False),
    ],
)
def test_a_temperature_is_compared_within_the_band(
    now: float, before: float, text: str, refused: bool
) -> None:
    found = compared(lambda: Says(now), before)

    assert text in found.said[0].text
    assert bool(found.wrong) is refused


@pytest.mark.parametrize("has_chamber", [True, False])
def test_a_run_with_a_chamber_brings_its_temperature_back_itself(
    has_chamber: bool,
) -> None:
    # It was measured at 45 °C; the chamber was made safe and is as cold as the room.
    clock = VirtualClock(0.0)
    roles = {"chamber": Oven(clock)} if has_chamber else {}
    beside = TemperatureBeside(SURFACE_TEMPERATURE)
    one = AuxiliaryChannel("t", "logger/1", 10.0, beside, Says(22.0))
    recorded = Recorded(totals=StepTotals(0.0, last={SURFACE_TEMPERATURE.name: 45.0}))

    found = compare(
        LentBench(clock, roles), Auxiliaries(clock, [one]), recorded, SafetyConfig()
    )

    assert "is 22.0 °C, the run left it at 45.0 °C" in found.said[0].text
    assert bool(found.wrong) is not has_chamber


def test_a_thermometer_that_does_not_answer_is_unknown() -> None:
    found = compared(silent, 25.0)

    assert "is unknown" in found.said[0].text
    assert not found.wrong
