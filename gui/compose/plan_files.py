"""Plans from files and to files, on a person's click."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from gui.compose.draft import Draft
from gui.compose.plan_file import open_plan, save_plan
from labctl.api.answers import ProtocolOut, SampleOut
from labctl.documents.plan import YAML
from labctl.errors import RefusedError

FILES = "Plans (*.yaml *.yml)"
Say = Callable[[str, bool], None]
"""Takes a sentence, and whether something is wrong."""


def asked_to_open(parent: QWidget) -> Path | None:
    """Ask for a plan; None if the person thinks better of it."""
    found, _ = QFileDialog.getOpenFileName(parent, "Open plan", "", FILES)
    return Path(found) if found else None


def asked_to_save(parent: QWidget, draft: Draft) -> Path | None:
    """Ask where a plan shall stand."""
    name = f"{draft.protocol.name}-{draft.sample.name}.yaml"
    found, _ = QFileDialog.getSaveFileName(parent, "Save plan", name, FILES)
    return Path(found) if found else None


def opened(
    path: Path,
    protocols: Sequence[ProtocolOut],
    samples: Sequence[SampleOut],
    chosen: SampleOut | None,
    say: Say,
) -> Draft | None:
    """Return a plan as a draft, or say everything that does not fit."""
    try:
        draft = open_plan(path, protocols, samples, chosen)
    except RefusedError as error:
        said = "\n".join(map(str, error.complaints))
        say(f"{path.name} was not opened.\n{said}", True)
        return None
    say(f"Opened {path.name}.", False)
    return draft


def saved(path: Path, draft: Draft, say: Say) -> None:
    """Write a plan, or say why not."""
    if draft.problem:
        say(f"Not saved. {draft.problem}", True)
        return
    target = path if path.suffix in YAML else path.with_name(f"{path.name}.yaml")
    if target != path and target.exists():
        say(f"Not saved. {target.name} is there already; choose another name.", True)
        return
    try:
        written = save_plan(draft, target)
    except (OSError, RefusedError) as error:
        say(f"Not saved. {error}", True)
        return
    say(f"Saved {' and '.join(p.name for p in written)}.", False)
