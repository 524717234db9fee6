"""Cyclers of other programs run a protocol as potentiostats do, or refuse it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from shared_runs import SharedRuns, bench_file

from labctl.config.models import Config
from labctl.documents.hardened_yaml import Document
from labctl.errors import RefusedError
from labctl.session.order import Order, prepare
from labctl.session.run import Finished, Observers, start

SUBMITTED = ["neware/1-1-1", "eclab/1"]
EFFICIENCY = "initial_coulombic_efficiency"
WITHIN = 0.3
"""Percentage points: gains of the two directions differ by 5e-5 of a current, and each
channel has ranges and zeros of its own."""


@pytest.fixture(scope="module")
def config() -> Config:
    return bench_file()


@pytest.mark.parametrize("channel", SUBMITTED)
def test_formation_has_the_efficiency_that_a_vsp_300_finds(
    channel: str, order: Callable[..., Order], config: Config, undisturbed: Finished
) -> None:
    asked = replace(order(), channels={"cell": channel})
    done = start(prepare(asked, config), config, Observers(live_view=False))

    assert done.status == "completed", done.text
    found, wanted = done.results[EFFICIENCY], undisturbed.results[EFFICIENCY]
    assert found.value == pytest.approx(wanted.value, abs=WITHIN)
    assert found.quality == wanted.quality


@pytest.mark.parametrize(
    ("protocol", "channel", "said"),
    [
        # a Neware has no sine, and no ramp
        ("peis", "neware/1-1-1", "neware/1-1-1"),
        ("cyclic-voltammetry", "neware/1-1-1", "neware/1-1-1"),
    ],
)
def test_what_a_cycler_cannot_do_is_refused_before_anything_is_switched_on(
    protocol: str, channel: str, said: str, config: Config, tmp_path: Path
) -> None:
    asked = Order(
        protocol,
        Document("plan", {}),
        "si",
        channels={"cell": channel},
        out=tmp_path,
        simulate=True,
        speed=None,
    )

    with pytest.raises(RefusedError, match=said):
        start(prepare(asked, config), config, Observers(live_view=False))


def test_a_spectrum_through_ec_lab_finds_the_resistance_that_a_vsp_300_finds(
    shared_runs: SharedRuns, config: Config, tmp_path: Path
) -> None:
    asked = Order(
        "peis",
        Document("plan", {}),
        "si",
        channels={"cell": "eclab/1"},
        out=tmp_path,
        simulate=True,
        speed=None,
    )
    done = start(prepare(asked, config), config, Observers(live_view=False))
    other = shared_runs("peis", "si")

    found, wanted = (r.results["charge_transfer_resistance"] for r in (done, other))
    assert found.quality == wanted.quality
    assert found.value == pytest.approx(wanted.value, rel=0.15)  # its uncertainty
