"""A channel by hand: which currents are refused, by what the channel says of itself."""

from typing import Any

import pytest

from labctl.limits import Envelope
from labctl.roles.capability import Capability
from labctl.sample import Sample, SampleKind
from protocols.by_hand.channel import ChannelByHand, HoldCurrent


class OneChannel:
    """A bench of one channel, which says what it can do."""

    def __init__(self, able: Capability) -> None:
        self.able, self.envelope = able, Envelope({})

    def role(self, _name: str, _kind: type) -> Any:
        return self

    def capability(self) -> Capability:
        return self.able


@pytest.mark.parametrize(
    ("largest", "refused"),
    [
        (0.2, False),
        (0.05, True),
        # nobody said it: its own upload refuses what it cannot
        (None, False),
    ],
)
def test_a_current_is_refused_where_the_channel_is_known_to_drive_less(
    largest: float | None, refused: bool
) -> None:
    model = ChannelByHand.parameters_model
    sample = Sample(name="x", kind=SampleKind.HALF_CELL)
    by_hand = ChannelByHand(model(), sample)
    bench: Any = OneChannel(Capability(current=largest))

    found = by_hand.refuse(
        HoldCurrent.model_validate({"current": "100 mA", "duration": "1 s"}), bench
    )

    assert [each.path for each in found] == [("current",)] * refused
