"""Compose a run: protocol, sample, form, steps, forecast, checks, Start.

With every keystroke the fields say what they come to; after a short pause the station
checks the order and runs it on the twins. Start waits for the checks and says for what;
where only a channel is busy, Queue lets the run wait.
"""

from pathlib import Path

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gui.compose.blocks.complaint_places import complaints_by_field
from gui.compose.channel_chooser import ChannelChooser
from gui.compose.composer_foot import ComposerFoot
from gui.compose.composer_head import ComposerHead
from gui.compose.draft import Draft
from gui.compose.offers import Offers
from gui.compose.outlook import Outlook
from gui.compose.parameter_form import ParameterForm
from gui.compose.plan_files import asked_to_open, asked_to_save, opened, saved
from gui.compose.readiness import elsewhere_text, readiness
from gui.compose.rehearsal import Rehearsal
from gui.compose.step_editing import StepEditing
from gui.link.link import Link
from labctl.api.answers import Queued, Started
from labctl.api.models import State
from labctl.api.requests import OrderIn

RETRY_MS = 2000
"""After a question that was not answered."""
FORM, DRY = 0, 1


class Composer(QWidget):
    """The form of a new run."""

    started = pyqtSignal(str)
    """A run is on its way."""
    queued = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._offers = Offers(link, self)
        self._draft: Draft | None = None
        self._state: State | None = None
        self._channel = ""
        self._said = Rehearsal(link, self._order, self)
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.setInterval(RETRY_MS)
        self._retry.timeout.connect(self._retried)
        self.step_editing = StepEditing(self)
        self._build()
        self._say()

    @property
    def draft(self) -> Draft | None:
        """What is being composed."""
        return self._draft

    @property
    def verdict(self) -> str:
        """What Start waits for, or that nothing is in its way."""
        return self.foot.text

    @property
    def can_start(self) -> bool:
        """Whether Start may be pressed."""
        return self.foot.can_start

    def load(self) -> None:
        """Fetch protocols and samples."""
        self._offers.load()

    def load_samples(self) -> None:
        """Fetch the samples anew."""
        self._offers.load_samples()

    def show_state(self, state: State) -> None:
        """Take which channels are free."""
        before = self._free(self._state)
        self._state = state
        self._outlook.speed = state.station.speed
        if self._free(state) != before:
            self._show_channels()
            self._changed()

    def show_link(self) -> None:
        """Take whether the station answers."""
        self._say()

    def choose(self, protocol: str, sample: str = "") -> None:
        """Choose a protocol and a sample by name."""
        self.head.choose(protocol=protocol)
        self._offer_samples()
        if sample:
            self.head.choose(sample=sample)
            self._new_draft()

    def choose_channel(self, channel: str) -> None:
        """Prefer a channel for the role that can take it."""
        self._channel = channel
        if self._draft is not None:
            self._prefer_channel()
            self._show_channels()
            self._changed()

    def start(self) -> None:
        """Start the run, if the checks have passed."""
        self.step_editing.settle()
        if self._draft is None or not self.can_start:
            return
        order = self._draft.order()
        self._say("Starting …")
        self._link.ask(self, lambda s: s.start(order), self._did_start, self._refused)

    def enqueue(self) -> None:
        """Put the run into the queue, if nothing but a busy channel is in its way."""
        self.step_editing.settle()
        if self._draft is None or not self.foot.can_queue:
            return
        order = self._draft.order()
        self._say("Queueing …")
        self._link.ask(self, lambda s: s.enqueue(order), self._did_queue, self._refused)

    def dry_run(self) -> None:
        """Show what would be done, step by step; or the form again."""
        show = self._middle.currentIndex() == FORM and self._is_readable
        self._middle.setCurrentIndex(DRY if show else FORM)
        self._preview.show_curve(on=not show)
        self._say()
        if show:
            self._outlook.show_steps()

    def restyle(self) -> None:
        """Take the theme's colours."""
        self._preview.restyle()

    # ---- plans

    def ask_to_open(self) -> None:
        """Ask for a plan file and open it."""
        path = asked_to_open(self)
        if path is not None:
            self.open_plan(path)

    def ask_to_save(self) -> None:
        """Ask for a place and save the plan there."""
        path = asked_to_save(self, self._draft) if self._draft is not None else None
        if path is not None:
            self.save_plan(path)

    def open_plan(self, path: Path) -> None:
        """Fill everything from a plan, or say why not and change nothing."""
        chosen = self._draft.sample if self._draft is not None else None
        there = self._offers
        draft = opened(path, there.protocols, there.samples, chosen, self.foot.note)
        if draft is None:
            return
        self.head.choose(protocol=draft.protocol.name)
        self.head.offer_samples(draft.protocol, there.measured_by(draft.protocol))
        self.head.choose(sample=draft.sample.name, preset=draft.preset)
        self._channel = ""
        self._take_draft(draft)

    def save_plan(self, path: Path) -> None:
        """Write the plan, or say why not."""
        self.step_editing.settle()
        if self._draft is not None:
            saved(path, self._draft, self.foot.note)

    # ---- what the station says

    def _offer_protocols(self) -> None:
        self.head.offer_protocols(self._offers.protocols)
        self._offer_samples()

    def _checked(self) -> None:
        if self._gave_way():
            return
        self._show_channels()
        self._show_resolved()
        self._say()
        self._outlook.show()

    def _did_start(self, found: Started) -> None:
        self._renew()
        self.started.emit(found.run)

    def _did_queue(self, found: Queued) -> None:
        self._renew()
        self.queued.emit(found.entry)

    def _again(self, why: str) -> None:
        """Ask once more in a while: the station was busy, or away for a moment."""
        self.foot.say(why)
        self._retry.start()

    def _retried(self) -> None:
        if not self._offers.are_there:
            self.load()
        elif self._said.check is None:
            self._said.ask()

    def _refused(self, why: str) -> None:
        self._changed()
        self.foot.note(why, True)

    # ---- choosing and typing

    def _offer_samples(self) -> None:
        protocol = self._offers.protocol(self.head.protocol)
        if protocol is not None:
            self.head.offer_samples(protocol, self._offers.measured_by(protocol))
            self._new_draft()

    def _new_draft(self) -> None:
        """Begin anew, with what was changed in the draft before."""
        self.foot.note("")
        protocol = self._offers.protocol(self.head.protocol)
        sample = self._offers.sample(self.head.sample)
        draft = None
        if protocol is not None and sample is not None:
            draft = Draft(protocol, sample)
            if self._draft is not None:
                draft.carry(self._draft)
            self.head.choose(preset=draft.preset)
        self._take_draft(draft)

    def _new_preset(self) -> None:
        if self._draft is not None:
            self._draft.take_preset(self.head.preset)
            self._take_draft(self._draft)

    def _take_draft(self, draft: Draft | None) -> None:
        before = self._draft
        self._draft = draft
        if draft is None or before is None or draft.protocol != before.protocol:
            self._channels.show_cast({}, {}, ())
        self._preview.begin_anew()
        self.head.enable_save(on=draft is not None)
        if draft is None:
            self.form.show_fields([], {})
        else:
            draft.operator = self._state.station.operator if self._state else ""
            self._prefer_channel()
            self.form.show_fields(draft.fields, draft.texts)
        self.step_editing.take(draft)
        self._changed()

    def _renew(self) -> None:
        """Keep what was typed for the next run, under another key."""
        if self._draft is not None:
            self._draft = self._draft.again()
            self.step_editing.take(self._draft)
            self._channel = ""
        self._changed()

    def _edited(self, name: str, text: str) -> None:
        if self._draft is not None:
            self._draft.texts[name] = text
            self._changed()

    def _changed(self) -> None:
        """Answer at once, and ask the station after a pause."""
        self._said.begin_anew()
        self._show_resolved()
        self._say()

    def _order(self) -> OrderIn | None:
        """Return what the station is asked; None while it cannot be read."""
        return self._draft.order() if self._draft and self._is_readable else None

    # ---- showing

    def _show_resolved(self) -> None:
        draft = self._draft
        if draft is None:
            return
        said = complaints_by_field(self._said.check)
        self.form.show_resolved(draft.resolved(), said)
        self.step_editing.show_check(self._said.check)

    def _show_channels(self) -> None:
        check = self._said.check
        if self._draft is not None and self._state is not None:
            cast = check.channels if check is not None and check.ok else None
            self._channels.show_cast(cast, self._draft.channels, self._state.channels)

    def _say(self, doing: str = "") -> None:
        there = self._link.status.is_there
        problem = self._draft.problem if self._draft else "Choose protocol and sample."
        checked = None if doing else self._said.check
        draft, state = self._draft, self._state
        self.foot.show_readiness(
            readiness(
                problem,
                checked,
                there=there,
                elsewhere=elsewhere_text(draft.sample.name, state.runs)
                if draft is not None and state is not None
                else "",
            )
        )
        showing = self._middle.currentIndex() == DRY
        self.foot.show_dry(on=showing, may=self._is_readable)
        if doing:
            self.foot.say(doing)

    @property
    def _is_readable(self) -> bool:
        return self._draft is not None and not self._draft.problem

    # ---- channels

    def _prefer_channel(self) -> None:
        if self._draft is not None and self._state is not None and self._channel:
            self._draft.prefer(self._channel, self._state.channels)

    def _gave_way(self) -> bool:
        """Let go of a tile's channel that this protocol has no part for."""
        check, draft = self._said.check, self._draft
        if check is None or draft is None or not self._channel:
            return False
        if not draft.give_up(self._channel, check):
            return False
        self.foot.note(f"{self._channel} has no part in {draft.protocol.name}.")
        self._channel = ""
        self._changed()
        return True

    def _sat(self, role: str, channel: str) -> None:
        if self._draft is not None:
            self._draft.channels[role] = channel
            self._changed()

    @staticmethod
    def _free(state: State | None) -> list[str]:
        return [c.name for c in state.channels if not c.run] if state else []

    # ---- looks

    def _build(self) -> None:
        self.head = ComposerHead()
        self.head.protocol_chosen.connect(self._offer_samples)
        self.head.sample_chosen.connect(self._new_draft)
        self.head.preset_chosen.connect(self._new_preset)
        self.head.open_wanted.connect(self.ask_to_open)
        self.head.save_wanted.connect(self.ask_to_save)
        self._channels = ChannelChooser()
        self._channels.chosen.connect(self._sat)
        self.form = ParameterForm()
        self.form.edited.connect(self._edited)
        self.form.opened.connect(self.step_editing.open)
        self.step_editing.changed.connect(self._changed)
        self.step_editing.editing.connect(lambda _on: self._show_resolved())
        self.step_editing.left.connect(lambda name: self.form.rows[name].focus())
        self._outlook = Outlook(self._said, lambda: self._draft, self)
        self.dry, self._preview = self._outlook.dry, self._outlook.preview
        self._middle = QStackedWidget()
        self._middle.addWidget(self.form)
        self._middle.addWidget(self.dry)
        self._offers.protocols_came.connect(self._offer_protocols)
        self._offers.samples_came.connect(self._offer_samples)
        self._offers.missed.connect(self._again)
        self._said.checked.connect(self._checked)
        self._said.unanswered.connect(self._again)
        self.foot = ComposerFoot()
        self.foot.dry_run.connect(self.dry_run)
        self.foot.queue.connect(self.enqueue)
        self.foot.start.connect(self.start)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 6, 10, 10)
        box.setSpacing(6)
        box.addWidget(self.head)
        box.addWidget(self._channels)
        box.addWidget(self._middle, 1)
        box.addWidget(self._preview)
        box.addWidget(self.foot)
