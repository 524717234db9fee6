"""What the guard must know of a run's channels: configuration, and what is open."""

from collections.abc import Callable, Mapping
from typing import Any

from labctl.errors import Complaint, RefusedError
from labctl.roles.driver import Setup
from labctl.roles.safing_order import stage_of, stage_of_role
from labctl.service.guard.lines import ChannelPlan, InstrumentPlan, OnHostLoss

OPTION = "on_host_loss"
"""Of an instrument: ``off`` or ``finish_technique``, for all channels or channel by
channel."""
Players = Callable[[str], Mapping[str, object]]


def plan_of(
    setups: Mapping[str, Setup], cast: Mapping[str, str], players: Players | None = None
) -> tuple[InstrumentPlan, ...]:
    """Return how the channels of a cast (role -> channel) are made safe.

    ``players`` gives what an open instrument plays, by its name: what has no output
    then is left out, and every channel has its stage. RefusedError: the configuration
    asks for what there is not.
    """
    channels: dict[str, dict[str, ChannelPlan]] = {}
    for role, channel in cast.items():
        instrument, _, name = channel.partition("/")
        stage = stage_of_role(role)
        if players is not None:
            player = players(instrument).get(name)
            if player is not None and not hasattr(player, "make_safe"):
                continue
            stage = stage if player is None else stage_of(player)
        policy = on_host_loss(setups[instrument], channel)
        channels.setdefault(instrument, {})[channel] = ChannelPlan(
            channel, int(stage), policy
        )
    return tuple(
        InstrumentPlan(
            instrument,
            setups[instrument].driver,
            setups[instrument].address,
            dict(setups[instrument].options),
            tuple(its.values()),
        )
        for instrument, its in channels.items()
    )


def on_host_loss(setup: Setup, channel: str) -> OnHostLoss:
    """Return what becomes of a channel when the host is gone. RefusedError: no word.

    A mapping names channels as the front panel does: ``{"1": finish_technique}``.
    """
    stated: Any = setup.options.get(OPTION, OnHostLoss.OFF)
    if isinstance(stated, Mapping):
        by_name = {str(key): value for key, value in stated.items()}
        stated = by_name.get(
            channel, by_name.get(channel.partition("/")[2], OnHostLoss.OFF)
        )
    try:
        return OnHostLoss(stated)
    except ValueError:
        path = ("instruments", setup.name, "options", OPTION)
        what = f"{stated!r} is not {' or '.join(OnHostLoss)}."
        raise RefusedError([Complaint(path, what)]) from None
