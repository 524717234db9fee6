"""Cut the link to a BioLogic twin at random: what is lost, what stays on, how long.

Run by hand: ``python tests/benchmarks/eclib_link_cuts.py [--cuts 100] [--seed 0]``.
Prints fault | tries | violations | rows lost | longest wait. A violation: a row lost or
doubled, a channel that runs after it was made safe (or said to be), anything sent to
another instrument, a foreign experiment stopped. Time is the twin's.
"""

import argparse
import logging
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from simulated_biologic import SimulatedBench, column, simulated_bench

from drivers.biologic.entry import driver
from drivers.twins.biologic.codes import State
from labctl.errors import IdentityError, InstrumentError, LinkError
from labctl.limits import Envelope
from labctl.roles.potentiostat import Poll
from labctl.techniques import ConstantCurrent, Recording

ENVELOPE = Envelope({"voltage_volt": (-5.0, 5.0), "current_ampere": (-1.0, 1.0)})
STEP = ConstantCurrent(1e-5, 1200.0, record=Recording(every_s=1.0))
CALLS = ("BL_GetData", "BL_StopChannel", "BL_GetChannelInfos", "BL_GetCurrentValues")


@dataclass
class Tally:
    """What came of one kind of fault."""

    tries: int = 0
    violations: int = 0
    rows_lost: int = 0
    longest: float = 0.0


@dataclass
class Try:
    """One run over a bench whose link breaks once."""

    dice: random.Random
    bench: SimulatedBench
    tally: Tally

    def started(self) -> None:
        channel = self.bench.channel
        channel.load([STEP], ENVELOPE)
        channel.start()
        self.bench.clock.sleep(self.dice.uniform(1.0, 300.0))

    def poll(self) -> Poll:
        before = self.bench.clock.now()
        poll = self.bench.channel.poll()
        self.tally.longest = max(self.tally.longest, self.bench.clock.now() - before)
        return poll

    def wrong(self, is_wrong: bool) -> None:
        self.tally.violations += is_wrong

    def complete(self, polls: list[Poll]) -> None:
        """Poll to the end, and count rows that are missing or there twice."""
        while polls[-1].running:
            self.bench.clock.sleep(self.dice.uniform(1.0, 60.0))
            polls.append(self.poll())
        times = [round(t) for t in column(polls, "instrument_time_second").tolist()]
        lost = len(set(range(1201)) - set(times))
        self.tally.rows_lost += lost
        self.wrong(lost > 0 or len(times) != len(set(times)))

    def stops(self) -> bool:
        return self.bench.twin.truth(1).state is State.STOP


def broken(run: Try) -> None:
    """The connection breaks; some attempts to open it fail."""
    run.started()
    polls = [run.poll()]
    run.bench.twin.faults.codes["BL_Connect"] = [-201] * run.dice.randrange(25)
    run.bench.twin.cut()
    polls.append(run.poll())
    run.complete(polls)


def noisy(run: Try) -> None:
    """Single calls fail with codes of a bad line."""
    run.started()
    polls = [run.poll()]
    for name in CALLS:
        codes = [run.dice.choice([0] * 6 + [-200, -202, -104, -12]) for _ in range(40)]
        run.bench.twin.faults.codes[name] = codes
    polls.append(run.poll())
    run.complete(polls)


def unanswered(run: Try) -> None:
    """The start is heard, its answer is lost."""
    channel, twin = run.bench.channel, run.bench.twin
    channel.load([STEP], ENVELOPE)
    twin.faults.codes["BL_StartChannel"] = [-200]
    twin.channels[0].start(run.bench.clock.now())
    channel.start()
    run.complete([run.poll()])


def safed(run: Try) -> None:
    """The link is broken when the output has to be made safe."""
    run.started()
    run.bench.twin.faults.codes["BL_Connect"] = [-201] * run.dice.randrange(8)
    run.bench.twin.faults.deaf_stops = run.dice.randrange(4)
    run.bench.twin.cut()
    before = run.bench.clock.now()
    run.bench.channel.make_safe()
    run.tally.longest = max(run.tally.longest, run.bench.clock.now() - before)
    run.wrong(not run.stops())


def dead(run: Try) -> None:
    """The link never comes back: that must be said, not called safe."""
    run.started()
    run.bench.twin.faults.codes["BL_Connect"] = -201
    run.bench.twin.cut()
    try:
        run.bench.channel.make_safe()
    except LinkError:
        return
    run.wrong(True)


def swapped(run: Try) -> None:
    """Another instrument answers at the address."""
    run.started()
    run.bench.twin.first_serial = 2000
    run.bench.twin.cut()
    run.bench.twin.acts.clear()
    for act in (run.bench.channel.poll, run.bench.channel.make_safe):
        try:
            act()
        except IdentityError:
            continue
        run.wrong(True)
    run.wrong(bool(run.bench.twin.acts))


def unpowered(run: Try) -> None:
    """The instrument was switched off and on: it must be found out."""
    run.started()
    run.bench.twin.power_cut()
    try:
        run.bench.channel.poll()
    except InstrumentError as error:
        run.wrong("power" not in str(error))
        return
    run.wrong(True)


def taken(run: Try) -> None:
    """While the link was broken the experiment ended and somebody began another."""
    run.started()
    run.bench.twin.cut()
    twin = run.bench.twin
    run.bench.clock.sleep(2000.0)
    other = driver.open(twin.table(), twin.setup, run.bench.clock).roles["1"]
    other.load([ConstantCurrent(-1e-5, 1e5, record=STEP.record)])
    other.start()
    run.bench.channel.make_safe()
    run.wrong(run.stops())


KINDS: tuple[Callable[[Try], None], ...] = (
    broken,
    noisy,
    unanswered,
    safed,
    dead,
    swapped,
    unpowered,
    taken,
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    tallies = {kind: Tally() for kind in KINDS}
    for number in range(asked.cuts):
        kind = KINDS[number % len(KINDS)]
        tally = tallies[kind]
        tally.tries += 1
        dice = random.Random(asked.seed + number)  # noqa: S311  (no secret)
        try:
            kind(Try(dice, simulated_bench(), tally))
        except InstrumentError as error:
            tally.violations += 1
            print(f"{kind.__name__} {number}: {error}")
    print("fault | tries | violations | rows lost | longest wait s")
    for kind, tally in tallies.items():
        what = (kind.__doc__ or "").rstrip(".")
        worst = math.ceil(tally.longest * 10) / 10
        print(
            f"{what} | {tally.tries} | {tally.violations} | {tally.rows_lost} | {worst}"
        )


if __name__ == "__main__":
    main()
