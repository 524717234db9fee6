"""An imported run that is no more than its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from drivers.twins.world import catalogue
from labctl.analysis.cells.recognition import Measurement
from labctl.columns import EIS, TIMESERIES
from labctl.data import Array
from labctl.protocol import StepRecord
from labctl.sample import Sample
from protocols.compose.imported import Imported, ImportedParameters

SAMPLE = Sample.model_validate(catalogue.label("si"))


@dataclass(frozen=True)
class Rows:
    """An imported run of these columns; what a file lacks is missing in every row."""

    timeseries: Mapping[str, Array] = field(default_factory=dict)
    eis: Mapping[str, Array] = field(default_factory=dict)
    sample: Sample = SAMPLE
    steps: Sequence[StepRecord] = ()

    def table(self, stream: str) -> Mapping[str, Array]:
        own, usual = {
            "timeseries": (self.timeseries, TIMESERIES),
            "eis": (self.eis, EIS),
        }[stream]
        n = len(next(iter(own.values()), ()))
        return {
            **{
                column.name: np.full(n, -1)
                if column.dtype == "i8"
                else np.full(n, np.nan)
                for column in usual.columns
            },
            **own,
        }

    def accuracy(self, role: str) -> None:
        del role


def imported(technique: Measurement | None = None) -> Imported:
    parameters = ImportedParameters(source="a", imported=True, technique_told=technique)
    return Imported(parameters, SAMPLE)
