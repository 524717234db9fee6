"""By hand: what a request becomes, and what the window shows of it."""

import os
from types import SimpleNamespace

import pytest
from labctl_climate.by_hand import Humidify, HumidityByHand
from labctl_climate.humidifier import HumidityBounds

from gui.by_hand.kinds import Kind
from labctl import registered
from labctl.data import EndReason, Outcome
from labctl.quantities import SI
from labctl.sample import Sample
from labctl.steps.asking import HOLDS

SAMPLE = Sample(name="x", kind="pellet")


def by_hand() -> HumidityByHand:
    model = HumidityByHand.parameters_model
    return HumidityByHand(model.model_validate({}, context=SI), SAMPLE)


def asked(on: bool, request: str, **values: float) -> Outcome:
    return Outcome(
        EndReason.CONDITION,
        "asked",
        values={HOLDS: float(on)},
        asked={"request": request, "by": "Kim", **values},
    )


def test_a_humidity_is_held_until_it_is_switched_off() -> None:
    plan = by_hand().plan()

    off = next(plan)
    damp = plan.send(asked(False, "humidify", humidity=0.6))
    again = plan.send(asked(True, "safe"))
    with pytest.raises(StopIteration):
        plan.send(asked(False, "end"))

    assert (off.humidity, damp.humidity, again.humidity) == (None, 60.0, None)
    assert (off.holds, damp.holds) == (False, True)


def test_what_the_humidifier_has_not_is_refused_at_its_field() -> None:
    water = SimpleNamespace(bounds=HumidityBounds(10.0, 98.0))
    bench = SimpleNamespace(role=lambda _name, _kind: water)

    asks = Humidify.model_validate({"humidity": 0.99}, context=SI)

    (complaint,) = by_hand().refuse(asks, bench)

    assert complaint.path == ("humidity",)


def test_the_panel_drives_the_role_by_the_protocol() -> None:
    kind = registered.load(registered.PANELS, "humidifier")

    assert isinstance(kind, Kind)
    assert kind.protocol == HumidityByHand.name
    assert [part.role for part in kind.parts] == list(by_hand().roles())


def test_the_hygrometer_follows_the_air() -> None:
    widgets = pytest.importorskip("PyQt6.QtWidgets")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = widgets.QApplication.instance() or widgets.QApplication([])
    shown = registered.load(registered.PANELS, "humidifier").display()

    texts = []
    for air in (45.04, None, 500.0):
        shown.show_values({"relative_humidity_percent": air})
        texts.append((shown.text(), shown.value()))

    assert texts == [("45.0 %", 45), ("no reading", 0), ("500.0 %", 100)]
    shown.deleteLater()
    del app
