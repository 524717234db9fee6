"""What a protocol itself draws of a run, finished or not."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labctl import plugins
from labctl.data import Array
from labctl.errors import LabctlError
from labctl.figures.figure import Figure
from labctl.protocol import StepRecord
from labctl.quantities import SI
from labctl.sample import Sample
from labctl.store.run_file.reader import RunFile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The figures of a protocol, or why there are none."""

    figures: tuple[Figure, ...]
    why: str = ""
    """Why nothing could be drawn; empty if it could, or there is nothing yet."""


@dataclass(frozen=True, slots=True)
class _View:
    """See `labctl.protocol.Run`."""

    sample: Sample
    file: RunFile

    @property
    def steps(self) -> Sequence[StepRecord]:
        return self.file.steps

    def table(self, stream: str) -> Mapping[str, Array]:
        return self.file.table(stream)


def own_figures(file: RunFile) -> Drawn:
    """Return what the protocol draws of a run; a failure costs its figures only.

    Figures are worked out by plug-ins, of runs that may stand anywhere: whatever goes
    wrong there is logged and said.
    """
    name = file.header.protocol
    try:
        sample = Sample.model_validate(file.header.sample, context=SI)
        kind = plugins.protocol(name)
        given = kind.parameters_model.model_validate(file.header.parameters, context=SI)
        return Drawn(tuple(kind(given, sample).figures(_View(sample, file))))
    except LabctlError as error:
        log.warning("figures of %s cannot be drawn: %s", name, error)
        return Drawn((), str(error))
    except Exception as error:
        log.exception("figures of %s", name)
        said = f"{type(error).__name__}: {error}"
        return Drawn((), f"the figures of {name} cannot be drawn of these rows: {said}")
