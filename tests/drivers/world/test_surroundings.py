"""A chamber's twin warms the sample: what follows, by how much, and what does not."""

import math
from dataclasses import dataclass

import pytest

from drivers.twins.world import catalogue
from drivers.twins.world.circuit import Circuit, Source
from drivers.twins.world.socket import Socket
from drivers.twins.world.specimen import Film, Particle, Pellet, Specimen
from drivers.twins.world.surroundings import ROOM, Surroundings
from drivers.twins.world.warmth import Warmth
from labctl.errors import OperatorError

CHARGE_TRANSFER, ELECTROLYTE = 50e3, 15e3
"""J/mol: what a cell's file says nothing else about."""


@dataclass
class Oven:
    """A climate that changes at a time."""

    before: float
    after: float = 0.0
    at: float = math.inf

    def kelvin(self, time: float) -> float:
        return self.before if time < self.at else self.after


def falls(activation: float, kelvin: float) -> float:
    return math.exp(activation / 8.314462618 * (1 / kelvin - 1 / 298.15))


def enclosed(oven: Oven) -> Surroundings:
    surroundings = Surroundings()
    surroundings.enclose("oven", oven)
    return surroundings


def warmth(oven: Oven) -> Warmth:
    return enclosed(oven).warmth("vsp300/1")


@pytest.mark.parametrize("kelvin", [263.15, 318.15])
def test_a_cells_resistances_follow_arrhenius(kelvin: float) -> None:
    socket = Socket(catalogue.build_cell("si"), 0.0, warmth(Oven(kelvin)))
    alike = catalogue.build_cell("si")
    cell = socket.cell
    series = alike.voltage(1e-4) - alike.voltage()
    transfer = alike.charge_transfer_resistance(0.5)

    assert cell.voltage(1e-4) - cell.voltage() == pytest.approx(
        series * falls(ELECTROLYTE, kelvin)
    )
    assert cell.charge_transfer_resistance(0.5) == pytest.approx(  # type: ignore[attr-defined]
        transfer * falls(CHARGE_TRANSFER, kelvin)
    )


def test_at_25_degrees_a_chamber_changes_no_digit() -> None:
    frequencies = [1e4, 1.0, 1e-2]
    inside = Socket(catalogue.build_cell("qms-0.7"), 0.0, warmth(Oven(ROOM)))
    outside = Socket(catalogue.build_cell("qms-0.7"))
    for socket in (inside, outside):
        socket.cell.advance(-1e-4, 600.0)
        socket.arrive(600.0, socket.cell.voltage(-1e-4), -1e-4)

    assert inside.live == outside.live
    assert list(inside.cell.impedance(frequencies)) == list(
        outside.cell.impedance(frequencies)
    )


def test_a_cell_feels_the_chamber_where_it_stands_in_time() -> None:
    socket = Socket(catalogue.build_cell("si"), 0.0, warmth(Oven(ROOM, 323.15, 60.0)))
    series = socket.cell.voltage(1e-4) - socket.cell.voltage()

    socket.rest_to(59.0)
    early = socket.cell.voltage(1e-4) - socket.cell.voltage()
    socket.rest_to(60.0)
    late = socket.cell.voltage(1e-4) - socket.cell.voltage()

    assert early == pytest.approx(series)
    assert late == pytest.approx(series * falls(ELECTROLYTE, 323.15))


@pytest.mark.parametrize(
    ("specimen", "share"),
    [
        # a pellet without contacts: all of its resistance
        (Pellet(1e-3, 1e-4, 1e-3, 0.0), 1.0),
        # contacts that are as large as the body stay as they are
        (Pellet(1e-3, 1e-4, 1e-3, 1e4), 0.5),
        # an ohmic particle
        (Particle(1e-4), 1.0),
        # the transresistance of a sheet, contacts being on the current's way only
        (Film(100.0, -1e-3), 1.0),
    ],
)
def test_a_specimen_conducts_better_when_it_is_warm(
    specimen: Specimen, share: float
) -> None:
    source = Source(on=True, holds_voltage=False, level=1e-6, limit=100.0)
    sensed = []
    for kelvin in (ROOM, 318.15):
        circuit = Circuit(specimen, surroundings=enclosed(Oven(kelvin)))
        circuit.source = source
        sensed.append(circuit.operate(0.0).sensed)

    ratio = sensed[1] / sensed[0]
    expected = share * falls(20e3, 318.15) + 1.0 - share
    assert ratio == pytest.approx(expected, rel=1e-5)


def test_a_bench_has_one_chamber() -> None:
    surroundings = enclosed(Oven(ROOM))

    with pytest.raises(OperatorError, match="in the chamber oven already"):
        surroundings.enclose("other", Oven(ROOM))
