"""The fingerprint of a step, by which a replay knows its own past."""

from dataclasses import dataclass, make_dataclass, replace

from labctl.protocol import Bench, Ending, Rows, Step
from labctl.steps.channel import RunTechniques
from labctl.techniques import ConstantCurrent, OpenCircuit, Recording

HALF_CYCLE = RunTechniques(
    label="lithiation at C/20",
    cycle=1,
    half_cycle=0,
    techniques=(ConstantCurrent(-2e-4, 72_000.0), OpenCircuit(600.0)),
)


def test_a_step_that_differs_deep_inside_has_another_fingerprint() -> None:
    slower = OpenCircuit(600.0, Recording(every_s=61.0))
    other = replace(HALF_CYCLE, techniques=(HALF_CYCLE.techniques[0], slower))

    assert other.digest() != HALF_CYCLE.digest()
    assert replace(HALF_CYCLE).digest() == HALF_CYCLE.digest()


def test_another_kind_of_technique_with_the_same_numbers_is_another_step() -> None:
    one = replace(HALF_CYCLE, techniques=(OpenCircuit(600.0),))
    two = replace(HALF_CYCLE, techniques=(ConstantCurrent(600.0, 600.0),))

    assert one.digest() != two.digest()


def test_a_field_that_labctl_learns_later_leaves_old_fingerprints_alone() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Rest(Step):
        seconds: float

        def execute(self, bench: Bench) -> Rows:  # noqa: ARG002
            yield None
            return Ending()

    newer = make_dataclass(
        "Rest",
        [("stirred", bool, False)],
        bases=(Rest,),
        frozen=True,
        kw_only=True,
    )

    assert (
        newer(label="r", seconds=1.0).digest() == Rest(label="r", seconds=1.0).digest()
    )
    assert (
        newer(label="r", seconds=1.0, stirred=True).digest()
        != Rest(label="r", seconds=1.0).digest()
    )
