"""What the twins make of the run that is composed: a curve, and a list of steps."""

from collections.abc import Callable

from PyQt6.QtCore import QObject

from gui.compose.draft import Draft
from gui.compose.dry_run import DryRun
from gui.compose.preview import Preview
from gui.compose.rehearsal import Rehearsal
from gui.look.plain_words import unmarked

RUNNING = "Running it on the twin …"
NO_FORECAST = "The forecast waits until that is put right."


class Outlook(QObject):
    """Shows the forecast as it comes, or why there is none."""

    def __init__(
        self, said: Rehearsal, draft: Callable[[], Draft | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self.preview = Preview()
        self.dry = DryRun()
        self.speed = 1.0
        """Of a simulated bench."""
        self._said = said
        self._draft = draft
        said.foreseen.connect(self.show)
        said.unforeseen.connect(self._unforeseen)
        said.asking.connect(self._asking)

    def show(self) -> None:
        """Show the forecast that has come, with the limits of the check."""
        found, check = self._said.forecast, self._said.check
        if found is not None:
            self.preview.show_forecast(found, check, self.speed)
            self.dry.show_forecast(found, check)
        elif check is not None and not check.ok:
            self.preview.forget(NO_FORECAST)

    def show_steps(self) -> None:
        """Show the list of steps, and hurry if it has not come."""
        if self._said.forecast is not None:
            self.dry.show_forecast(self._said.forecast, self._said.check)
        else:
            self.dry.wait(RUNNING)
        self._said.hurry()
        self.dry.table.setFocus()

    def _asking(self) -> None:
        self.preview.wait()
        self.dry.wait(RUNNING)

    def _unforeseen(self, why: str) -> None:
        draft, check = self._draft(), self._said.check
        if check is not None and not check.ok:
            self.preview.forget(NO_FORECAST)
        elif why:
            self.preview.forget(f"No forecast: {unmarked(why)}")
        else:
            self.preview.forget()
        problem = draft.problem if draft is not None else ""
        self.dry.wait(f"No forecast: {unmarked(why)}" if why else problem)
