"""Pellets measured before, and what a person writes of contacts and sleeve."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from labctl.analysis.conduction.pellet import UNKNOWN_CONTACTS
from labctl.analysis.label import DEFAULTS
from labctl.analysis.uncertainty import Measured, known, rectangular
from labctl.errors import OperatorError
from labctl.protocol import Earlier, Parameters
from labctl.quantities import Metre, Ohm, Pascal, SquareMetre
from labctl.sample import Sample
from labctl.sources import Source
from labctl.verdicts.condition import Doubts
from labctl.verdicts.pellet import SAME_AREA, SAME_PRESSURE

PELLET = "pellet-conductivity"
RESISTANCE_NOTED = 0.01
"""Standard uncertainty of a resistance written down without one, as a share of it: a
hand-held meter's 0.5 to 1 %. A choice."""


class PelletPoint(Parameters):
    """A pellet of the same powder and area that was measured before."""

    thickness: Annotated[Metre, Field(gt=0)]
    """Height under load."""
    resistance: Annotated[Ohm, Field(gt=0)]
    """What it measured, contacts included."""
    thickness_uncertainty: Annotated[Metre, Field(ge=0)] | None = None
    """Standard uncertainty; none (or 0): 2 % are assumed."""
    resistance_uncertainty: Annotated[Ohm, Field(ge=0)] | None = None
    """Standard uncertainty; none (or 0): 1 % is assumed."""
    area: Annotated[SquareMetre, Field(gt=0)] | None = None
    """Of the die; none: that of the pellet measured now."""
    pressure: Annotated[Pascal, Field(ge=0)] | None = None
    """On the pellet; none: that of the pellet measured now."""


def point_of(run: Earlier) -> dict[str, str]:
    """Return a pellet measured before, as a person would write it into ``series``."""
    if run.protocol != PELLET:
        raise OperatorError(f"run {run.run_id} is a {run.protocol}, not of a pellet")
    if run.sample.thickness is None:
        raise OperatorError(f"run {run.run_id}: its sample's label has no thickness")
    resistance = run.good("resistance")
    found = {
        "thickness": f"{run.sample.thickness!r} m",
        "resistance": f"{resistance.value!r} ohm",
    }
    told = (
        ("thickness_uncertainty", "m"),
        ("area", "m^2"),
        ("pressure", "Pa"),
    )
    for name, unit in told:
        value = getattr(run.sample, name)
        if value is not None:
            found[name] = f"{value!r} {unit}"
    if resistance.uncertainty is not None:
        found["resistance_uncertainty"] = f"{resistance.uncertainty!r} ohm"
    return found


def different_pellets(runs: Sequence[Earlier]) -> None:
    """Refuse a pellet that stands there twice: it would count as one more."""
    names = [run.sample.name for run in runs]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise OperatorError(f"two of the runs are of one pellet, {twice}; give one")


def alike(sample: Sample, points: Sequence[PelletPoint]) -> Doubts:
    """Return what tells a pellet of a series from the one measured now."""
    found: Doubts = ()
    for name, condition in (("area", SAME_AREA), ("pressure", SAME_PRESSURE)):
        own = getattr(sample, name)
        others = [getattr(point, name) for point in points]
        told = [value for value in others if value is not None]
        if own and told:
            apart = max(abs(value - own) / own for value in told)
            found += condition.at_most(100 * apart)
    return found


def sleeve_of(run: Earlier) -> dict[str, str]:
    """Return what an empty sleeve lets through, as a person would write it."""
    found = run.good("sleeve_conductance")
    written = {"sleeve_conductance": f"{found.value!r} S"}
    if found.uncertainty is not None:
        written["sleeve_conductance_uncertainty"] = f"{found.uncertainty!r} S"
    return written


def earlier_pellet(number: int, point: PelletPoint) -> tuple[Measured, Measured]:
    """Return thickness in m and resistance in ohm of pellet ``number`` of a series."""
    depth, ohms = point.thickness, point.resistance
    return (
        _noted(depth, point.thickness_uncertainty, "thickness", number),
        _noted(ohms, point.resistance_uncertainty, "resistance", number),
    )


def _noted(value: float, stated: float | None, name: str, number: int) -> Measured:
    if stated:
        return known(value, stated, Source(name, f"pellet {number}"))
    share = DEFAULTS[name].relative if name in DEFAULTS else RESISTANCE_NOTED
    source = Source(f"{name} (assumed)", f"pellet {number}", assumed=True)
    return known(value, share * value, source)


def within_share(conductivity: Measured, share: float) -> Measured:
    """Return the bound with a limit of the contacts that a person only states."""
    parts = {s: u for s, u in conductivity.parts.items() if s != UNKNOWN_CONTACTS}
    source = Source("contacts (assumed)", assumed=True)
    spread = rectangular(share * abs(conductivity.value))
    return replace(conductivity, parts=parts).with_part(source, spread)


def label_warnings(sample: Sample) -> list[str]:
    """Return what a sample's label lacks for specific values."""
    found = []
    for name in ("thickness", "area"):
        if getattr(sample, name) is None:
            found.append(f"sample {sample.name} has no {name}: conductivity is absent")
        elif getattr(sample, f"{name}_uncertainty") is None:
            share = DEFAULTS[name].relative
            missing = f"sample {sample.name} has no {name}_uncertainty"
            found.append(f"{missing}: {share:.0%} is assumed")
    return found
