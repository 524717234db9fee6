"""What driver and twin cost beyond the cell: µs a recorded row, µs a poll.

Run by hand: ``python tests/benchmarks/eclib_twin.py [cycles]``. The dummy cell costs
next to nothing a step, so its figures are those of driver, thread and twin; the same
plan on a silicon half cell shows what the physics adds.
"""

import sys

from dummy_cell import DummyCell, DummyParameters
from simulated_biologic import NAME, rows, simulated_bench

from drivers.twins.world.catalogue import build_cell
from drivers.twins.world.socket import CellModel
from labctl.clock import VirtualClock, stopwatch
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    OpenCircuit,
    Recording,
    Spectrum,
)

EVERY = 60.0


def half(current: float, limit: float) -> ConstantCurrent:
    sign = Comparison.AT_LEAST if current > 0 else Comparison.AT_MOST
    until = (Condition("limit", ConditionQuantity.VOLTAGE, sign, limit),)
    return ConstantCurrent(current, 1e6, until, Recording(every_s=EVERY))


def cycling(name: str, cell: CellModel, current: float, cycles: int) -> None:
    bench = simulated_bench(cell=cell)
    period = VirtualClock.ROWS_A_POLL * EVERY
    polled = count = 0
    begun = stopwatch()
    for _ in range(cycles):
        for step in (half(-current, 0.01), half(current, 1.2)):
            polls = bench.run([step], period)
            polled += len(polls)
            count += sum(rows(poll.batches) for poll in polls)
    spent = stopwatch() - begun
    taken = spent / count * 1e6
    print(
        f"{name:12} {cycles} cycles, {count} rows, {polled} polls: {spent:.2f} s, "
        f"{taken:.0f} µs a row, {spent / polled * 1e6:.0f} µs a poll (its rows "
        f"included), {spent / cycles * 1e3:.1f} ms a cycle"
    )


def idle_polls(count: int = 2000) -> None:
    bench = simulated_bench()
    bench.channel.load([OpenCircuit(1e7, record=Recording(every_s=1e6))])
    bench.channel.start()
    begun = stopwatch()
    for _ in range(count):
        bench.clock.sleep(0.5)
        bench.channel.poll()
    print(f"poll without rows: {(stopwatch() - begun) / count * 1e6:.0f} µs")


def spectra(count: int = 20) -> None:
    bench = simulated_bench(cell=build_cell("si"), channels=(f"{NAME}/1",))
    spectrum = Spectrum(True, 0.0, 1e-5, 1e4, 1.0)
    begun = stopwatch()
    for _ in range(count):
        bench.run([spectrum], 60.0)
    spent = (stopwatch() - begun) / count
    print(f"GEIS of {spectrum.points} points: {spent * 1e3:.1f} ms")


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    dummy = DummyCell(DummyParameters(series_farad=9.4, emf=0.6))
    cycling("dummy cell", dummy, 1.54e-3, wanted)
    cycling("si", build_cell("si"), 1.54e-3, wanted)
    idle_polls()
    spectra()
