"""Prints what every VISA driver makes of three hundred cuts of a real socket.

Run by hand: ``python tests/benchmarks/link_cuts.py [COUNT] [DRIVER ...]``. The twins
stand behind loopback ports, pyvisa-py talks to them, and the wire between is cut
before, inside or instead of an answer, once or for good until the output is made safe.
Columns: `went on` calls that gave a right value after the cut; `refused` calls that
raised InstrumentError; `wrong` values that are none of the twin's; `uncaught` other
exceptions; `on` outputs that are on in the twin after `make_safe`; the longest time a
call and a `make_safe` took, in s.
"""

import logging
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "wires"))

from faulty_wire import Fault
from wired_drivers import DRIVERS, Benches, Line

from labctl.clock import stopwatch
from labctl.errors import InstrumentError

COUNT = 300
CUTS = ("now", Fault.CUT, Fault.CUT_INSIDE, "for good")
COLUMNS = ("cuts", "went_on", "refused", "wrong", "uncaught", "on")


@dataclass
class Row:
    """What came of one driver."""

    cuts: int = 0
    went_on: int = 0
    refused: int = 0
    wrong: int = 0
    uncaught: int = 0
    on: int = 0
    longest_call: float = 0.0
    longest_safing: float = 0.0


class Trial:
    """One driver whose link is cut."""

    def __init__(self, benches: Benches, name: str, seed: int) -> None:
        self.row = Row()
        self.rng = random.Random(seed)  # noqa: S311
        self.line = Line(benches, name, timeout=0.3)

    def run(self, count: int) -> Row:
        line, row = self.line, self.row
        ask = line.begin(line.role)
        usual = ask()
        while row.cuts < count:
            kind = self.rng.choice(CUTS)
            row.cuts += 1
            if isinstance(kind, Fault):
                line.wire.at(self.rng.choice((1, 1, 2)), kind)
            else:
                line.wire.cut(refuse=kind == "for good")
            went_well = all(self.call(ask, usual) for _ in range(2))
            line.wire.heal()
            if kind == "for good" or not went_well or self.rng.random() < 0.1:
                self.make_safe()
                ask = line.begin(line.role)
        line.close()
        return row

    def call(self, ask: Any, usual: Any) -> bool:
        row, began = self.row, stopwatch()
        try:
            value = ask()
        except InstrumentError:
            row.refused += 1
            return False
        except Exception as error:  # noqa: BLE001  (that is what is counted)
            row.uncaught += 1
            print(f"    {type(error).__name__}: {error}")
            return False
        finally:
            row.longest_call = max(row.longest_call, stopwatch() - began)
        right = abs(float(value) - float(usual)) < 1e-2
        row.went_on += right
        row.wrong += not right
        return True

    def make_safe(self) -> None:
        if not hasattr(self.line.role, "make_safe"):
            return
        began = stopwatch()
        try:
            self.line.role.make_safe()
        except Exception as error:  # noqa: BLE001
            self.row.uncaught += 1
            print(f"    make_safe: {type(error).__name__}: {error}")
        self.row.on += self.line.is_on()
        took = stopwatch() - began
        self.row.longest_safing = max(self.row.longest_safing, took)


def _rows(count: int, names: list[str]) -> Iterator[tuple[str, Row]]:
    benches = Benches()
    for name in names or DRIVERS:
        yield name, Trial(benches, name, 1).run(count)
    benches.close()


def main(count: int, names: list[str]) -> None:
    logging.disable(logging.CRITICAL)
    print(f"{'driver':12}" + "".join(f"{name:>9}" for name in COLUMNS))
    for name, row in _rows(count, names):
        figures = "".join(f"{getattr(row, column):9d}" for column in COLUMNS)
        longest = f"{row.longest_call:8.2f} s {row.longest_safing:8.2f} s"
        print(f"{name:12}{figures}{longest}", flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else COUNT, given[1:])
