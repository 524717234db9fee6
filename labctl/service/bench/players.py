"""What an instrument plays, can do at most, and reads back once it is safe; no acts.

Readings are named with their unit: ``voltage V``.
"""

import typing
from typing import Any

from labctl.roles.chamber import Chamber
from labctl.roles.current_source import CurrentSource
from labctl.roles.electrometer import CurrentReading, Electrometer
from labctl.roles.gaussmeter import FieldReading, Gaussmeter
from labctl.roles.magnet import Magnet, MagnetSupply
from labctl.roles.playing import plays
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.roles.source_meter import Driven, SourceMeter
from labctl.roles.switch_matrix import SwitchMatrix
from labctl.roles.thermometer import Thermometer
from labctl.roles.voltmeter import VoltageReading, Voltmeter

Readings = dict[str, float]
KINDS: tuple[type, ...] = (
    SourceMeter,
    CurrentSource,
    Voltmeter,
    Electrometer,
    Gaussmeter,
    Magnet,
    MagnetSupply,
    SwitchMatrix,
    PotentiostatChannel,
    Chamber,
    Thermometer,
)
_READS: dict[type, type] = {
    Voltmeter: VoltageReading,
    Electrometer: CurrentReading,
    Gaussmeter: FieldReading,
}


def kinds(player: object) -> list[str]:
    """Return the kinds of role that a player can take, by name.

    A role of another package's is told where the player's class is derived from it.
    """
    known = [kind.__name__ for kind in KINDS if _is(player, kind)]
    named = {kind.__name__: kind for kind in type(player).__mro__}
    others = [name for name, kind in named.items() if _is_role(kind)]
    return [*known, *(name for name in others if name not in known)]


def _is_role(kind: type) -> bool:
    """Tell whether a class is a role: a typing.Protocol of one's own."""
    return bool(vars(kind).get("_is_protocol")) and kind.__module__ != "typing"


def bounds(player: Any) -> Readings:
    """Return the largest magnitudes that can be asked for; no talk.

    ``{"voltage V": 210.0, "current A": 1.05, "least compliance A": 1e-9, …}``; a
    quantity that is not there cannot be driven.
    """
    if _is(player, SourceMeter):
        known = player.bounds
        driven = {"voltage V": known.voltage, "current A": known.current}
        return {
            **{k: v for k, v in driven.items() if Driven(k.split()[0]) in known.drives},
            "compliance V": known.voltage,
            "compliance A": known.current,
            "least compliance V": known.least_compliance_voltage,
            "least compliance A": known.least_compliance_current,
        }
    if _is(player, CurrentSource):
        known = player.bounds
        return {
            "current A": known.current,
            "compliance V": known.compliance,
            "least compliance V": known.least_compliance,
        }
    if _is(player, Magnet):
        return {"field T": player.largest_field}
    if _is(player, MagnetSupply):
        return {"current A": player.bounds.current}
    return {}


def read_back(player: Any) -> Readings:
    """Return what flows at a channel that was made safe; empty if nothing can tell."""
    if _is(player, PotentiostatChannel):
        live = player.poll().live
        names = {"current_ampere": "current A", "voltage_volt": "voltage V"}
        return {names[k]: float(v) for k, v in live.items() if k in names}
    if _is(player, MagnetSupply):
        return {"current A": float(player.current())}
    if _is(player, Magnet):
        return {"field T": float(player.field())}
    return {}


def _is(player: object, kind: type) -> bool:
    """Tell meters apart that have the same verbs, by what their `read` returns."""
    if not plays(player, kind):
        return False
    wanted = _READS.get(kind)
    if wanted is None:
        return True
    found = typing.get_type_hints(type(player).read).get("return")  # type: ignore[attr-defined]
    return found is wanted
