"""Whole runs on a simulated EmStat4, and what an EmStat Pico is refused."""

from pathlib import Path
from typing import Any

import pytest
from plans_to_compare import complaints, ordered
from shared_runs import SharedRuns, bench_file

from labctl.config.models import Config
from labctl.config.reading import kept_config
from labctl.documents.hardened_yaml import Document
from labctl.session.order import Order, prepare
from labctl.session.run import Finished, Observers, start

ICE = "initial_coulombic_efficiency"


def on_emstat(protocol: str, sample: str, folder: Path, **given: Any) -> Finished:
    order = Order(
        protocol,
        Document("test", given),
        sample,
        channels={"cell": "emstat4"},
        simulate=True,
        speed=None,
        out=folder,
    )
    config = bench_file()
    return start(prepare(order, config), config, Observers(live_view=False))


def with_model(model: str) -> Config:
    text = bench_file().model_dump(mode="json")
    text["instruments"]["emstat4"]["simulated"] = {"model": model}
    return kept_config(text)


def test_formation_finds_what_a_vsp_300_finds(
    shared_runs: SharedRuns, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"cycles": 0, "record_every": "10 min"}
    there = shared_runs("formation-cycling", "si", **given)
    here = on_emstat("formation-cycling", "si", tmp_path, **given)

    assert here.status == "completed", here.text
    assert here.results[ICE].value == pytest.approx(there.results[ICE].value, abs=0.3)


def test_a_spectrum_finds_the_hidden_charge_transfer(tmp_path: Path) -> None:
    done = on_emstat("peis", "qms-0.7", tmp_path, last_frequency="0.1 Hz")
    found = done.results["charge_transfer_resistance"]

    assert done.status == "completed", done.text
    assert found.value == pytest.approx(1.0, abs=2.0 * (found.uncertainty or 0.0))


@pytest.mark.parametrize(
    ("protocol", "says"),
    [
        # each needs a current that is held
        ("formation-cycling", "emstat4 holds no current, and the plan asks for it"),
        ("hppc", "emstat4 holds no current, and the plan asks for it"),
    ],
)
def test_what_a_pico_cannot_do_is_refused_at_check_by_name(
    protocol: str, says: str
) -> None:
    found = complaints(
        ordered(protocol, channels={"cell": "emstat4"}), with_model("EmStat Pico")
    )

    assert any(says in complaint.what for complaint in found), found
