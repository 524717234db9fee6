"""What a person may do with an instrument by hand: within limits, never for long.

A seat that is touched is kept for that person; unless they touch it again within
`PATIENCE` it is made safe and given back, so that a closed laptop leaves nothing on.
"""

import logging
import threading
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labctl.clock import SystemClock, stopwatch
from labctl.errors import OperatorError
from labctl.roles.current_source import CurrentSettings, CurrentSource
from labctl.roles.electrometer import (
    CurrentReading,
    Electrometer,
    ElectrometerSettings,
)
from labctl.roles.gaussmeter import FieldReading, Gaussmeter
from labctl.roles.magnet import Magnet, MagnetSupply
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.roles.source_meter import Driven, SourceMeter, SourceSettings
from labctl.roles.switch_matrix import Connection, SwitchMatrix
from labctl.roles.voltmeter import VoltageReading, Voltmeter, VoltmeterSettings
from labctl.service.requests import Action, ManualIn
from labctl.station import Station, plays
from labctl.techniques import OpenCircuit

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""s of wall time without a touch before a seat is made safe."""
HOLDER = "by hand: "
"""What a hand-driven seat is lent to begins with this."""
WATCHED = 3600.0
"""s of open circuit that a look at a cell lasts at most."""

Readings = dict[str, float]
ACTIONS: tuple[tuple[type, Action], ...] = (
    (SourceMeter, Action.DRIVE),
    (SourceMeter, Action.READ),
    (CurrentSource, Action.DRIVE),
    (Voltmeter, Action.READ),
    (Electrometer, Action.READ),
    (Gaussmeter, Action.READ),
    (Magnet, Action.FIELD),
    (Magnet, Action.READ),
    (MagnetSupply, Action.FIELD),
    (MagnetSupply, Action.READ),
    (SwitchMatrix, Action.CONNECT),
    (PotentiostatChannel, Action.REST),
)
KINDS = tuple(dict.fromkeys(kind for kind, _ in ACTIONS))


@dataclass(slots=True)
class _Touched:
    holder: str
    deadline: float


class ByHand:
    """The seats that people drive by hand."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._touched: dict[str, _Touched] = {}
        self._lock = threading.RLock()

    def act(self, asked: ManualIn, who: str) -> tuple[Readings, dict[str, str], float]:
        """Do one thing; return readings, words, and when the seat is made safe.

        OwnershipError: a run or another person has the seat. LimitError: beyond the
        instrument's bounds; nothing was sent. OperatorError: it cannot do that.
        """
        holder = HOLDER + who
        with self._lock:
            bench = self._station.lend(holder, {"seat": asked.seat})
            player = bench.roles["seat"]
            deadline = stopwatch() + PATIENCE
            self._touched[asked.seat] = _Touched(holder, deadline)
            if asked.action not in actions(player):
                can = ", ".join(actions(player)) or "nothing by hand"
                raise OperatorError(f"{asked.seat}: can {can}; not {asked.action}")
            readings, words = _DOERS[asked.action](player, asked)
        return readings, words, SystemClock().unix() + PATIENCE

    def release(self, seat: str) -> None:
        """Make a seat safe and give it back; OperatorError: nobody drives it."""
        with self._lock:
            if seat not in self._touched:
                raise OperatorError(f"{seat} is not driven by hand")
            self._drop(seat)

    def release_all(self) -> list[str]:
        """Make every hand-driven seat safe; return which there were."""
        with self._lock:
            seats = list(self._touched)
            for seat in seats:
                self._drop(seat)
            return seats

    def look(self) -> list[str]:
        """Make safe what nobody touched for too long; return which."""
        with self._lock:
            now = stopwatch()
            late = [s for s, t in self._touched.items() if t.deadline < now]
            for seat in late:
                self._drop(seat)
            return late

    def _drop(self, seat: str) -> None:
        touched = self._touched.pop(seat)
        instrument, _, name = seat.partition("/")
        try:
            player = self._station.players(instrument).get(name)
            if hasattr(player, "make_safe"):
                player.make_safe()
        except Exception:
            log.exception("%s: STATE UNKNOWN, it was not made safe", seat)
        self._station.give_back(touched.holder)
        again = {s for s, t in self._touched.items() if t.holder == touched.holder}
        for other in again:  # one person may drive several seats
            self._station.reserve(touched.holder, {"seat": other})


def actions(player: object) -> list[Action]:
    """Return what can be done with a player by hand."""
    found = (act for kind, act in ACTIONS if _is(player, kind))
    return list(dict.fromkeys(found))


def kinds(player: object) -> list[str]:
    """Return the kinds of role that a player can take, by name."""
    return [kind.__name__ for kind in KINDS if _is(player, kind)]


def read_back(player: Any) -> Readings:
    """Return what flows at a seat that was made safe; empty if nothing can tell."""
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
        words = {"compliance": "in compliance"} if reading.in_compliance else {}
        return {"voltage V": reading.voltage, "current A": reading.current}, words
    if _is(player, Electrometer):
        player.prepare(ElectrometerSettings())
        return {"current A": player.read().current}, {}
    if _is(player, Voltmeter):
        player.prepare(VoltmeterSettings())
        return {"voltage V": player.read().voltage}, {}
    if _is(player, Gaussmeter):
        player.prepare(None)
        return {"field T": player.read().field}, {}
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
        words = {"compliance": "in compliance"} if reading.in_compliance else {}
        return {
            f"set {unit}": level,
            "voltage V": reading.voltage,
            "current A": reading.current,
        }, words
    if asked.quantity == "voltage" or not asked.compliance:
        raise OperatorError("this source drives a current; give its compliance in V")
    player.prepare(CurrentSettings(span, asked.compliance))
    level = player.drive(asked.value)
    words = {"compliance": "in compliance"} if player.in_compliance() else {}
    return {"set A": level}, words


def _field(player: Any, asked: ManualIn) -> tuple[Readings, dict[str, str]]:
    if _is(player, Magnet):
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


_DOERS: dict[Action, Callable[[Any, ManualIn], tuple[Readings, dict[str, str]]]] = {
    Action.READ: _read,
    Action.DRIVE: _drive,
    Action.FIELD: _field,
    Action.CONNECT: _connect,
    Action.REST: _rest,
}
