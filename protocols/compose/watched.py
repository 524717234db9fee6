"""What a cycler without remote control records, while it records it.

The cycler runs what a person entered there; this plan has one step, which reads. The
results are worked out of the rows, as those of an imported file are.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from pydantic import field_validator

from labctl.analysis.cells.recognition import Measurement
from labctl.columns import EIS, RECORDED, TIMESERIES
from labctl.data import Array, EndReason, Result, Stream
from labctl.errors import Complaint
from labctl.figures.figure import Figure, Plot
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun, StepRecord
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.roles.record_source import RecordSource
from labctl.roles.schedule import Difference, ScheduleStep
from labctl.sample import Sample, SampleKind
from labctl.steps.entered_schedule import ENTERED, schedule_in
from labctl.steps.watch import WatchRecord
from labctl.steps.watched_rows import differences_of_rows, ran_steps
from labctl.steps.watched_schedule import differences
from protocols.cells.cell_protocol import CURRENT_TIME, VOLTAGE_TIME
from protocols.compose.imported import Imported, ImportedParameters

DIFFERENCES = "differences_from_plan"


class WatchedParameters(Parameters):
    """Which record is read, and what should run."""

    record: str
    """Name of the file in the folder of the cycler: ``cell7.wrd``."""
    once: bool = False
    """Read what there is and end; else until the cycler says that it is over."""
    planned_as: str = ""
    """Protocol whose schedule was entered."""
    planned: str = ""
    """The lines of that schedule as JSON, as `labctl watch --planned` writes them."""
    technique_told: Measurement | None = None
    """What is measured, where a person says so; none: what the rows look like."""

    @field_validator("record")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if not value or value != value.strip() or set("/\\") & set(value):
            raise ValueError(
                "expected the name of one file, without its folder: the folder is the "
                "address of the cycler in config.yaml"
            )
        return value


class Watched(Protocol):
    """See the module."""

    name = "watched"
    title = "What a cycler without remote control records"
    parameters_model = WatchedParameters
    streams: ClassVar[tuple[Stream, ...]] = (
        TIMESERIES.with_columns(*RECORDED),
        ENTERED,
    )
    plots: ClassVar[tuple[Plot, ...]] = (VOLTAGE_TIME, CURRENT_TIME)
    sample_kinds = frozenset({SampleKind.HALF_CELL, SampleKind.FULL_CELL})
    can_be_repeated = False

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, WatchedParameters)  # noqa: S101
        self.parameters = parameters

    def roles(self) -> Mapping[str, type]:
        """Return who records."""
        return {"source": RecordSource}

    def check(self) -> list[Complaint]:
        """Refuse a plan that cannot be read."""
        try:
            self._planned()
        except (KeyError, TypeError, ValueError) as error:
            what = f"it is no schedule as labctl writes them ({error})."
            cure = "Let `labctl watch --planned PROTOCOL` work them out."
            return [Complaint(("parameters", "planned"), what, cure)]
        return []

    def plan(self) -> Plan:
        """Yield the one step."""
        p = self.parameters
        yield WatchRecord(
            label=f"what is recorded in {p.record}",
            record=p.record,
            planned=self._planned(),
            once=p.once,
        )

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return what the rows give, and how what ran differs from what was planned."""
        rows = WatchedRows(run)
        found = dict(self._as_imported().results(rows)) if rows.are_there else {}
        if self.parameters.planned:
            found[DIFFERENCES] = _result(self.found_differences(run))
        return found

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Return the figures of what the rows look like; of a run that goes on, too."""
        rows = WatchedRows(run)
        return self._as_imported().figures(rows) if rows.are_there else ()

    def found_differences(self, run: RecordedRun) -> tuple[Difference, ...]:
        """Return how what was entered, and what ran, differs from what was planned."""
        planned = self._planned()
        schedule = schedule_in(run.table(ENTERED.name))
        ended = any(
            step.outcome is not None
            and step.outcome.reason is EndReason.COMPLETED
            and not step.outcome.condition
            for step in run.steps
        )
        ran = ran_steps(run.table(TIMESERIES.name))
        return (
            *differences(planned, schedule),
            *differences_of_rows(planned, ran, ended=ended),
        )

    def _planned(self) -> tuple[ScheduleStep, ...]:
        lines = json.loads(self.parameters.planned or "[]")
        return tuple(ScheduleStep.from_json(each) for each in lines)

    def _as_imported(self) -> Imported:
        p = self.parameters
        told = ImportedParameters(
            source=p.record, technique_told=p.technique_told, imported=True
        )
        return Imported(told, self.sample)


class WatchedRows:
    """A watched run as the analyses of imported runs take it: without spectra."""

    def __init__(self, run: RecordedRun) -> None:
        self._run = run

    @property
    def sample(self) -> Sample:
        """What was measured."""
        return self._run.sample

    @property
    def steps(self) -> Sequence[StepRecord]:
        """The one step that read."""
        return self._run.steps

    def accuracy(self, role: str) -> ChannelAccuracy | None:
        """Return what is known of the instrument's accuracy."""
        return self._run.accuracy(role)

    def table(self, stream: str) -> Mapping[str, Array]:
        """Return the columns of a stream; impedance has none, nobody measured any."""
        if stream == EIS.name:
            return {column.name: np.empty(0) for column in EIS.columns}
        return self._run.table(stream)

    @property
    def are_there(self) -> bool:
        """Whether any row has come."""
        return len(self._run.table(TIMESERIES.name)["test_time_second"]) > 0


def _result(found: Sequence[Difference]) -> Result:
    if not found:
        return Result(0, "", reason="what was entered and what ran is what was planned")
    numbers = {
        "step": tuple(float(each.step) for each in found),
        "quantity_code": tuple(float(each.code) for each in found),
        "seen_in_rows": tuple(float(each.where == "rows") for each in found),
    }
    for name in ("planned", "ran"):
        values = (getattr(each, name) for each in found)
        numbers[name] = tuple(x if isinstance(x, float) else math.nan for x in values)
    text = "; ".join(str(each) for each in found)
    return Result(len(found), "", table=numbers).suspect(text)
