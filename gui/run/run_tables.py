"""Steps, results and events of a run as tables."""

from collections.abc import Mapping, Sequence

from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.look.colours import StateLook
from gui.look.palette import theme
from gui.look.si_text import lasting
from gui.parts.table import Column, Table, TableModel
from gui.parts.verdict import verdict_colour, verdict_look
from gui.run.result_rows import ResultRow, result_rows
from gui.run.step_rows import StepRow, step_rows
from labctl.api.answers import ForecastOut, RunEvent, StepOut
from labctl.data import Level, Result
from labctl.drawing.result_text import MEANING

NO_RESULTS = "No results yet: they are worked out when the run ends."
LEVEL_LOOKS = {
    Level.ALARM: StateLook.NEEDS_YOU,
    Level.WARNING: StateLook.REST,
    Level.INFO: None,
}


class StepTable(QWidget):
    """Done, now, planned; the present step stays in view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        columns: list[Column[StepRow]] = [
            Column("", lambda r: str(r.number), number=True),
            Column("Step", lambda r: r.label, look=lambda r: r.look, colour=_planned),
            Column("Cycle", lambda r: r.cycle, number=True, colour=_planned),
            Column("Began at", lambda r: r.began, number=True, colour=_planned),
            Column("Lasted", lambda r: r.lasted, number=True, colour=_planned),
            Column("Charge", lambda r: r.charge, number=True),
            Column("Ended by", lambda r: r.ended_by),
        ]
        self.table = Table("Steps", TableModel(columns, lambda r: r.number), self)
        self.table.fit_columns(5, 0, 6, 12, 12, 13, 14)
        self._now = -1
        _fill(self, self.table)

    def show_steps(
        self,
        steps: Sequence[StepOut],
        forecast: ForecastOut | None,
        *,
        live: bool,
        now: StateLook = StateLook.HOLD,
    ) -> None:
        """Show what is known; ``now`` is the shape of what goes on."""
        rows = step_rows(steps, forecast, live=live, now=now)
        self.table.rows.show_rows(rows)
        at = next((k for k, r in enumerate(rows) if r.state == "now"), -1)
        if at >= 0 and at != self._now:
            self._now = at
            self.table.scrollTo(self.table.rows.index(at, 0))


class ResultTable(QWidget):
    """The numbers that the run is for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        columns: list[Column[ResultRow]] = [
            Column(
                "Verdict",
                lambda r: r.quality,
                look=_look,
                colour=_quality,
                tip=lambda r: r.told or r.quality,
            ),
            Column("Result", lambda r: r.name),
            Column("Value ±", lambda r: r.value, number=True, tip=lambda _: MEANING),
            Column("Unit", lambda r: r.unit),
            Column("Why, or where ± is from", lambda r: r.why, tip=lambda r: r.told),
        ]
        self.table = Table("Results", TableModel(columns, lambda r: r.name), self)
        self.table.fit_columns(10, 40, 26, 11, 0)
        self.table.say_when_empty(NO_RESULTS)
        self.meaning = QLabel(MEANING)
        self.meaning.setObjectName("muted")
        self.meaning.setWordWrap(True)
        self.meaning.hide()
        _fill(self, self.table, self.meaning)

    def show_results(self, results: Mapping[str, Result]) -> None:
        """Show the results."""
        self.table.rows.show_rows(result_rows(results))
        self.meaning.setVisible(any(r.uncertainty for r in results.values()))


class RunEventTable(QWidget):
    """What happened in one run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        columns: list[Column[RunEvent]] = [
            Column("At", lambda e: lasting(e.test_time), number=True),
            Column(
                "Level", lambda e: str(e.level), look=lambda e: LEVEL_LOOKS[e.level]
            ),
            Column("What", lambda e: e.text),
        ]
        self.table = Table("Run events", TableModel(columns, lambda e: e.number), self)
        self.table.fit_columns(14, 10, 0)
        self.table.say_when_empty("Nothing was noted yet.")
        _fill(self, self.table)

    def show_events(self, events: Sequence[RunEvent]) -> None:
        """Show the events, the latest first."""
        self.table.rows.show_rows(list(reversed(events)))


def _planned(row: StepRow) -> str | None:
    return theme().muted if row.state == "planned" else None


def _quality(row: ResultRow) -> str:
    return verdict_colour(row.quality)


def _look(row: ResultRow) -> StateLook:
    return verdict_look(row.quality)


def _fill(parent: QWidget, *widgets: QWidget) -> None:
    box = QVBoxLayout(parent)
    box.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        box.addWidget(widget)
