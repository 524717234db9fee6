"""A run that is being composed: what was chosen and typed, and what it comes to."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gui.compose.block_data import Trouble, from_data, to_data, unreadable
from gui.compose.block_words import count_text
from gui.compose.blocks import Blocks
from gui.compose.shapes import Language, languages_of
from gui.look.plain_words import run_in_words, spoken, title_of, unmarked
from gui.look.si_text import bytes_text, date_text, lasting, value_text, words
from gui.parts.form import Referred, Resolved, order_parameters, referred, resolve
from gui.parts.form_fields import FormField, fields_of, starting_texts
from labctl.api.answers import Checked, ForecastOut, ProtocolOut, SampleOut
from labctl.api.models import Channel, ChannelState, RunSummary
from labctl.api.requests import OrderIn

AUTOMATIC = ""
"""Channel of a role that takes the first free one."""


@dataclass(slots=True)
class Draft:
    """What the composer holds; knows no Qt and no network."""

    protocol: ProtocolOut
    sample: SampleOut
    preset: str = ""
    fields: list[FormField] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    blocks: dict[str, Blocks] = field(default_factory=dict)
    """Parameters that are lists of blocks."""
    languages: dict[str, Language] = field(default_factory=dict)
    """What may stand in them."""
    pasted: dict[str, str] = field(default_factory=dict)
    """Why the text of such a parameter cannot be taken over, while it cannot."""
    channels: dict[str, str] = field(default_factory=dict)
    """Role -> channel, where a person chose one."""
    operator: str = ""
    key: str = field(default_factory=lambda: secrets.token_hex(8))
    """Pressing Start twice starts one run."""

    def __post_init__(self) -> None:
        self.fields = fields_of(self.protocol.parameters)
        self.languages = languages_of(self.protocol.parameters)
        if self.preset not in self.protocol.presets:
            wanted = str(self.sample.label.get("preset") or "")
            self.preset = wanted if wanted in self.protocol.presets else ""
        self.begin()

    @property
    def start(self) -> dict[str, str]:
        """What stood in the form at first."""
        return starting_texts(self.fields, self.protocol.presets.get(self.preset))

    @property
    def base(self) -> str:
        """The preset that the station starts from: without one, the label's."""
        wanted = str(self.sample.label.get("preset") or "")
        return self.preset or (wanted if wanted in self.protocol.presets else "")

    def begin(self) -> None:
        """Put everything to where it starts."""
        self.texts = self.start
        self.blocks = {
            name: self._blocks_of(self.preset, name) for name in self.languages
        }
        self.pasted = {}

    def carry(self, other: "Draft") -> None:
        """Take over what was changed in another draft of the same protocol."""
        if other.protocol.name != self.protocol.name:
            return
        if other.sample.name == self.sample.name:
            self.preset = other.preset
            self.begin()
        before = other.start
        self.texts |= {n: t for n, t in other.texts.items() if t != before[n]}
        self.blocks = dict(other.blocks)
        self.pasted = dict(other.pasted)
        self.channels = dict(other.channels)

    @property
    def refer(self) -> Referred:
        """What rates refer to."""
        return referred(self.sample.label)

    def resolved(self) -> dict[str, Resolved]:
        """Return what every text comes to."""
        refer = self.refer
        return {
            one.name: self._resolved_blocks(one)
            if one.name in self.languages
            else resolve(one, self.texts.get(one.name, ""), self.texts, refer)
            for one in self.fields
        }

    def block_troubles(self, name: str) -> list[Trouble]:
        """Return what in a list of blocks cannot be read."""
        language, blocks = self.languages[name], self.blocks[name]
        return unreadable(language, blocks, self.texts, self.refer)

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
            parameters=self.parameters(),
            sample=self.sample.name,
            preset=self.preset,
            channels={
                role: channel for role, channel in self.channels.items() if channel
            },
            operator=self.operator,
            key=self.key,
        )

    def parameters(self) -> dict[str, Any]:
        """Return what differs from where the station starts."""
        start = starting_texts(self.fields, self.protocol.presets.get(self.base))
        sent = order_parameters(self.fields, self.texts, start, self.refer)
        for name, language in self.languages.items():
            if self.blocks[name] != self._blocks_of(self.base, name):
                sent[name] = to_data(language, self.blocks[name])
        return sent

    def _resolved_blocks(self, one: FormField) -> Resolved:
        language, blocks = self.languages[one.name], self.blocks[one.name]
        said = count_text(language, blocks)
        if one.name in self.pasted:
            return Resolved(ok=False, shown=self.pasted[one.name])
        wrong = self.block_troubles(one.name)
        if wrong:
            place, what = wrong[0]
            where = spoken((one.name, *place)) if place else ""
            return Resolved(ok=False, shown=f"{where}: {what}" if where else what)
        return Resolved(ok=True, shown=said)

    def _blocks_of(self, preset: str, name: str) -> Blocks:
        """Return the blocks that a preset, or else the schema, starts with."""
        given = self.protocol.presets.get(preset, {})
        default = self.protocol.parameters["properties"][name].get("default", [])
        found, _ = from_data(
            self.languages[name], given.get(name, default), si=name not in given
        )
        return found


def fitting(samples: Sequence[SampleOut], protocol: ProtocolOut) -> list[SampleOut]:
    """Return the samples that a protocol can measure."""
    return [s for s in samples if s.kind in protocol.sample_kinds]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a channel stands that could play a role."""

    mark: str = ""
    """Behind its name: ``busy``; empty if it is free."""
    why: str = "free"


def channel_choices(channels: Sequence[Channel], role: str) -> dict[str, Standing]:
    """Return the channels that can play a role, and how they stand; free ones first."""
    able = {c.name: _standing(c) for c in channels if role in c.roles}
    return dict(sorted(able.items(), key=lambda item: bool(item[1].mark)))


def _standing(channel: Channel) -> Standing:
    if channel.doubt:
        return Standing("may still be on", f"may still be on: {channel.doubt}")
    if channel.run:
        return Standing("busy", f"busy with {channel.run}")
    if channel.state is ChannelState.FREE:
        return Standing()
    return Standing("busy", "busy with a person by hand")


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether Start and Queue are allowed, and what they wait for."""

    start: bool
    queue: bool
    text: str


def readiness(
    problem: str,
    checked: Checked | None,
    *,
    there: bool,
    elsewhere: str = "",
) -> Readiness:
    """Return what may be done with an order, and what is in the way of the rest.

    ``elsewhere`` is a sentence on where the sample is now.
    """
    if not there:
        return Readiness(False, False, "The station does not answer.")
    if problem:
        return Readiness(False, False, problem)
    if checked is None:
        return Readiness(False, False, "Being checked …")
    if not checked.ok:
        first = checked.complaints[0] if checked.complaints else None
        where = title_of(first.path) if first else ""
        said = unmarked(first.said) if first else ""
        text = f"{where}: {said}" if where else said
        more = len(checked.complaints) - 1
        return Readiness(
            False, False, text + (f" (and {more} more)" if more > 0 else "")
        )
    warnings = [*([elsewhere] if elsewhere else []), *checked.warnings]
    if checked.busy or checked.doubtful:
        text = f"Checks passed, but {_in_the_way(checked)}. Queue lets it wait."
        return Readiness(False, True, "\n".join([text, *warnings]))
    channels = ", ".join(
        f"{words(role)} on {s}" for role, s in checked.channels.items()
    )
    return Readiness(True, True, "\n".join([f"Checks passed: {channels}.", *warnings]))


def elsewhere_text(sample: str, runs: Iterable[RunSummary]) -> str:
    """Say on which channels a sample is measured now: one cell has one place."""
    channels = sorted(
        channel
        for run in runs
        if run.sample == sample and run.ended_unix is None
        for channel in run.channels.values()
    )
    return (
        f"Note: {sample} is being measured on {', '.join(channels)}."
        if channels
        else ""
    )


def _in_the_way(checked: Checked) -> str:
    """Say which channels cannot be had now: in use, or not known to be off."""
    said = [_busy_words(checked.busy)] if checked.busy else []
    said += [
        f"{channel} may still be on: clear it first" for channel in checked.doubtful
    ]
    return ", ".join(said)


def _busy_words(busy: Mapping[str, str]) -> str:
    """Say who has which channels: ``k6221 and 4 more channels are busy with …``."""
    channels_of: dict[str, list[str]] = {}
    for channel, holder in busy.items():
        channels_of.setdefault(holder, []).append(channel)
    said = []
    for holder, channels in channels_of.items():
        more = len(channels) - 1
        others = f" and {more} more channel{'s' if more > 1 else ''}" if more else ""
        verb = "are" if more else "is"
        said.append(f"{channels[0]}{others} {verb} busy with {run_in_words(holder)}")
    return ", ".join(said)


def forecast_text(found: ForecastOut, speed: float = 1.0) -> str:
    """Say when it ends and what it comes to; ``speed``: of a simulated bench.

    A run that the twins could not finish has no duration that is worth saying.
    """
    if found.status != "completed":
        return f"On the twin it ends by {found.status}: {found.reason}"
    ends = f"Ends {date_text(found.end_unix)}, after {lasting(found.duration)}"
    if speed != 1:
        wall = lasting(found.duration / speed)
        ends = f"Takes {lasting(found.duration)}, here {wall} (×{speed:g})"
    parts = [
        ends,
        f"{found.steps} steps",
        f"≈ {bytes_text(found.file_bytes)}",
    ]
    return " · ".join(parts)


def extremes_text(extremes: Mapping[str, tuple[float, float]]) -> str:
    """Say between which voltages and currents it moves."""
    said = []
    for column, unit in (("voltage_volt", "V"), ("current_ampere", "A")):
        if column in extremes:
            low, high = extremes[column]
            said.append(f"{value_text(low, unit, 3)} … {value_text(high, unit, 3)}")
    return " · ".join(said)
