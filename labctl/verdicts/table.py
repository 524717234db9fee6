"""All conditions, technique by technique, and the reference page that lists them."""

import math
from collections.abc import Mapping
from types import ModuleType

from labctl.verdicts import (
    conduction,
    cycling,
    gitt,
    groups,
    hall,
    label,
    particle,
    pellet,
    recording,
    spectra,
    temperature,
    van_der_pauw,
    voltammetry,
)
from labctl.verdicts.condition import MINUS, Condition

TECHNIQUES: tuple[ModuleType, ...] = (
    cycling,
    gitt,
    spectra,
    conduction,
    pellet,
    particle,
    van_der_pauw,
    hall,
    voltammetry,
    temperature,
    groups,
    label,
    recording,
)
"""Each states its ``TITLE`` and its conditions."""
_LEAD = (
    "A result is *good* when every condition below that applies to it was seen to be "
    "met, *suspect* when one was not (its reason says which, with the value that was "
    "found), *absent* when there is no number. What could not be checked counts as not "
    "met. The codes stand in the file (`verdicts`); `labctl runs show RUN` and the "
    "report say for each result which were not met, and what to do."
)


def conditions(technique: ModuleType) -> tuple[Condition, ...]:
    """Return what one technique states, in the order of its file."""
    return tuple(v for v in vars(technique).values() if isinstance(v, Condition))


def by_code() -> Mapping[str, Condition]:
    """Return every condition under its code. ValueError: two have one code."""
    found: dict[str, Condition] = {}
    for technique in TECHNIQUES:
        for one in conditions(technique):
            if found.setdefault(one.code, one) is not one:
                raise ValueError(f"two conditions are called {one.code}")
    return found


def page() -> str:
    """Return ``docs/reference/validity.md``."""
    lines = [
        "# When a number is good",
        "",
        _LEAD,
        "",
        "<!-- Written by `python -m labctl.verdicts.table`; a test compares. -->",
    ]
    for technique in TECHNIQUES:
        lines += ["", f"## {technique.TITLE}", ""]
        for one in conditions(technique):
            lines += [f"### `{one.code}`", "", _text(one), ""]
    return "\n".join(lines).rstrip() + "\n"


def _text(one: Condition) -> str:
    said = [f"**{one.holds}**"]
    if not math.isnan(one.limit):
        unit = f" {one.unit}" if one.unit else ""
        low = "" if one.lowest == -math.inf else f"{one.lowest:g} … "
        limits = f"{low}{one.limit:g}{unit}".replace("-", MINUS)
        of = f"{one.quantity.rstrip(',')}: " if one.quantity else ""
        said.append(f"*Limit:* {of}{limits}")
    said += [one.why] if one.why else []
    said += [f"*What to do:* {one.advice}"] if one.advice else []
    return "\n\n".join(said)


if __name__ == "__main__":
    import sys

    sys.stdout.buffer.write(page().encode())
