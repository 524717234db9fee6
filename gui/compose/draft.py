"""A run that is being composed: what was chosen and typed, and what it comes to."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gui.compose.blocks.block_data import Trouble, from_data, to_data, unreadable
from gui.compose.blocks.block_words import count_text
from gui.compose.blocks.blocks import Blocks
from gui.compose.blocks.shapes import Language, languages_of
from gui.look.plain_words import spoken
from gui.parts.form import Referred, Resolved, order_parameters, referred, resolve
from gui.parts.form_fields import FormField, fields_of, starting_texts
from labctl.api.answers import Checked, ProtocolOut, SampleOut
from labctl.api.models import Channel
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
        self.fields += fields_of(self.protocol.series)
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

    def take_preset(self, preset: str) -> None:
        """Start from another preset; lists of blocks stay that it says nothing of."""
        before, self.preset = self.blocks, preset
        self.begin()
        given = self.protocol.presets.get(preset, {})
        self.blocks |= {n: b for n, b in before.items() if n not in given}

    def again(self) -> "Draft":
        """Return the same for the next run, under another key and on any channel."""
        new = Draft(self.protocol, self.sample)
        new.carry(self)
        new.operator, new.channels = self.operator, {}
        return new

    def prefer(self, channel: str, channels: Sequence[Channel]) -> None:
        """Take a channel for the first role that it can play."""
        roles = next((c.roles for c in channels if c.name == channel), ())
        if roles:
            self.channels[roles[0]] = channel

    def give_up(self, channel: str, checked: Checked) -> bool:
        """Let go of a channel that this protocol has no part for; whether it did."""
        about = {complaint.path for complaint in checked.complaints}
        wrong = [role for role, c in self.channels.items() if c == channel]
        if not any(("channels", role) in about for role in wrong):
            return False
        for role in wrong:
            del self.channels[role]
        return True

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
