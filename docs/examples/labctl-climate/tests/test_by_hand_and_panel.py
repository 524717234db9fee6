"""By hand: what a request becomes, and what the window shows of it."""

import os
from types import SimpleNamespace

import pytest
from labctl_climate.by_hand import ChamberByHand, HoldTemperature
from labctl_climate.chamber import ChamberBounds

from gui.by_hand.kinds import Kind
from labctl import registered
from labctl.data import EndReason, Outcome
from labctl.quantities import SI
from labctl.sample import Sample
from labctl.steps.asking import HOLDS

SAMPLE = Sample(name="x", kind="pellet")


def by_hand() -> ChamberByHand:
    model = ChamberByHand.parameters_model
    return ChamberByHand(model.model_validate({}, context=SI), SAMPLE)


def asked(on: bool, request: str, **values: float) -> Outcome:
    return Outcome(
        EndReason.CONDITION,
        "asked",
        values={HOLDS: float(on)},
        asked={"request": request, "by": "Kim", **values},
    )


def test_a_temperature_is_held_until_it_is_switched_off() -> None:
    plan = by_hand().plan()

    off = next(plan)
    warm = plan.send(asked(False, "hold-temperature", temperature=45.0))
    again = plan.send(asked(True, "safe"))
    with pytest.raises(StopIteration):
        plan.send(asked(False, "end"))

    assert (off.temperature, warm.temperature, again.temperature) == (None, 45.0, None)
    assert (off.holds, warm.holds) == (False, True)


def test_what_the_chamber_has_not_is_refused_at_its_field() -> None:
    chamber = SimpleNamespace(bounds=ChamberBounds(-40.0, 180.0))
    bench = SimpleNamespace(role=lambda _name, _kind: chamber)

    asks = HoldTemperature.model_validate({"temperature": 300.0}, context=SI)

    (complaint,) = by_hand().refuse(asks, bench)

    assert complaint.path == ("temperature",)


def test_the_panel_drives_the_role_by_the_protocol() -> None:
    kind = registered.load(registered.PANELS, "chamber")

    assert isinstance(kind, Kind)
    assert kind.protocol == ChamberByHand.name
    assert [part.role for part in kind.parts] == list(by_hand().roles())


def test_the_thermometer_follows_the_air() -> None:
    widgets = pytest.importorskip("PyQt6.QtWidgets")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = widgets.QApplication.instance() or widgets.QApplication([])
    shown = registered.load(registered.PANELS, "chamber").display()

    texts = []
    for air in (45.04, None, 500.0):
        shown.show_values({"ambient_temperature_celsius": air})
        texts.append((shown.text(), shown.value()))

    assert texts == [("45.0 °C", 45), ("no reading", -40), ("500.0 °C", 180)]
    shown.deleteLater()
    del app
