"""What goes onto a channel: EClib's techniques, and the draft that becomes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.biologic.eclib.codec import Setting, settings_of
from drivers.biologic.eclib.codes import (
    CURRENT_RANGES,
    VOLTAGE_RANGES,
    Board,
    range_text,
)
from drivers.biologic.eclib.tables import TechniqueTable
from drivers.biologic.techniques import TECHNIQUES
from drivers.biologic.upload.conditions import FirmwareTests
from drivers.biologic.upload.firmware_limits import Bounds, Guarded
from drivers.biologic.upload.ranges import ChannelFacts
from labctl.errors import Complaint
from labctl.techniques import Condition, Recording, Technique

FINEST_RECORD = 2e-4
"""s; no board samples faster."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One EClib technique, ready to be sent."""

    table: TechniqueTable
    source: int
    """Index of the labctl technique that it belongs to."""
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """What goes onto a channel."""

    uploads: tuple[Upload, ...]
    host_conditions: tuple[tuple[int, Condition], ...]
    summary: tuple[tuple[str, str], ...]
    """What was chosen, for the run's record."""
    unlimited: tuple[str, ...] = ()
    """Kinds of technique that drive and are not watched by firmware."""


@dataclass(slots=True)
class Draft:
    """A program while it is compiled."""

    facts: ChannelFacts
    techniques: Sequence[Technique]
    bounds: Bounds = field(default_factory=Bounds)
    """What firmware watches wherever it has room."""
    voltage_code: int = 2
    uploads: list[Upload] = field(default_factory=list)
    host: list[tuple[int, Condition]] = field(default_factory=list)
    summary: list[tuple[str, str]] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    first_of: dict[int, int] = field(default_factory=dict)
    """labctl index → index of its first EClib technique."""
    unlimited: dict[str, None] = field(default_factory=dict)
    """Kinds of technique that drive and are not watched, in their order."""

    def seen(self, current_range: int) -> Bounds:
        """Return the bounds as far as the ranges in use can see them."""
        largest = self.facts.largest_current
        return self.bounds.within(
            VOLTAGE_RANGES[self.voltage_code],
            CURRENT_RANGES.get(current_range, largest),
        )

    def accept(self, kind: str, guarded: Guarded) -> FirmwareTests:
        """Note whether a technique is watched; return its tests."""
        if not guarded.complete:
            self.unlimited[kind] = None
        return guarded.tests

    def complain(
        self,
        index: int,
        what: str,
        cure: str = "",
        value: float | None = None,
        limit: float | None = None,
        unit: str = "",
    ) -> None:
        """Refuse something of a technique; compilation goes on."""
        said = f"{self.techniques[index].kind}: {what}"
        path, file = ("techniques", index), self.facts.name
        self.complaints.append(
            Complaint(path, said, cure, file=file, value=value, limit=limit, unit=unit)
        )

    def add(self, index: int, name: str, values: dict[str, object]) -> None:
        """Add one EClib technique."""
        table = TECHNIQUES[name]
        self.first_of.setdefault(index, len(self.uploads))
        self.uploads.append(Upload(table, index, settings_of(table, values)))

    def measuring(self, name: str, current_range: int) -> dict[str, object]:
        """Return the parameters that every measuring technique shares."""
        values: dict[str, object] = {
            "E_Range": self.voltage_code,
            "Bandwidth": self.facts.bandwidth,
        }
        table = TECHNIQUES[name]
        if "I_Range" in table.parameters:
            values["I_Range"] = current_range
        if self.facts.board == Board.PREMIUM and table.xctr and self.facts.xctr:
            values["xctr"] = self.facts.xctr
        return values

    def note(
        self,
        index: int,
        name: str,
        current_range: int,
        tests: FirmwareTests | None = None,
    ) -> None:
        """Write down what was chosen."""
        span = VOLTAGE_RANGES[self.voltage_code]
        file = TECHNIQUES[name].file_for(self.facts.board)
        text = f"{name} ({file})"
        if "I_Range" in TECHNIQUES[name].parameters:
            text += f", I range {range_text(current_range)}"
        text += f", E range ±{span:g} V, bandwidth {self.facts.bandwidth}"
        if tests is not None and tests.tests:
            text += f", ends at {tests}"
        self.summary.append((f"technique {index}", text))

    def recording(self, index: int, record: Recording, label: str) -> dict[str, object]:
        """Return the recording rules as parameters; ``label`` names the other one."""
        other = record.every_ampere if label.endswith("dI") else record.every_volt
        every = record.every_s
        if every is None and other is None:
            rules = "every_s or every_" + ("ampere" if label.endswith("dI") else "volt")
            self.complain(index, "nothing would be recorded.", f"Give {rules}.")
        if every is not None and every < FINEST_RECORD:
            self.complain(
                index, f"a row every {every:g} s is beyond {FINEST_RECORD:g} s."
            )
        return {"Record_every_dT": every or 0.0, label: other or 0.0}

    def leave_to_host(self, index: int, conditions: Sequence[Condition]) -> None:
        """Let the host watch what firmware cannot."""
        self.host += [(index, condition) for condition in conditions]

    def program(self) -> Program:
        """Return what was drafted."""
        return Program(
            tuple(self.uploads),
            tuple(self.host),
            tuple(self.summary),
            tuple(self.unlimited),
        )
