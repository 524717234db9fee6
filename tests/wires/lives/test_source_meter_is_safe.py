"""A runner that is killed leaves a source meter's cell at open circuit."""

import os
import signal
from collections.abc import Iterator

import pytest
from rigs import PATIENCE, Rig, wait_until
from truth import Truth

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
METER = "meter-1"
STEPS = "steps=[{do: current, rate: D/2, duration: 600 s, record: {every: 1 s}}]"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("rig"), "--meters", "1") as made:
        yield made


def drives(truth: Truth) -> bool:
    """Tell whether the cell is driven now; the look at 0 A before it is no run."""
    states = truth.refresh().of(METER)
    return bool(states) and states[-1].on and states[-1].more["unit"] == "V"


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSTOP])
def test_a_runner_that_dies_leaves_the_output_in_high_impedance(
    rig: Rig, death: signal.Signals
) -> None:
    truth = rig.truth.from_now()
    words = ("-s", str(rig.samples["cell"]), "--role", f"cell={METER}/cell")
    runner = rig.run("sequence", *words, "--set", STEPS, name=death.name)
    assert wait_until(lambda: drives(truth)), rig.said(death.name)

    runner.send_signal(death)

    assert truth.wait_off(METER, PATIENCE)
    assert truth.of(METER)[-1].more["opens"]
    rig.end_children()
