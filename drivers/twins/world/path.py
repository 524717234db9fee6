"""What a source and a voltmeter see of a specimen through leads and closed relays."""

import math
import typing
from dataclasses import dataclass

import numpy as np

from drivers.twins.world.specimen import Film, TwoPole

RELAY = 0.1
"""Closed relay and its cable, Ω."""
ISOLATION = 1e-14
"""Open relays and cables, S to ground per node (7065 in high-resistivity mode)."""
OPEN = 1e13
"""A path of more Ω is open."""


class Path(typing.Protocol):
    """The circuit as the source's and the voltmeter's terminals see it."""

    @property
    def resistance(self) -> float:
        """Return what lies between the source's terminals at zero bias, Ω."""
        ...

    def current(self, voltage: float, remote: bool) -> float:
        """Return A at ``voltage`` at the sense (``remote``) or source terminals."""
        ...

    def driven(self, current: float) -> float:
        """Return V at the source's terminals."""
        ...

    def sensed(self, current: float) -> float:
        """Return V at the voltmeter's terminals."""
        ...


@dataclass(frozen=True, slots=True)
class LinearPath:
    """V_source = c I + d, V_meter = a I + b."""

    resistance: float
    """c, Ω."""
    source_emf: float
    """d, V."""
    transresistance: float
    """a, Ω."""
    meter_emf: float
    """b, V."""

    def current(self, voltage: float, remote: bool) -> float:
        """Return A; without a sensed voltage the source drives what it can."""
        if remote and abs(self.transresistance) > 1e-9:  # noqa: PLR2004
            return (voltage - self.meter_emf) / self.transresistance
        return (voltage - self.source_emf) / self.resistance

    def driven(self, current: float) -> float:
        """Return V."""
        return self.resistance * current + self.source_emf

    def sensed(self, current: float) -> float:
        """Return V."""
        return self.transresistance * current + self.meter_emf


@dataclass(frozen=True, slots=True)
class CurvedPath:
    """A two-pole specimen with its leads in series."""

    specimen: TwoPole
    leads: float = 2 * RELAY
    """Ω."""
    turned: bool = False
    """Whether the source's high terminal is at the specimen's far end."""
    sense: int = 1
    """Whether the voltmeter sits on the specimen (1), turned (-1), or hangs (0)."""

    @property
    def resistance(self) -> float:
        """Return Ω at zero bias."""
        return self.specimen.resistance + self.leads

    def current(self, voltage: float, remote: bool) -> float:
        """Return A."""
        sign = -1.0 if self.turned else 1.0
        if remote and self.sense:
            return sign * self.specimen.current(self.sense * voltage, 0.0)
        return sign * self.specimen.current(sign * voltage, self.leads)

    def driven(self, current: float) -> float:
        """Return V."""
        sign = -1.0 if self.turned else 1.0
        return sign * self.specimen.voltage(sign * current) + current * self.leads

    def sensed(self, current: float) -> float:
        """Return V; nothing where the sense leads hang in the air."""
        sign = -1.0 if self.turned else 1.0
        if not self.sense:
            return 0.0
        return self.sense * self.specimen.voltage(sign * current)


OPEN_PATH = LinearPath(OPEN, 0.0, 0.0, 0.0)


def two_pole_path(specimen: TwoPole, closed: frozenset[tuple[int, int]] | None) -> Path:
    """Return the path through ``closed`` (row, contact) relays; None means wired.

    Contacts 1 and 3 are one end of the specimen, 2 and 4 the other.
    """
    if closed is None:
        return CurvedPath(specimen)
    ends = [{contact % 2 for row, contact in closed if row == n} for n in (1, 2, 3, 4)]
    if ends[0] & ends[1]:
        return LinearPath(2 * RELAY, 0.0, 0.0, 0.0)
    if not (ends[0] and ends[1]):
        return OPEN_PATH
    sense = 0
    if len(ends[2]) == len(ends[3]) == 1 and ends[2] != ends[3]:
        sense = 1 if ends[2] == {1} else -1
    return CurvedPath(specimen, turned=ends[0] == {0}, sense=sense)


def film_path(
    film: Film,
    field: float,
    closed: frozenset[tuple[int, int]],
    input_resistance: float,
) -> LinearPath:
    """Solve the nodes of a 4 x 4 matrix whose rows are I+, I-, V+, V-.

    Unknown are four row potentials, four contact potentials, four contact currents
    and the sheet's own level; row 2 is ground. Two right sides: one ampere from the
    source, and the thermal EMFs.
    """
    n = 13
    system = np.zeros((n, n))
    right = np.zeros((n, 2))
    relay = np.full((4, 4), 0.0)
    for row, contact in closed:
        relay[row - 1, contact - 1] = 1.0 / RELAY
    z = film.impedance(field)
    for k in range(4):
        system[k, 4 + k] = 1.0
        system[k, 8:12] = -z[k]
        system[k, 12] = -1.0
        right[k, 1] = film.emfs[k]
        system[4 + k, 8 + k] = 1.0
        system[4 + k, 4 + k] += relay[:, k].sum() + ISOLATION
        system[4 + k, 0:4] -= relay[:, k]
    for r in range(4):
        system[8 + r, r] += relay[r].sum() + ISOLATION
        system[8 + r, 4:8] -= relay[r]
    meter = 1.0 / input_resistance
    system[10, 2] += meter
    system[10, 3] -= meter
    system[11, 3] += meter
    system[11, 2] -= meter
    right[8, 0] = 1.0
    system[9] = 0.0
    system[9, 1] = 1.0
    system[12, 8:12] = 1.0
    both = np.linalg.solve(system, right)
    c = float(both[0, 0] - both[1, 0])
    if not math.isfinite(c) or c > OPEN:
        return OPEN_PATH
    return LinearPath(
        c,
        float(both[0, 1] - both[1, 1]),
        float(both[2, 0] - both[3, 0]),
        float(both[2, 1] - both[3, 1]),
    )
