"""Which channel plays which role: the chosen one, else the first that is free.

A channel plays one role at a time; a chosen one is left to whom it was chosen for.
"""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from labctl.errors import BusyError, Complaint, OwnershipError, RefusedError, Why


@dataclass(frozen=True, slots=True)
class Casting:
    """What there is to choose from."""

    channels: Mapping[str, list[str]]
    """Role -> channels that may play it, best first; a role without any: all may."""
    instruments: Collection[str]
    taken: frozenset[str]
    """Channels that are not free now."""
    lent: Mapping[str, str]
    """Channel -> who has it."""

    def cast(
        self,
        wanted: Mapping[str, type],
        companions: Mapping[str, str],
        chosen: Mapping[str, str],
    ) -> dict[str, str]:
        """Return a channel for every role.

        ``companions`` names roles that must sit on the same instrument as another.
        RefusedError lists every role that finds no channel, and every chosen channel
        that cannot be: no such instrument, not configured for the role, in two roles.
        """
        complaints: list[Complaint] = []
        cast: dict[str, str] = {}
        for role in wanted:
            beside = companions.get(role, "")
            try:
                if role in chosen:
                    cast[role] = self._chosen(role, chosen[role], cast, beside)
                else:
                    cast[role] = self._free(role, chosen, cast, beside)
            except BusyError as error:
                complaints.append(
                    Complaint(("channels", role), str(error), why=Why.BUSY)
                )
            except OwnershipError as error:
                whose = beside if isinstance(error, ApartError) else role
                complaints.append(Complaint(("channels", role), str(error), role=whose))
        complaints += [
            Complaint(
                ("channels", role),
                f"{channel} was chosen, but the protocol has no such role.",
                f"It has: {', '.join(wanted)}.",
            )
            for role, channel in chosen.items()
            if role not in wanted
        ]
        if complaints:
            raise RefusedError(complaints)
        return cast

    def _chosen(
        self, role: str, channel: str, cast: Mapping[str, str], beside: str
    ) -> str:
        candidates = self.channels.get(role, [])
        if instrument_of(channel) not in self.instruments:
            known = ", ".join(self.instruments)
            raise OwnershipError(
                f"{channel} is on no instrument of this station ({known})"
            )
        if candidates and channel not in candidates:
            raise OwnershipError(
                f"{channel} is not among the channels that may play it: "
                f"{', '.join(candidates)}"
            )
        for other, theirs in cast.items():
            if theirs == channel:
                raise OwnershipError(
                    f"{channel} plays {other} already, and a channel plays one role "
                    "at a time; choose another for one of them"
                )
        if not _is_beside(channel, cast, beside):
            raise ApartError(
                f"{channel} is not on {instrument_of(cast[beside])}, where {beside} "
                "is; both have to sit on one instrument"
            )
        return channel

    def _free(
        self,
        role: str,
        chosen: Mapping[str, str],
        cast: Mapping[str, str],
        beside: str,
    ) -> str:
        candidates = self.channels.get(role, [])
        if not candidates:
            near = difflib.get_close_matches(role, self.channels, n=1)
            meant = "".join(f" (is {name!r} meant?)" for name in near)
            raise OwnershipError(
                f"the configuration gives it no channel{meant}; "
                f"add one under `channels:` or choose with `--role {role}=INSTRUMENT`"
            )
        others = {*cast.values(), *chosen.values()}
        place = f" on {instrument_of(cast[beside])}" if beside in cast else ""
        near = [
            channel
            for channel in candidates
            if _is_beside(channel, cast, beside) and channel not in others
        ]
        if place and not near:
            raise ApartError(
                f"it has to sit{place}, where {beside} is, and no channel for it does: "
                f"{', '.join(candidates)}"
            )
        for channel in near:
            if channel not in self.taken:
                return channel
        raise BusyError(
            f"none of {', '.join(near or candidates)} is free{place}",
            {c: self.lent[c] for c in candidates if c in self.lent},
        )


class ApartError(OwnershipError):
    """A role cannot sit on the instrument of the role that it belongs beside."""


def instrument_of(channel: str) -> str:
    """Return the instrument of a channel: ``vsp300`` of ``vsp300/1``."""
    return channel.partition("/")[0]


def _is_beside(channel: str, cast: Mapping[str, str], role: str) -> bool:
    """Tell whether a channel sits on the instrument of ``role``, if that is cast."""
    return role not in cast or instrument_of(channel) == instrument_of(cast[role])
