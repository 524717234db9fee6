"""Files with words of before are read on: plans, configurations, queues, runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from labctl.config.reading import kept_config, read_config
from labctl.documents.plan import Recipes, read_plan
from labctl.errors import RefusedError
from labctl.service.bench.queue import Queue

RECIPES = Recipes(("cycling",), lambda _name: ())
INSTRUMENT = {"driver": "biologic", "address": "USB0"}
CONFIG = """\
instruments:
  vsp300: {driver: biologic, address: USB0}
seats:
  cell: [vsp300/1]
"""
ORDER = {"protocol": "cycling", "sample": "A17", "parameters": {}}


def queued(order: dict[str, Any], folder: Path) -> Queue:
    """Return a queue as a station of before left it."""
    entry = {
        "entry": "3f9a11c2",
        "order": order,
        "ready": True,
        "hold": False,
        "added_by": "Ada",
        "added_unix": 1.0,
        "refused": "",
    }
    path = folder / "queue.json"
    path.write_text(json.dumps({"entries": [entry], "held": {}}), "utf-8")
    return Queue(path)


def test_a_plan_with_seats_is_a_plan_with_channels(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("protocol: cycling\nseats: {cell: vsp300/3}\n", "utf-8")

    assert read_plan(path, RECIPES).channels == {"cell": "vsp300/3"}


def test_a_configuration_with_seats_is_one_with_channels(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, "utf-8")

    assert read_config(path).channels == {"cell": ["vsp300/1"]}


def test_what_is_wrong_below_a_former_word_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("[vsp300/1]", "5"), "utf-8")

    with pytest.raises(RefusedError, match=r"config\.yaml:4 channels\.cell"):
        read_config(path)


def test_both_words_at_once_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG + "channels: {cell: [vsp300/2]}\n", "utf-8")

    with pytest.raises(RefusedError, match="former word for `channels`"):
        read_config(path)


def test_a_run_that_began_with_seats_keeps_its_configuration() -> None:
    kept = {"instruments": {"v": INSTRUMENT}, "seats": {"cell": ["v/1"]}}

    assert kept_config(kept).channels == {"cell": ["v/1"]}


def test_an_order_that_waited_for_a_seat_waits_for_its_channel(tmp_path: Path) -> None:
    queue = queued({**ORDER, "seats": {"cell": "vsp300/3"}}, tmp_path)

    (entry,) = queue.entries
    assert entry.order.channels == {"cell": "vsp300/3"}
    assert queue.held == {"vsp300/3": "the station was restarted"}
