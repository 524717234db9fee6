"""A chamber by hand: what a request becomes, what is refused where."""

from types import SimpleNamespace
from typing import Any

import pytest

from labctl.data import EndReason, Outcome
from labctl.quantities import SI
from labctl.roles.chamber import ChamberBounds
from labctl.sample import Sample, SampleKind
from labctl.steps.asking import HOLDS
from labctl.steps.temperature import TemperatureTarget
from protocols.by_hand.chamber import ChamberByHand, HoldTemperature


def by_hand(**given: Any) -> ChamberByHand:
    model = ChamberByHand.parameters_model
    sample = Sample(name="x", kind=SampleKind.PELLET)
    return ChamberByHand(model.model_validate(given, context=SI), sample)


def asked(on: bool, request: str, **values: Any) -> Outcome:
    return Outcome(
        EndReason.CONDITION,
        "asked",
        values={HOLDS: float(on)},
        asked={"request": request, "by": "Kim", **values},
    )


def test_a_temperature_is_held_until_it_is_switched_off() -> None:
    plan = by_hand().plan()

    off: Any = next(plan)
    warm: Any = plan.send(asked(False, "hold-temperature", temperature=45.0))
    again: Any = plan.send(asked(True, "safe"))
    with pytest.raises(StopIteration):
        plan.send(asked(False, "end"))

    assert (off.target, again.target) == (None, None)
    assert warm.target == TemperatureTarget(45.0)
    assert (off.holds, warm.holds) == (False, True)
    assert warm.patience == 12 * 3600.0  # a chamber is warm for hours


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"temperature": 300.0}, "temperature"),
        ({"temperature": 45.0, "ramp": 0.02}, "ramp"),
    ],
)
def test_what_the_chamber_has_not_is_refused_at_its_field(
    values: dict[str, float], field: str
) -> None:
    chamber = SimpleNamespace(bounds=ChamberBounds(-40.0, 180.0))
    bench: Any = SimpleNamespace(role=lambda _name, _kind: chamber)

    asks = HoldTemperature.model_validate(values, context=SI)

    (complaint,) = by_hand().refuse(asks, bench)
    assert complaint.path == (field,)
