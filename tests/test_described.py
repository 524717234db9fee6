"""A field's docstring is in the schema, and nobody reads sources before it is asked."""

import inspect
from typing import Annotated

import pytest
from pydantic import ConfigDict, Field

from labctl.config.models import Config
from labctl.described import Described, docstrings
from labctl.protocol import Parameters


class Inner(Described):
    """A part."""

    depth: float = 0.0
    """How deep it is."""


class Outer(Described):
    """A whole."""

    width: float = 1.0
    """How wide
    it is."""
    untold: int = 0
    named: Annotated[float, Field(alias="Name")] = 2.0
    """Comes in under another name."""
    worded: Annotated[int, Field(description="In the field itself.")] = 3
    """Never read."""
    inner: Inner = Inner()
    """What is in it."""


class Further(Outer):
    """More of it."""

    width: float = 5.0
    untold: int = 1
    """Told after all."""


def test_each_field_says_what_stands_below_it() -> None:
    schema = Outer.model_json_schema()

    told = {k: v.get("description") for k, v in schema["properties"].items()}
    assert told == {
        "width": "How wide\nit is.",
        "untold": None,
        "Name": "Comes in under another name.",
        "worded": "In the field itself.",
        "inner": "What is in it.",
    }
    assert schema["$defs"]["Inner"]["properties"]["depth"]["description"] == (
        "How deep it is."
    )


def test_a_field_stated_anew_says_what_stands_below_it_now() -> None:
    told = docstrings(Further)

    assert "width" not in told
    assert told["untold"] == "Told after all."
    assert told["inner"] == "What is in it."


def test_a_model_made_at_run_time_keeps_what_it_inherits() -> None:
    made: type[Inner] = type("Made", (Inner,), {"__module__": __name__})

    properties = made.model_json_schema()["properties"]
    assert properties["depth"]["description"] == "How deep it is."


def test_a_model_can_be_configured_and_still_waits_for_its_first_value() -> None:
    class Frozen(Described):
        model_config = ConfigDict(frozen=True)

        length: float

    assert Frozen.model_config["defer_build"]
    assert not Frozen.__pydantic_complete__
    assert Frozen.model_validate({"length": 1}).length == 1.0


@pytest.mark.parametrize("model", [Config, Parameters])
def test_no_source_is_read_where_a_value_comes_in(
    model: type[Described], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    monkeypatch.setattr(inspect, "getsource", read.append)

    class Lately(model):  # type: ignore[misc, valid-type]
        length: float = 1.0
        """How long it is."""

    Lately.model_construct()
    Lately.model_rebuild()

    assert read == []
