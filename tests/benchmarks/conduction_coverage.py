"""Whether the stated uncertainties hold: ``… conduction_coverage.py [seeds]``.

Every seed is another bench (gain, zero and noise of each instrument are drawn within
the maker's limits) and another label: thickness and area are written down with an
error drawn from their stated uncertainty, as a person with a gauge does. Counted is
how often the hidden truth lies within ± 2 standard uncertainties; 95 % is right.
The plans are driven without journal and file.
"""

import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from drivers.twins.world import catalogue
from drivers.twins.world.world import BenchWorld
from labctl.clock import stopwatch
from labctl.config.models import Config
from labctl.data import Array, Batch, Outcome
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.engine.ledger import Ledger
from labctl.protocol import Ending, Protocol, Step, StepRecord
from labctl.sample import Sample
from labctl.session.order import Order, prepare
from labctl.station import LentBench

SEEDS = 200


@dataclass
class MemoryRun:
    """A run's rows and outcomes in memory; see `labctl.protocol.Run`."""

    sample: Sample
    steps: list[StepRecord] = field(default_factory=list)
    batches: dict[str, list[Batch]] = field(default_factory=dict)

    def table(self, stream: str) -> Mapping[str, Array]:
        """Return the columns of a stream."""
        batches = self.batches.get(stream, [])
        if not batches:
            return {}
        return {
            name: np.concatenate([batch.columns[name] for batch in batches])
            for name in batches[0].columns
        }

    def accuracy(self, role: str) -> None:
        """Return nothing: steps put what meters state into their outcomes."""
        del role


def execute(protocol: Protocol, bench: LentBench) -> MemoryRun:
    """Drive the plan to its end; outputs end safe."""
    run = MemoryRun(protocol.sample)
    ledger = Ledger(protocol.streams)
    plan = protocol.plan()
    step: Step | None = next(plan)
    while step is not None:
        outcome = _step(step, len(run.steps) + 1, bench, ledger, run)
        record = StepRecord(len(run.steps) + 1, step.payload(), 0.0, 0.0, outcome)
        run.steps.append(record)
        try:
            step = plan.send(outcome)
        except StopIteration:
            step = None
    for output in bench.outputs().values():
        output.make_safe()
    return run


def _step(
    step: Step, count: int, bench: LentBench, ledger: Ledger, run: MemoryRun
) -> Outcome:
    totals = ledger.begin(bench.clock.now())
    rows = step.execute(bench)
    while True:
        try:
            item = next(rows)
        except StopIteration as stop:
            ending: Ending = stop.value
            return totals.outcome(ending)
        if isinstance(item, Batch):
            now = (bench.clock.now(), bench.clock.unix())
            posted = ledger.post(item, step, count, totals, now)
            run.batches.setdefault(item.stream, []).append(posted)


@dataclass(frozen=True)
class Case:
    """One measurement and the truths it has to find."""

    protocol: str
    sample: str
    given: Mapping[str, Any]
    truths: Callable[[Mapping[str, Any]], Mapping[str, float]]


def _film(truth: Mapping[str, Any]) -> Mapping[str, float]:
    density, mobility = truth["density_per_m3"], truth["mobility_m2_per_volt_second"]
    sheet = 1 / (1.602176634e-19 * density * mobility * truth["thickness_m"])
    return {
        "carrier_density": density * 1e-6,
        "hall_mobility": mobility * 1e4,
        "sheet_resistance": sheet,
        "resistivity": sheet * truth["thickness_m"],
    }


def _pellet(truth: Mapping[str, Any]) -> Mapping[str, float]:
    return {"conductivity": truth["conductivity_siemens_per_metre"]}


def _particle(truth: Mapping[str, Any]) -> Mapping[str, float]:
    return {"conductance": truth["conductance_siemens"]}


CASES = (
    Case("pellet-conductivity", "pellet-si", {}, _pellet),
    Case("pellet-conductivity", "pellet-qms-0.7", {}, _pellet),
    Case("pellet-conductivity", "pellet-si", {"method": "delta"}, _pellet),
    Case("particle-iv", "particle-si", {"leakage": "1 pS"}, _particle),
    Case("particle-iv", "particle-qms-0.7", {"leakage": "1 pS"}, _particle),
    Case("hall-effect", "film-si", {}, _film),
    Case("hall-effect", "film-qms-0.7", {}, _film),
)


def mislabelled(sample: Sample, rng: random.Random) -> Sample:
    """Return the label with thickness and area off by their stated uncertainty."""
    changes = {}
    for name in ("thickness", "area"):
        value = getattr(sample, name)
        spread = getattr(sample, f"{name}_uncertainty")
        if value is not None and spread is not None:
            changes[name] = value + rng.gauss(0.0, spread)
    return sample.model_copy(update=changes)


def errors(case: Case, seed: int, config: Config) -> dict[str, float]:
    """Return (found - truth) / standard uncertainty by name; NaN without a value."""
    document = Document("benchmark", dict(case.given))
    order = Order(
        case.protocol,
        document,
        case.sample,
        out=Path(),
        simulate=True,
        speed=None,
        seed=seed,
    )
    prepared = prepare(order, config)
    rng = random.Random(f"label {seed} {case.sample}")  # noqa: S311
    protocol = type(prepared.protocol)(
        prepared.protocol.parameters_model.model_validate(
            prepared.protocol.parameters_json(), context={"si": True}
        ),
        mislabelled(prepared.protocol.sample, rng),
    )
    prepared.world.place(case.sample, tuple(prepared.cast.values()))
    bench = prepared.station.lend("benchmark", prepared.cast)
    try:
        results = protocol.results(execute(protocol, bench))
    finally:
        prepared.station.close()
    found = {}
    for name, truth in case.truths(catalogue.truth(case.sample)).items():
        result = results[name]
        good = isinstance(result.value, float) and result.uncertainty
        found[name] = (
            (float(result.value or 0.0) - truth) / (result.uncertainty or 1.0)
            if good
            else math.nan
        )
    return found


def main(arguments: Sequence[str]) -> None:
    """Print coverage at k = 2 and the spread of the normalised errors."""
    seeds = int(arguments[0]) if arguments else SEEDS
    config = validate(load_file(BenchWorld.configuration()), Config)
    for case in CASES:
        begun = stopwatch()
        runs = [errors(case, seed, config) for seed in range(seeds)]
        took = stopwatch() - begun
        method = f" ({', '.join(map(str, case.given.values()))})" if case.given else ""
        print(f"{case.protocol} {case.sample}{method}: {took / seeds:.2f} s a run")
        for name in runs[0]:
            off = np.array([run[name] for run in runs])
            covered = np.mean(np.abs(off) <= 2.0)
            print(
                f"  {name:17s} within ±2u in {covered:6.1%} of {seeds} seeds; mean "
                f"{np.nanmean(off):+.2f} u, rms {np.sqrt(np.nanmean(off**2)):.2f} u, "
                f"absent {int(np.isnan(off).sum())}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
