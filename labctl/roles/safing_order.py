"""In which order a bench is made safe: the energy first, what it flows through later.

    source off  ->  heaters  ->  relays  ->  magnets

The sample current goes before the field moves: it is instantaneous, the magnet takes
minutes. A relay never opens under current, so it moves only when every source of its
run is known to be off. Sequencers and triggers stop as part of their source's
`make_safe`. The guard and the loop both go by this table; there is no other.
"""

from collections.abc import Mapping
from enum import IntEnum

from labctl.roles.chamber import Chamber
from labctl.roles.current_source import CurrentSource
from labctl.roles.delta_meter import DeltaMeter
from labctl.roles.electrometer import Electrometer
from labctl.roles.magnet import Magnet, MagnetSupply
from labctl.roles.playing import plays
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.roles.source_meter import SourceMeter
from labctl.roles.switch_matrix import SwitchMatrix


class Stage(IntEnum):
    """When something is made safe; lower first."""

    SOURCES = 2
    """Whatever puts energy into the sample, and whatever is not known better."""
    HEATERS = 3
    SWITCHES = 4
    """Relays; only when every source is known to be off."""
    MAGNETS = 5
    """To zero at their own rate; only after the sources."""


KINDS: tuple[tuple[type, Stage], ...] = (
    (PotentiostatChannel, Stage.SOURCES),
    (SourceMeter, Stage.SOURCES),
    (CurrentSource, Stage.SOURCES),
    (DeltaMeter, Stage.SOURCES),
    (Electrometer, Stage.SOURCES),
    (Chamber, Stage.HEATERS),
    (SwitchMatrix, Stage.SWITCHES),
    (Magnet, Stage.MAGNETS),
    (MagnetSupply, Stage.MAGNETS),
)
"""A player that can be several things goes with the first."""
HINTS = {
    "heater": Stage.HEATERS,
    "furnace": Stage.HEATERS,
    "chamber": Stage.HEATERS,
    "switch": Stage.SWITCHES,
    "magnet": Stage.MAGNETS,
    "field": Stage.MAGNETS,
}
"""What a role is called that is made safe later than a source."""


def stage_of(player: object) -> Stage:
    """Return when an open instrument is made safe, by what it can do.

    A driver from elsewhere (a furnace) states it as its attribute ``safing_stage``.
    """
    stated = getattr(player, "safing_stage", None)
    if stated is not None:
        return Stage(stated)
    for kind, stage in KINDS:
        if plays(player, kind):
            return stage
    return Stage.SOURCES


def stage_of_kind(kind: type) -> Stage:
    """Return when the player of a role is made safe, by the type of the role."""
    return next((stage for known, stage in KINDS if known is kind), Stage.SOURCES)


def stage_of_role(role: str) -> Stage:
    """Return when the player of a role is made safe, by the name of the role.

    For an instrument that is not open yet; `stage_of` is right where they differ.
    """
    for word, stage in HINTS.items():
        if word in role:
            return stage
    return Stage.SOURCES


def in_stages(players: Mapping[str, object]) -> dict[Stage, tuple[str, ...]]:
    """Return the names of what can be made safe, stage by stage, in order.

    What has no output (a voltmeter, a gaussmeter) is left out.
    """
    able = {n: stage_of(p) for n, p in players.items() if hasattr(p, "make_safe")}
    return {
        stage: tuple(name for name, its in able.items() if its is stage)
        for stage in sorted(set(able.values()))
    }
