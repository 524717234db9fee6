"""What `labctl status` says of a station."""

from pathlib import Path

import pytest

from labctl.api.models import Finding, State
from labctl.cli.station.remote import overview

ANSWER = Path(__file__).parents[1] / "data/api-v2/state.json"


@pytest.mark.parametrize("what", ["run a polled 7.5 s apart", "k2450: no answer."])
def test_what_is_wrong_and_its_cure_are_two_sentences(what: str) -> None:
    state = State.model_validate_json(ANSWER.read_text("utf-8"))
    bad = Finding(name="polls", ok=False, what=what, cure="Look.")
    health = state.health.model_copy(update={"findings": [bad]})

    said = overview(state.model_copy(update={"health": health}))

    assert f"  polls: {what.rstrip('.')}. Look.\n" in said
