"""A run that is being composed: what was chosen and typed, and what it comes to."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gui.models.form import Referred, Resolved, order_parameters, referred, resolve
from gui.models.form_fields import FormField, fields_of, starting_texts
from gui.si_text import bytes_text, date_text, lasting, value_text
from labctl.service.answers import Checked, ForecastOut, ProtocolOut, SampleOut
from labctl.service.models import Channel, ChannelState
from labctl.service.requests import OrderIn

AUTOMATIC = ""
"""Seat of a role that takes the first free one."""


@dataclass(slots=True)
class Draft:
    """What the composer holds; knows no Qt and no network."""

    protocol: ProtocolOut
    sample: SampleOut
    preset: str = ""
    fields: list[FormField] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    seats: dict[str, str] = field(default_factory=dict)
    """Role -> seat, where a person chose one."""
    operator: str = ""
    key: str = field(default_factory=lambda: secrets.token_hex(8))
    """Pressing Start twice starts one run."""

    def __post_init__(self) -> None:
        self.fields = fields_of(self.protocol.parameters)
        if self.preset not in self.protocol.presets:
            wanted = str(self.sample.label.get("preset") or "")
            self.preset = wanted if wanted in self.protocol.presets else ""
        self.texts = self.start

    @property
    def start(self) -> dict[str, str]:
        """What stood in the form at first."""
        return starting_texts(self.fields, self.protocol.presets.get(self.preset))

    @property
    def refer(self) -> Referred:
        """What rates refer to."""
        return referred(self.sample.label)

    def resolved(self) -> dict[str, Resolved]:
        """Return what every text comes to."""
        refer = self.refer
        return {
            one.name: resolve(one, self.texts.get(one.name, ""), self.texts, refer)
            for one in self.fields
        }

    @property
    def problem(self) -> str:
        """The first field that cannot be read; empty if all can."""
        found = self.resolved()
        wrong = next((f for f in self.fields if not found[f.name].ok), None)
        return f"{wrong.label}: {found[wrong.name].shown}" if wrong else ""

    def order(self) -> OrderIn:
        """Return what the station is asked to do."""
        return OrderIn(
            protocol=self.protocol.name,
            parameters=order_parameters(
                self.fields, self.texts, self.start, self.refer
            ),
            sample=self.sample.name,
            preset=self.preset,
            seats={role: seat for role, seat in self.seats.items() if seat},
            operator=self.operator,
            key=self.key,
        )


def fitting(samples: Sequence[SampleOut], protocol: ProtocolOut) -> list[SampleOut]:
    """Return the samples that a protocol can measure."""
    return [s for s in samples if s.kind in protocol.sample_kinds]


def seat_choices(channels: Sequence[Channel], role: str) -> list[str]:
    """Return the free seats that can play a role, in the station's order."""
    return [
        c.seat
        for c in channels
        if role in c.roles and c.state is ChannelState.FREE and not c.run
    ]


def complaints_by_field(checked: Checked | None) -> dict[str, str]:
    """Return the station's complaints by the parameter they name."""
    if checked is None:
        return {}
    said: dict[str, str] = {}
    for hint in checked.complaints:
        name = hint.where.split()[-1].split(".")[-1] if hint.where else ""
        said.setdefault(name, f"{hint.what} {hint.cure}".strip())
    return said


def verdict(
    problem: str, checked: Checked | None, *, asking: bool, there: bool
) -> tuple[bool, str]:
    """Return whether Start is allowed, and what it waits for."""
    if not there:
        return False, "The station does not answer."
    if problem:
        return False, problem
    if checked is None:
        return False, "Being checked …"
    if not checked.ok:
        first = checked.complaints[0] if checked.complaints else None
        text = f"{first.where}: {first.what} {first.cure}".strip() if first else ""
        more = len(checked.complaints) - 1
        return False, text + (f" (and {more} more)" if more > 0 else "")
    seats = ", ".join(f"{role} on {seat}" for role, seat in checked.seats.items())
    return not asking, f"Checks passed: {seats}."


def forecast_text(found: ForecastOut, speed: float = 1.0) -> str:
    """Say when it ends and what it comes to; ``speed``: of a simulated bench."""
    ends = f"Ends {date_text(found.end_unix)}, after {lasting(found.duration)}"
    if speed != 1:
        wall = lasting(found.duration / speed)
        ends = f"Takes {lasting(found.duration)}, here {wall} (×{speed:g})"
    parts = [
        ends,
        f"{found.steps} steps",
        f"≈ {bytes_text(found.file_bytes)}",
    ]
    text = " · ".join(parts)
    if found.status != "completed":
        text += f". On the twin it ends by {found.status}: {found.reason}"
    return text


def extremes_text(extremes: Mapping[str, tuple[float, float]]) -> str:
    """Say between which voltages and currents it moves."""
    said = []
    for column, unit in (("voltage_volt", "V"), ("current_ampere", "A")):
        if column in extremes:
            low, high = extremes[column]
            said.append(f"{value_text(low, unit, 3)} … {value_text(high, unit, 3)}")
    return " · ".join(said)
