"""What runner and guard tell each other arrives as it was sent."""

import pytest

from labctl.service.guard.lines import (
    Alive,
    Answer,
    Arm,
    Armed,
    Beat,
    ChannelEnd,
    ChannelPlan,
    ChannelSafety,
    Claimed,
    Disarm,
    Frozen,
    InstrumentPlan,
    OnHostLoss,
    Ping,
    Safed,
    SafeNow,
    Said,
    answered,
    encode,
    heard,
)

CHANNELS = (
    ChannelPlan("vsp/1", 2, OnHostLoss.FINISH_TECHNIQUE),
    ChannelPlan("vsp/2", 2),
)
PLAN = (InstrumentPlan("vsp", "biologic", "USB0", {"model": "VSP-300"}, CHANNELS),)
SAID: list[Said] = [
    Arm("run-1", 4711, PLAN),
    Beat("run-1", 31.5, "the disk to take a claim"),
    Claimed("run-1", "vsp/1", {"serial": "0815", "limited": True}, 1.7e9),
    SafeNow("run-1", "cell: no answer"),
    Disarm("run-1"),
    Ping(),
]
ENDS = {
    "vsp/1": ChannelEnd(ChannelSafety.LEFT, "finishes"),
    "k2400": ChannelEnd(ChannelSafety.UNKNOWN, "no answer"),
}
ANSWERS: list[Answer] = [
    Armed("run-1", ("k2400: there is no driver",)),
    Frozen("run-1", 10.1, "k2400 to answer"),
    Safed("run-1", ENDS, "the runner ended", 0.31),
    Alive(),
]


@pytest.mark.parametrize("said", SAID)
def test_what_the_runner_says_is_heard_as_it_was_said(said: Said) -> None:
    assert heard(encode(said)) == said


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_the_guard_answers_arrives_as_it_was_answered(answer: Answer) -> None:
    assert answered(encode(answer)) == answer


def test_only_what_is_not_known_counts_as_on() -> None:
    assert Safed("run-1", ENDS, "", 0.0).unknown == {"k2400": "no answer"}


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind": "Beat", "run": "run-1", "sec',  # its writer died
        b"[]\n",
        b'{"kind": "Alive"}\n',  # an answer, not something said
        b'{"kind": "Beat", "run": "run-1"}\n',
        b"\xff\xfe\n",
    ],
)
def test_half_a_line_is_refused_not_guessed(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a line"):
        heard(line)
