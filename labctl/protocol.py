"""A protocol: parameters, a plan that yields steps, and the results at its end.

A plan is deterministic: it knows its parameters, the sample and the outcomes of the
steps it yielded, nothing else (no clock, no file, no randomness). So the same plan
fed with recorded outcomes resumes a run, fed with changed parameters amends it, and
run on twins in virtual time forecasts it.
"""

import abc
import dataclasses
import json
import math
import typing
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import ConfigDict

from labctl.analysis.temperature.law import Law
from labctl.clock import Clock
from labctl.data import (
    Array,
    Batch,
    EndReason,
    Event,
    Outcome,
    Quality,
    Result,
    Stream,
)
from labctl.described import Described
from labctl.errors import Complaint, OperatorError, Place
from labctl.figures.figure import Figure, Plot
from labctl.fingerprint import fingerprint
from labctl.limits import Envelope
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.roles.needs import Need
from labctl.sample import Sample
from labctl.step_records import ClaimRecord, StepRecord

__all__ = [
    "Bench",
    "Claim",
    "ClaimRecord",
    "Earlier",
    "Ending",
    "Item",
    "Parameters",
    "Plan",
    "Progress",
    "Protocol",
    "RecordedBeside",
    "RecordedRun",
    "RecordedTemperatures",
    "Rows",
    "Step",
    "StepRecord",
]

T = typing.TypeVar("T")


class Bench(typing.Protocol):
    """What a step may touch while it is executed."""

    @property
    def clock(self) -> Clock:
        """The run's clock; the only time a step knows."""
        ...

    @property
    def envelope(self) -> Envelope:
        """What no reading of this run may leave; instruments with limits get it."""
        ...

    def role(self, name: str, kind: type[T]) -> T:
        """Return the instrument that plays ``name``; InstrumentError if none does."""
        ...


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a step ended by itself, and what it worked out."""

    reason: EndReason = EndReason.COMPLETED
    condition: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    """What a person asked for, which ended it; see `Outcome.asked`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step had come when it was interrupted."""

    duration: float
    """s of the step that passed while it ran."""
    charge: float
    """C, net."""
    technique: int = 0
    """Index of the technique in flight within the step's upload."""
    technique_duration: float = 0.0
    """s of that technique that passed."""
    technique_charge: float = 0.0
    """C of that technique, without sign."""
    last: Mapping[str, float] = field(default_factory=dict)
    """The last row of the step's main stream; empty: there is none."""

    def sums(self) -> dict[str, float]:
        """Return how far it had come without that row, by field."""
        return {k: v for k, v in dataclasses.asdict(self).items() if k != "last"}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a step is about to start, so that it is known again after a crash.

    Yielded just before; the generator goes on only when it is durable in the journal.
    What was never claimed is never stopped.
    """

    role: str
    token: Mapping[str, Any]
    """What the instrument can be recognised by (`Loaded.token`); plain JSON."""


Item = Batch | Event | Claim | None
"""What a step yields: rows, an event, a claim, or None when a poll brought nothing."""
Rows = Generator[Item, None, Ending]
"""What `Step.execute` is."""


@dataclass(frozen=True, kw_only=True)
class Step(abc.ABC):
    """One thing the engine does; a frozen value, so that it can be compared.

    Rules for whoever writes one: yield at least once a poll period, so that holds,
    stops and limits are seen; leave no output on that the next step does not expect;
    every reading goes out by `yield`, nothing is kept.
    """

    uses_bench: ClassVar[bool] = True
    """False for steps that touch no instrument and end at once."""
    ends_polls: ClassVar[bool] = False
    """True if every poll ends with None or a live reading: holds and stops wait for
    it, so that no row of a poll is left behind."""

    only_watches: ClassVar[bool] = False
    """True if it reads what others do and can end none of it: what leaves the envelope
    is an alarm, and recording goes on."""

    asks: ClassVar[bool] = False
    """True if it takes what a person asks; any other ends when they want all off."""

    stands: ClassVar[bool] = False
    """True if what it set up has to stand while the steps after it run, until the next
    such step: a chamber's temperature. When everything was made safe meanwhile, it is
    restored before the run goes on."""

    label: str
    """What the operator reads: ``lithiation at C/20``."""
    cycle: int = 0
    """Written to ``cycle_count``; 0 before the first cycle."""
    half_cycle: int = -1
    """Written to ``half_cycle``; -1 where none is counted."""

    @abc.abstractmethod
    def execute(self, bench: Bench) -> Rows:
        """Do it on the bench, yielding rows; return why it ended."""

    def beyond(self, bench: Bench) -> list[Complaint]:  # noqa: ARG002
        """Return everything of this step that its instruments cannot do.

        Asked before anything is switched on, perhaps while other runs go on: nothing
        is said to an instrument, only what it stated is looked at. InstrumentError: the
        bench does not know one of the roles.
        """
        return []

    def needs(self) -> Iterable[Need]:
        """Return what it asks of the roles beyond what they are; see `needs.Need`.

        A step that asks nothing in figures returns none. What an instrument does or
        refuses is still decided by `beyond`; by this it is explained, and other
        channels are offered.
        """
        return ()

    def assumed(self, ended_by: str = "") -> Outcome:  # noqa: ARG002
        """Return an outcome with which a plan goes on, where nobody executes it.

        ``ended_by``: an end condition that fires if the step has it; empty: its time
        passes.
        """
        return Outcome(EndReason.COMPLETED)

    def ends_by(self) -> tuple[str, ...]:
        """Return the names of the conditions by which it may end."""
        return ()

    def go_on(self, bench: Bench, claims: Mapping[str, "ClaimRecord"]) -> Rows | None:  # noqa: ARG002
        """Attach to what this very step started before its process died.

        ``claims`` by role, the last one of each. None: the step cannot; it is executed
        with what remains. An `Ending` with reason ``stopped`` says that it was cut
        short meanwhile: what remains then is executed. NotOursError: something else
        runs there now.
        """
        return None

    def still_stands(self, bench: Bench) -> bool:  # noqa: ARG002
        """Tell whether what this step set up is as it left it; asked if it `stands`.

        Where not, what goes on in an instrument is not what was planned, and stopped.
        """
        return True

    def disturbance(self, bench: Bench) -> str:  # noqa: ARG002
        """Say what somebody changed of what this step set up; empty: nothing known.

        Asked now and then while other steps are measured in it, so one short question.
        """
        return ""

    def restore(self, bench: Bench) -> Rows:
        """Bring back what it had set up; its rows count for no step's sums."""
        return self.execute(bench)

    def after_stop(self, bench: Bench) -> Iterator[Batch]:  # noqa: ARG002
        """Yield rows that the instruments still hold after everything was made safe.

        Called once after an interruption, before the step goes on or ends.
        """
        yield from ()

    def remaining(self, progress: Progress) -> "Step":  # noqa: ARG002
        """Return what is left to do after an interruption; here: begin anew."""
        return self

    def payload(self) -> dict[str, Any]:
        """Return the step as JSON types, with its kind; equal steps, equal payload."""
        fields = dataclasses.asdict(self)
        return {"kind": type(self).__name__, **json.loads(json.dumps(fields))}

    def digest(self) -> str:
        """Return a short fingerprint; a replay refuses a step that differs."""
        return fingerprint(self)


Plan = Generator[Step, Outcome, None]
"""Yields a step, is sent its outcome, decides what comes next."""


class Parameters(Described):
    """Base of every protocol's parameters; text with units comes in, SI floats stay."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RecordedRun(typing.Protocol):
    """A run as its protocol's `results` and `figures` see it."""

    @property
    def sample(self) -> Sample:
        """What was measured."""
        ...

    @property
    def steps(self) -> Sequence[StepRecord]:
        """The executed steps, in order."""
        ...

    def table(self, stream: str) -> Mapping[str, Array]:
        """Return the columns of a stream, each of shape (n,); n may be 0."""
        ...

    def accuracy(self, role: str) -> ChannelAccuracy | None:
        """Return what the instrument stated of its accuracy; None: nothing known."""
        ...


@typing.runtime_checkable
class RecordedBeside(RecordedRun, typing.Protocol):
    """A run that also tells what was recorded beside its protocol (`also_record`)."""

    @property
    def streams(self) -> Sequence[Stream]:
        """Every stream of the run."""
        ...


@typing.runtime_checkable
class RecordedTemperatures(RecordedRun, typing.Protocol):
    """A run that also tells how sure its thermometers were."""

    def temperature_uncertainty(self, column: str) -> float:
        """Return the standard uncertainty of a column of temperature in K.

        As the thermometer stated it; NaN: nobody knows.
        """
        ...


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run that was done before, as a protocol sees it that builds on it."""

    run_id: str
    protocol: str
    sample: Sample
    parameters: Mapping[str, Any]
    """As understood: SI numbers, defaults filled in."""
    results: Mapping[str, Result]

    def good(self, name: str) -> Result:
        """Return one of its results. OperatorError: there is none to be trusted."""
        result = self.results.get(name)
        if result is None:
            there = ", ".join(self.results) or "none"
            raise OperatorError(
                f"run {self.run_id} has no result {name!r}; there are: {there}"
            )
        if result.quality is not Quality.GOOD or isinstance(result.value, str | None):
            raise OperatorError(
                f"run {self.run_id}: {name} is {result.quality} ({result.reason}). "
                "Measure again, or give its number with --set if you trust it."
            )
        return result


class Protocol(abc.ABC):
    """A measurement protocol for one sample; the base of all plug-ins.

    Registered under the entry point group ``labctl.protocols``.
    """

    name: ClassVar[str]
    """What the command line calls it: ``formation-cycling``."""
    title: ClassVar[str]
    """One line for a list."""
    parameters_model: ClassVar[type[Parameters]]
    """Its parameters; the docstring of each field is the help text."""
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Named parameter sets, text as a person writes it."""
    streams: ClassVar[tuple[Stream, ...]]
    """Everything it may record, declared before the first row."""
    plots: ClassVar[tuple[Plot, ...]] = ()
    """Default plots of the file and the live view; the first opens first."""
    view: ClassVar[str] = "Analysis"
    """Short word for its own figures: the tab that shows them; empty: they show no
    more than every cell's tabs do."""
    sample_kinds: ClassVar[frozenset[str]]
    """Kinds of sample that it can measure."""
    can_be_run: ClassVar[bool] = True
    """False: only files of other programs have it, nobody can start it."""
    can_be_repeated: ClassVar[bool] = True
    """False: it records what others do, so there is no series over temperatures."""
    laws: ClassVar[tuple[Law, ...]] = ()
    """What its results follow against temperature, where it is measured as a series."""
    requests: ClassVar[Mapping[str, type[Parameters]]] = {}
    """What a person may ask of a run that goes on, by name. Not empty: its steps come
    from a person, it is a run by hand."""

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        self.sample = sample
        self._parameters = parameters

    @classmethod
    def build_on(cls, earlier: Sequence[Earlier]) -> Mapping[str, Any]:  # noqa: ARG003
        """Return parameters that runs done before settle: baselines, other pellets.

        As a person would write them. OperatorError: it can make nothing of one.
        """
        raise OperatorError(f"{cls.name} takes nothing over from earlier runs")

    def parameters_json(self) -> dict[str, Any]:
        """Return the parameters as understood: SI numbers, defaults filled in."""
        return self._parameters.model_dump(mode="json")

    @abc.abstractmethod
    def roles(self) -> Mapping[str, type]:
        """Return the roles it needs, by name: ``{"cell": PotentiostatChannel}``."""

    def companions(self) -> Mapping[str, str]:
        """Return roles that must sit on the same instrument as another role."""
        return {}

    def duration(self) -> float:
        """Return how long it may take in s, to show what is left; NaN if unknown."""
        return math.nan

    def cycles_planned(self) -> int:
        """Return how many cycles there will be, to show what is left; 0 if unknown."""
        return 0

    def check(self) -> list[Complaint]:
        """Return everything about parameters and sample that cannot work."""
        return []

    def warnings(self) -> list[str]:
        """Return what will be missing from the results, said before the start."""
        return []

    def currents(self) -> Mapping[Place, float]:
        """Return the largest |current| in A that each parameter makes flow.

        By the parameter's path; none where the bench decides.
        """
        return {}

    def envelope(self) -> Envelope:
        """Return the safety bounds that follow from sample and parameters."""
        return Envelope({})

    def again(self, step: Step) -> Step | None:
        """Return what of a step is done at the later points of a series; None: nothing.

        A later point has the same plan. What is done once for a sample, formation say,
        is not done again; the plan is then sent the outcome of the first time.
        """
        return step

    def duration_again(self) -> float:
        """Return how long a later point of a series may take, s; NaN if unknown."""
        return self.duration()

    def check_again(self) -> list[Complaint]:
        """Return why its plan cannot be done a second time on the same sample."""
        return []

    def refuse(self, asked: Parameters, bench: Bench) -> list[Complaint]:  # noqa: ARG002
        """Return everything about a request that cannot be done on this bench.

        Asked while another thread executes a step: nothing may be said to an
        instrument here, only its stated bounds be looked at.
        """
        return []

    @abc.abstractmethod
    def plan(self) -> Plan:
        """Yield the steps."""

    @abc.abstractmethod
    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Work the results out of what was recorded; the first is the headline."""

    def figures(self, run: RecordedRun) -> Sequence[Figure]:  # noqa: ARG002
        """Return the figures of report and window beyond the default plots.

        Of a run that goes on, too: then of what there is.
        """
        return ()
