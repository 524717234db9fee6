"""Doubtful channels at a real station: shown, refused by kind, cleared, audited."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labctl.api.models import ChannelState
from labctl.api.requests import OrderIn
from labctl.api.station_files import StationFiles
from labctl.errors import BusyError, DoubtfulError, OperatorError
from tests.service.conftest import StationUnderTest

CHANNEL, OTHER, WHY = "vsp300/2", "vsp300/3", "no answer within 5 s"


@pytest.fixture(scope="module")
def doubting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a station whose predecessor left two channels on."""
    data = tmp_path_factory.mktemp("bench") / "runs"
    files = StationFiles(data)
    files.make()
    kept = {"doubts": {CHANNEL: WHY, OTHER: WHY}, "changed": {}}
    files.doubts_file.write_text(json.dumps(kept))
    made = StationUnderTest(data)
    yield made
    made.end()


def channel(station: Any, channel: str) -> Any:
    return next(c for c in station.client.state().channels if c.name == channel)


def test_a_doubtful_channel_is_not_free_and_says_why(doubting: Any) -> None:
    shown = channel(doubting, CHANNEL)

    assert (shown.state, shown.doubt) == (ChannelState.DOUBTFUL, WHY)


def test_a_run_on_a_doubtful_channel_is_refused_by_kind(
    doubting: Any, order: Callable[..., Any]
) -> None:
    with pytest.raises(DoubtfulError, match=WHY):
        doubting.client.start(order(CHANNEL))


def test_an_order_for_a_doubtful_channel_waits_and_says_for_what(
    doubting: Any, order: Callable[..., Any]
) -> None:
    entry = doubting.client.enqueue(order(CHANNEL), ready=True).entry
    waiting = {e.entry: e.waits_for for e in doubting.client.queue()}
    doubting.client.unqueue(entry)

    assert waiting[entry] == f"{CHANNEL} may still be on: clear it first"


def test_a_vouched_channel_is_free_and_the_audit_says_by_whom(doubting: Any) -> None:
    doubting.client.clear_channel(OTHER, by_hand=True, reason="unplugged")

    assert channel(doubting, OTHER).state is ChannelState.FREE
    told = doubting.client.events()[-1]
    assert (told.code, OTHER in told.text) == ("cleared", True)
    line = doubting.client.audit()[-1]
    assert line.command == f"POST /channels/{OTHER}/clear"
    assert line.given == {"by_hand": True, "reason": "unplugged"}


def test_what_nobody_doubts_cannot_be_cleared(doubting: Any) -> None:
    with pytest.raises(OperatorError, match="nothing to clear"):
        doubting.client.clear_channel("vsp300/1")
    with pytest.raises(OperatorError, match="no channel"):
        doubting.client.clear_channel("nowhere/1")


def test_a_busy_channel_is_refused_with_its_holder(doubting: Any) -> None:
    order = OrderIn(
        protocol="source-meter-by-hand",
        sample="by hand",
        channels={"source_meter": "k2450"},
    )
    run = doubting.client.start(order).run

    with pytest.raises(BusyError) as refused:
        doubting.client.start(order)

    assert refused.value.holders == {"k2450": run}
    doubting.client.stop(run)


def test_the_file_forgets_what_was_cleared(doubting: Any) -> None:
    kept = json.loads(Path(StationFiles(doubting.data).doubts_file).read_text())

    assert list(kept["doubts"]) == [CHANNEL]
