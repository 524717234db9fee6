"""Auxiliaries are opened before a run begins, and never keep one that goes on alone."""

import pytest

from labctl.clock import VirtualClock
from labctl.columns import STAMP
from labctl.data import Batch, Column, Event, Stream
from labctl.engine.auxiliaries import Auxiliaries
from labctl.errors import InstrumentError, LinkError
from labctl.figures.figure import Plot
from labctl.limits import Envelope
from labctl.session.auxiliaries import Aside, opened
from labctl.station import RealWires, Station

KELVIN = Column("ambient_temperature_kelvin", "K", "Ambient Temperature / K")


class Thermometer:
    """An auxiliary, and what plays it."""

    role = float
    stream = Stream("air", (*STAMP, KELVIN))
    plots: tuple[Plot, ...] = ()

    def read(self, player: float) -> dict[str, float]:
        return {KELVIN.name: player}


class Unplugged(Station):
    """A station whose thermometer answers from the third time on."""

    asked = 0
    plays: object = 300.0

    def looked_at(self, channel: str) -> object:
        self.asked += 1
        if self.asked < 3:
            raise LinkError(f"{channel} does not answer")
        return self.plays


ASIDES = (Aside("air", Thermometer(), "oven", 10.0),)


def station() -> Unplugged:
    return Unplugged((), {}, VirtualClock(0.0), RealWires())


def taken(beside: Auxiliaries) -> list[str]:
    """Return what four looks brought, 10 s apart."""
    found: list[str] = []
    for _ in range(4):
        for each in beside.look(Envelope({})):
            found += [each.code] if isinstance(each, Event) else []
            found += [each.stream] if isinstance(each, Batch) else []
        beside.clock.sleep(10.0)
    return found


def test_a_run_does_not_begin_without_what_it_shall_be_recorded_with() -> None:
    with pytest.raises(LinkError, match="oven does not answer"):
        opened(ASIDES, station())


def test_what_plays_no_such_part_is_named() -> None:
    other = station()
    other.asked, other.plays = 3, "a text"

    with pytest.raises(InstrumentError, match=r"also_record\.air: oven \(str\)"):
        opened(ASIDES, other)


def test_what_goes_on_is_attached_to_while_its_thermometer_is_unplugged() -> None:
    beside = opened(ASIDES, station(), late=True)

    assert taken(beside) == ["auxiliary", "auxiliary", "air"]  # lost, back, a row
