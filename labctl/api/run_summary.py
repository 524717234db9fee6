"""What a run's summary says of it: which channels may be on, its first result."""

from collections.abc import Mapping

from labctl.data import RECOGNISED_AS, Quality, Result
from labctl.drawing.lettering import unit_text
from labctl.drawing.result_text import number_text


def unsafe_channels(
    unsafe: Mapping[str, str], channels: Mapping[str, str]
) -> dict[str, str]:
    """Return channel -> why, of role -> why and role -> channel."""
    found: dict[str, str] = {}
    for role, why in unsafe.items():
        channel = channels.get(role, role)
        found[channel] = f"{found[channel]}; {why}" if channel in found else why
    return found


def measured(protocol: str, results: Mapping[str, Result]) -> str:
    """Return the protocol; of an imported run what it was taken for: ``gitt``."""
    taken_for = results.get(RECOGNISED_AS)
    if taken_for is None or not isinstance(taken_for.value, str):
        return protocol
    return taken_for.value


def headline(results: Mapping[str, Result]) -> str:
    """Return ``initial coulombic efficiency 92.80 ± 0.14 %``; empty without a result.

    There is no room for why it is suspect, but for that it is.
    """
    for name, result in results.items():
        doubt = f"{result.quality}: " * (result.quality is Quality.SUSPECT)
        unit = "" if result.value is None else unit_text(result.unit)
        words = f"{doubt}{name.replace('_', ' ')} {number_text(result)} {unit}"
        return words.rstrip()
    return ""
