"""The electrical world obeys its closed forms."""

import math

import numpy as np
import pytest

from drivers.specification import Specification
from drivers.twins.world.circuit import Circuit, Source
from drivers.twins.world.front_end import Meter
from drivers.twins.world.magnet import ElectroMagnet
from drivers.twins.world.specimen import Film, Particle, Pellet

Q = 1.602176634e-19
# n-type silicon wafer: 1e15 cm-3, 1350 cm2/Vs, 500 um, lambda 0.62, 1 mA, 0.5 T;
# resistances and Hall voltages without EMFs (labctl reference: exact forward model).
WAFER = Film.of("n", 1e21, 0.135, 5e-4, shape=0.62, contacts=(0.0, 0.0, 0.0, 0.0))
R_A, R_B = 14.070074067515, 28.478994437635
V_HALL = -6.241509074461e-3


def transresistance(film: Film, field: float, i: int, j: int, k: int, m: int) -> float:
    z = film.impedance(field)
    at = [n - 1 for n in (i, j, k, m)]
    return float(z[at[2], at[0]] - z[at[2], at[1]] - z[at[3], at[0]] + z[at[3], at[1]])


RESISTIVITY = [
    # Group A and its reversals, then group B.
    ((2, 1, 3, 4), R_A),
    ((1, 2, 4, 3), R_A),
    ((4, 3, 1, 2), R_A),
    ((3, 4, 2, 1), R_A),
    ((3, 2, 4, 1), R_B),
    ((2, 3, 1, 4), R_B),
    ((1, 4, 2, 3), R_B),
    ((4, 1, 3, 2), R_B),
]


@pytest.mark.parametrize(("contacts", "expected"), RESISTIVITY)
def test_a_film_has_van_der_pauws_resistances(
    contacts: tuple[int, int, int, int], expected: float
) -> None:
    assert transresistance(WAFER, 0.0, *contacts) == pytest.approx(expected, rel=1e-12)


def test_van_der_pauws_equation_holds() -> None:
    sheet = WAFER.sheet_resistance

    total = math.exp(-math.pi * R_A / sheet) + math.exp(-math.pi * R_B / sheet)

    assert total == pytest.approx(1.0, abs=1e-12)


HALL = [(1, 3, 2, 4), (3, 1, 4, 2), (4, 2, 1, 3), (2, 4, 3, 1)]


@pytest.mark.parametrize("contacts", HALL)
def test_the_hall_voltage_is_odd_in_the_field_and_negative_for_electrons(
    contacts: tuple[int, int, int, int],
) -> None:
    up = transresistance(WAFER, 0.5, *contacts)
    down = transresistance(WAFER, -0.5, *contacts)

    assert 1e-3 * (up - down) / 2 == pytest.approx(V_HALL, rel=1e-10)


def test_onsager_swapping_leads_is_reversing_the_field() -> None:
    one = transresistance(WAFER, 0.5, 1, 2, 3, 4)
    other = transresistance(WAFER, -0.5, 3, 4, 1, 2)

    assert one == pytest.approx(other, rel=1e-12)


def hall_circuit(closed: set[tuple[int, int]]) -> Circuit:
    circuit = Circuit(WAFER)
    circuit.closed = frozenset(closed)
    circuit.source = Source(True, False, 1e-3, 10.0)
    return circuit


def test_relays_connect_what_they_say() -> None:
    circuit = hall_circuit({(1, 2), (2, 1), (3, 3), (4, 4)})

    # The voltmeter's 10 GΩ loads the sample by less than 1e-7.
    assert circuit.operate(0.0).sensed == pytest.approx(1e-3 * R_A, rel=2e-7)


def test_without_the_current_relays_the_source_is_in_its_limit() -> None:
    circuit = hall_circuit({(3, 3), (4, 4)})

    point = circuit.operate(0.0)

    assert point.in_limit
    assert abs(point.current) < 1e-9


def test_two_rows_on_one_contact_read_nothing() -> None:
    circuit = hall_circuit({(1, 2), (2, 1), (3, 3), (4, 3)})

    assert abs(circuit.operate(0.0).sensed) < 1e-9


def test_thermal_emfs_stay_when_the_current_turns() -> None:
    film = Film.of("n", 1e21, 0.135, 5e-4, emfs=(0.0, 0.0, 3e-6, 1e-6))
    circuit = Circuit(film)
    circuit.closed = frozenset({(1, 2), (2, 1), (3, 3), (4, 4)})
    circuit.source = Source(True, False, 1e-4, 10.0)
    up = circuit.operate(0.0).sensed
    circuit.source.level = -1e-4
    down = circuit.operate(0.0).sensed

    assert (up + down) / 2 == pytest.approx(2e-6, rel=1e-3)


def test_a_pellets_leads_are_seen_by_two_wires_and_not_by_four() -> None:
    circuit = Circuit(Pellet(1.0, 1e-4, 1e-3, 0.5))
    circuit.source = Source(True, False, 1e-3, 10.0)
    point = circuit.operate(0.0)

    assert point.sensed / point.current == pytest.approx(10.5)
    assert point.driven / point.current == pytest.approx(10.7)


def test_a_thickness_series_separates_contacts_from_bulk() -> None:
    lengths = [0.5e-3, 1.0e-3, 1.5e-3, 2.0e-3]

    found = [Pellet(1e-3, 1e-4, length, 400.0).resistance for length in lengths]

    assert found == pytest.approx([5400.0, 10400.0, 15400.0, 20400.0])


def test_a_particles_curve_and_its_inverse_agree() -> None:
    particle = Particle(5e-9, cubic=4e-10, leak=1e-12, offset_current=1e-12)

    for volts in (-3.0, -0.1, 0.0, 0.02, 2.5):
        current = particle.current(volts, 0.0)
        assert particle.voltage(current) == pytest.approx(volts, abs=1e-9)
        beside = particle.current(volts, 1e6)
        assert particle.voltage(beside) + 1e6 * beside == pytest.approx(volts, abs=1e-9)


def test_a_voltage_source_in_its_limit_delivers_the_limit() -> None:
    circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
    circuit.source = Source(True, True, -1.0, 2e-5)

    point = circuit.operate(0.0)

    assert point.in_limit
    assert point.current == pytest.approx(-2e-5)


def test_a_field_lags_its_current_and_remembers_where_it_came_from() -> None:
    magnet = ElectroMagnet()
    magnet.aim(0.0, 20.0, 2.0)

    assert magnet.advance(10.0) < magnet.static(20.0) - 1e-3
    assert magnet.advance(20.0) == pytest.approx(magnet.static(20.0), abs=1e-6)
    magnet.aim(20.0, 0.0, 2.0)
    assert magnet.advance(40.0) == pytest.approx(-magnet.remanence, rel=0.05)


def test_a_ramp_costs_inductance_times_rate() -> None:
    magnet = ElectroMagnet()
    magnet.aim(0.0, 20.0, 2.0)

    assert magnet.voltage(5.0) == pytest.approx(10.0 * 0.45 + 0.7 * 2.0)
    assert magnet.voltage(50.0) == pytest.approx(9.0)


def test_a_circuit_can_be_put_away_and_taken_up() -> None:
    circuit = hall_circuit({(1, 2), (2, 1)})
    circuit.magnet.aim(0.0, 20.0, 2.0)
    circuit.field(3.0)
    other = Circuit(WAFER)

    other.restore(circuit.snapshot())

    assert other.closed == circuit.closed
    assert other.field(7.0) == circuit.field(7.0)


def test_each_range_of_a_meter_is_off_by_its_own_error_within_its_limit() -> None:
    spec = Specification.by_range((0.1, 1e-3, 1e-5), (1.0, 1e-4, 2e-5))
    meters = [Meter(Circuit(seed=seed), "v", spec) for seed in range(200)]

    drawn = {span: [m.errors(span) for m in meters] for span in spec.ranges}

    for span, (gain, zero) in ((0.1, (1e-3, 1e-5)), (1.0, (1e-4, 2e-5))):
        gains = np.array([one.gain for one in drawn[span]])
        zeros = span * np.array([one.offset for one in drawn[span]])
        assert 0.95 * gain < np.max(np.abs(gains)) <= gain
        assert 0.95 * zero < np.max(np.abs(zeros)) <= zero
    again = Meter(Circuit(seed=0), "v", spec)
    assert again.errors(1.0) == meters[0].errors(1.0) != meters[0].errors(0.1)
