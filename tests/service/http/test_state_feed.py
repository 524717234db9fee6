"""The state that is handed out: kept fresh until told to end, and then no longer."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from labctl.service.http.state import StateFeed


class Maker:
    """Makes a state that never changes."""

    def make(self, sequence: int) -> Any:
        return SimpleNamespace(
            sequence=sequence, model_dump_json=lambda **_: '{"runs": []}'
        )


@pytest.mark.parametrize("turns", range(6))
def test_a_change_at_the_very_end_does_not_keep_the_station_alive(turns: int) -> None:
    async def end_while_something_changes() -> bool:
        feed = StateFeed(Maker())  # type: ignore[arg-type]
        fresh = asyncio.create_task(feed.keep_fresh())
        await asyncio.sleep(0.01)
        feed.touch()
        for _ in range(turns):
            await asyncio.sleep(0)
        fresh.cancel()
        await asyncio.wait([fresh], timeout=1.0)
        ended = fresh.done()
        fresh.cancel()
        return ended

    assert asyncio.run(end_while_something_changes())
