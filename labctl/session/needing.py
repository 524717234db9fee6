"""What a whole plan asks of each role, worked out from its steps."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from labctl.errors import Complaint, Place
from labctl.protocol import Protocol, Step
from labctl.quantities import format_si
from labctl.roles.capability import Capability
from labctl.roles.needs import Need, Shortfall, shortfalls, strongest
from labctl.session.parameter_places import parameter_of, value_at

PARAMETERS = ("parameters",)


def needs_of(steps: Iterable[Step]) -> Mapping[str, tuple[Need, ...]]:
    """Return the hardest need of each kind, by role; see `needs.strongest`."""
    found: dict[str, list[Need]] = {}
    for need in strongest(need for step in steps for need in step.needs()):
        found.setdefault(need.role, []).append(need)
    return {role: tuple(needs) for role, needs in found.items()}


def words_of(needs: Iterable[Need]) -> str:
    """Return needs as one line: ``holds a current, drives 120 mA``."""
    return ", ".join(map(str, needs))


@dataclass(frozen=True, slots=True)
class Unmet:
    """A need of one step that the channel of its role does not meet."""

    step: Step
    short: Shortfall
    place: Place
    """Of the parameter that asks for it; empty: nobody knows."""
    spelled: str
    """What that parameter says: ``rate 3C``; empty if it is no more than the value."""

    def is_said_by(self, complaint: Complaint) -> bool:
        """Tell whether a driver's complaint about the same step says the same."""
        need = self.short.need
        if complaint.path[:2] != ("techniques", need.technique):
            return False
        if need.value is None or complaint.value is None:
            return need.value is None and complaint.value is None
        same = abs(complaint.value) == need.value or complaint.limit == self.short.limit
        return complaint.unit == need.unit and same

    def complaint(self, channel: str, cure: str = "") -> Complaint:
        """Return it in words, at its parameter, else at its role.

        ``cure``: what the driver says to do, who knows its options.
        """
        need, asked = self.short.need, "it"
        other = f"Choose another channel for {need.role}."
        if need.value is not None and need.unit:
            asked = _figure(need.value, self.short.limit, need.unit)
            if self.place:
                change = "Raise" if need.value < (self.short.limit or 0.0) else "Lower"
                other = f"{change} it, or choose another channel for {need.role}."
        because = f" ({self.spelled})" if self.spelled else ""
        return Complaint(
            (*PARAMETERS, *self.place) if self.place else ("channels", need.role),
            f"{channel} {self.short.said}, and the plan asks for {asked}{because}: "
            f"{self.step.label}.",
            cure or other,
            step=self.step.label,
            value=need.value,
            limit=self.short.limit,
            unit=need.unit,
            role=need.role,
        )


def unmet_by(
    protocol: Protocol, step: Step, role: str, capability: Capability
) -> Iterator[Unmet]:
    """Yield what a step asks of ``role`` and its channel is known not to have."""
    asked = (need for need in step.needs() if need.role == role)
    for short in shortfalls(asked, capability):
        place = _place(protocol, step, short.need)
        yield Unmet(step, short, place, _spelled(protocol, place))


def _place(protocol: Protocol, step: Step, need: Need) -> Place:
    """Return the parameter from which a need's figure comes, or a part of it."""
    path: Place = () if need.technique is None else ("techniques", need.technique)
    figures = (None,) if need.value is None else (need.value, *need.of)
    places = [
        parameter_of(protocol, step, Complaint(path, "", value=each, unit=need.unit))
        for each in figures
    ]
    return max(places, key=len)  # the first of those that lead furthest


def _spelled(protocol: Protocol, place: Place) -> str:
    """Return a rate as a person wrote it, with its name: ``rate 3C``."""
    written = value_at(protocol.parameters_json(), place)
    if not isinstance(written, str):
        return ""
    names = [key for key in place if isinstance(key, str)]
    return f"{names[-1].replace('_', ' ')} {written}"


def _figure(value: float, limit: float | None, unit: str) -> str:
    """Write a value with as many digits as tell it from the limit."""
    for digits in range(3, 9):
        text = format_si(value, unit, digits)
        if limit is None or text != format_si(limit, unit, digits):
            return text
    return f"{value:.12g} {unit}"
