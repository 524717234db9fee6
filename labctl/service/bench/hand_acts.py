"""What can be done with a channel by hand, by what it plays; each act is one function.

Readings and set points are named with their unit: ``voltage V``, ``set A``. Nothing
here knows who asks, or for how long a channel is kept.
"""

import typing
from collections.abc import Callable, Mapping
from typing import Any

from labctl.api.requests import Action, ManualIn
from labctl.errors import OperatorError
from labctl.roles.current_source import CurrentSettings, CurrentSource
from labctl.roles.electrometer import (
    CurrentReading,
    Electrometer,
    ElectrometerSettings,
)
from labctl.roles.gaussmeter import FieldReading, Gaussmeter
from labctl.roles.magnet import Magnet, MagnetSupply
from labctl.roles.playing import plays
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.roles.source_meter import Driven, SourceMeter, SourceSettings
from labctl.roles.switch_matrix import Connection, SwitchMatrix
from labctl.roles.voltmeter import VoltageReading, Voltmeter, VoltmeterSettings
from labctl.techniques import OpenCircuit

WATCHED = 3600.0
"""s of open circuit that a look at a cell lasts at most."""

Readings = dict[str, float]
ACTIONS: tuple[tuple[type, Action], ...] = (
    (SourceMeter, Action.DRIVE),
    (SourceMeter, Action.READ),
    (SourceMeter, Action.SWEEP),
    (SourceMeter, Action.FOLLOW),
    (CurrentSource, Action.DRIVE),
    (CurrentSource, Action.READ),
    (Voltmeter, Action.READ),
    (Electrometer, Action.READ),
    (Gaussmeter, Action.READ),
    (Magnet, Action.FIELD),
    (Magnet, Action.READ),
    (MagnetSupply, Action.FIELD),
    (MagnetSupply, Action.READ),
    (SwitchMatrix, Action.CONNECT),
    (SwitchMatrix, Action.READ),
    (PotentiostatChannel, Action.REST),
)
KINDS = tuple(dict.fromkeys(kind for kind, _ in ACTIONS))


def actions(player: object) -> list[Action]:
    """Return what can be done with a player by hand."""
    found = (act for kind, act in ACTIONS if _is(player, kind))
    return list(dict.fromkeys(found))


def kinds(player: object) -> list[str]:
    """Return the kinds of role that a player can take, by name."""
    return [kind.__name__ for kind in KINDS if _is(player, kind)]


def is_source(player: object) -> bool:
    """Return whether it drives a sample's current or voltage."""
    return _is(player, SourceMeter) or _is(player, CurrentSource)


def is_switch(player: object) -> bool:
    """Return whether it moves relays."""
    return _is(player, SwitchMatrix)


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


_READS: dict[type, type] = {
    Voltmeter: VoltageReading,
    Electrometer: CurrentReading,
    Gaussmeter: FieldReading,
}


def _read(player: Any, _asked: ManualIn) -> tuple[Readings, dict[str, str]]:
    if _is(player, SourceMeter):
        reading = player.measure()
        found = {"voltage V": reading.voltage, "current A": reading.current}
        return found, _limited(reading.in_compliance)
    if _is(player, Electrometer):
        player.prepare(ElectrometerSettings())
        return {"current A": player.read().current}, {}
    if _is(player, Voltmeter):
        player.prepare(VoltmeterSettings())
        return {"voltage V": player.read().voltage}, {}
    if _is(player, Gaussmeter):
        player.prepare(None)
        return {"field T": player.read().field}, {}
    return _look(player)


def _look(player: Any) -> tuple[Readings, dict[str, str]]:
    """Tell how something stands that is told and does not measure."""
    if _is(player, CurrentSource):
        return {}, _limited(player.in_compliance())
    if _is(player, SwitchMatrix):
        return {}, {"closed": ", ".join(sorted(player.closed()))}
    settled = "settled" if player.is_settled() else "ramping"
    return read_back(player), {"ramp": settled}


def _drive(player: Any, asked: ManualIn) -> tuple[Readings, dict[str, str]]:
    span = abs(asked.value)
    if _is(player, SourceMeter):
        if not asked.quantity or not asked.compliance:
            raise OperatorError("say what is driven, and the compliance")
        driven = Driven(asked.quantity)
        player.prepare(SourceSettings(driven, span, asked.compliance))
        level, reading = player.point(asked.value)
        unit = "V" if driven is Driven.VOLTAGE else "A"
        return {
            f"set {unit}": level,
            "voltage V": reading.voltage,
            "current A": reading.current,
        }, _limited(reading.in_compliance)
    if asked.quantity == "voltage" or not asked.compliance:
        raise OperatorError("this source drives a current; give its compliance in V")
    player.prepare(CurrentSettings(span, asked.compliance))
    level = player.drive(asked.value)
    return {"set A": level}, _limited(player.in_compliance())


def _limited(is_so: bool) -> dict[str, str]:
    return {"compliance": "in compliance"} if is_so else {}


def _field(player: Any, asked: ManualIn) -> tuple[Readings, dict[str, str]]:
    told = "field" if _is(player, Magnet) else "current"
    if asked.quantity not in {"", told}:
        raise OperatorError(
            f"{asked.channel}: is told a {told}, not a {asked.quantity}"
        )
    if told == "field":
        return {"set T": player.ramp_to_field(asked.value), **read_back(player)}, {}
    return {"set A": player.ramp_to(asked.value), **read_back(player)}, {}


def _connect(player: Any, asked: ManualIn) -> tuple[Readings, dict[str, str]]:
    if len(asked.contacts) != 4:  # noqa: PLR2004
        raise OperatorError("four contacts are needed: I+, I−, V+, V−")
    closed = player.connect(Connection(*asked.contacts))
    return {}, {"closed": ", ".join(sorted(closed))}


def _rest(player: Any, _asked: ManualIn) -> tuple[Readings, dict[str, str]]:
    poll = player.poll()
    if not poll.running:
        player.load([OpenCircuit(duration=WATCHED)])
        player.start()
        poll = player.poll()
    return read_back(player) if not poll.live else _named(poll.live), {}


def _named(live: Mapping[str, float]) -> Readings:
    names = {"current_ampere": "current A", "voltage_volt": "voltage V"}
    return {names[k]: float(v) for k, v in live.items() if k in names}


DOERS: dict[Action, Callable[[Any, ManualIn], tuple[Readings, dict[str, str]]]] = {
    Action.READ: _read,
    Action.DRIVE: _drive,
    Action.FIELD: _field,
    Action.CONNECT: _connect,
    Action.REST: _rest,
}
