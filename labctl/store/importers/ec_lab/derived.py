"""Derive what EC-Lab leaves out of a file, by named rules only.

Facts, seen in files that EC-Lab exported: ``dq`` is the charge of the interval that
ends at its row, and ``<I>`` is dq/dt of it; the first row's interval is not known.
``(Q-Qo)`` of CA and CP begins again with every loop, and ``dQ`` there is no charge of
an interval. Where another technique ran in between, the interval holds that one's
time, but not its charge.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from labctl.data import Array
from labctl.store.importers.ec_lab.content import EcLabFile
from labctl.store.importers.foreign import ForeignColumn, as_numbers

Known = Mapping[str, ForeignColumn]
"""Quantity -> its column."""
Mask = npt.NDArray[np.bool]
"""Which rows; shape (n,)."""
HOLE = 1.5
"""An interval at a boundary that is so many times the longest one beside it."""
AGREE = 1e-3
"""Part of the largest charge up to which two charges are the same."""
_DRIVING = (1.0, 2.0, 3.0)
"""Current controlled, voltage controlled, rest."""
_MODES = {1.0: "control_ampere", 2.0: "control_volt"}
_SETPOINTS = {"control V": "control_volt", "control A": "control_ampere"}
_SECONDS = 3600.0


def boundaries(known: Known, loops: tuple[int, ...], rows: int) -> Mask:
    """Return the rows at which a sequence or a loop begins. Shape (rows,)."""
    out = np.zeros(rows, dtype=bool)
    for name in ("Ns", "counter inc."):
        if name in known:
            values = known[name].values
            out[1:] |= np.diff(values) != 0
    out[[row for row in loops if 0 < row < rows]] = True
    return out


def _steps(known: Known) -> Array | None:
    """Return the time of the interval that ends at each row, s; the first is NaN."""
    time = known.get("time")
    return None if time is None else np.diff(time.values, prepend=np.nan)


def current(known: Known, loops: tuple[int, ...]) -> dict[str, ForeignColumn]:
    """Return dq/dt; NaN in the first row, without time between, and across a hole."""
    steps = _steps(known)
    found = _interval_charge(known)
    if steps is None or found is None:
        return {}
    charge, title = found
    edge = boundaries(known, loops, len(steps))
    whole = (steps > 0) & ~_holes(steps, edge)
    if "dq" not in known:
        whole &= ~edge
    out = np.full(len(steps), np.nan)
    out[whole] = charge[whole] * _SECONDS / steps[whole]
    title = f"{title}, {known['time'].title}"
    rule = "current-from-charge-steps"
    return {"current_ampere": ForeignColumn(out, title, rule, is_mean=True)}


def _interval_charge(known: Known) -> tuple[Array, str] | None:
    """Return the charge of the interval that ends at each row, and its titles."""
    dq, net = known.get("dq"), known.get("(Q-Qo)")
    if dq is not None:
        return dq.values, dq.title
    if net is not None:
        return np.diff(net.values, prepend=np.nan), net.title
    since, half = known.get("Q charge/discharge"), known.get("half cycle")
    if since is None or half is None:
        return None
    begins = np.diff(half.values, prepend=half.values[:1]) != 0
    charge = np.diff(since.values, prepend=np.nan)
    charge[begins] = since.values[begins]
    return charge, f"{since.title}, {half.title}"


def _holes(steps: Array, edge: Mask) -> Mask:
    """Return the boundaries whose interval is longer than those beside it."""
    beside, starts = _beside(steps, edge)
    out = np.zeros(len(steps), dtype=bool)
    out[starts] = (beside > 0) & (steps[starts] > HOLE * beside)
    return out


def _beside(steps: Array, edge: Mask) -> tuple[Array, npt.NDArray[np.intp]]:
    """Return the longest interval beside each boundary, 0 if none; and the rows."""
    starts = np.flatnonzero(edge)
    if not len(starts):
        return np.empty(0), starts
    inner = np.where(edge | ~np.isfinite(steps), 0.0, steps)
    longest = np.maximum.reduceat(inner, np.concatenate(([0], starts)))
    return np.maximum(longest[:-1], longest[1:]), starts


def charges(
    known: Known, loops: tuple[int, ...]
) -> tuple[dict[str, ForeignColumn], tuple[str, ...]]:
    """Return the file's charges, and what a person should know of them."""
    out: dict[str, ForeignColumn] = {}
    remarks: tuple[str, ...] = ()
    dq, step = known.get("dq"), known.get("dQ")
    net = known.get("(Q-Qo)")
    if dq is not None:
        out["interval_charge_ah"] = dq
    elif step is not None and _is_of_intervals(step, net, known):
        out["interval_charge_ah"] = step
    if net is not None:
        again = _restarts(known, net.values, loops)
        if again.any():
            out["net_capacity_ah"] = _joined(net, again)
            remarks = (f"{net.title} begins again {int(again.sum())} times",)
        else:
            out["net_capacity_ah"] = net
    if "Q charge/discharge" not in known:
        up, down = known.get("Q charge"), known.get("Q discharge")
        if up is not None and down is not None:
            out["half_cycle_capacity_ah"] = ForeignColumn(
                up.values - down.values,
                f"{up.title}, {down.title}",
                "net-from-charge-and-discharge",
            )
    return out, remarks


def _is_of_intervals(
    step: ForeignColumn, net: ForeignColumn | None, known: Known
) -> bool:
    """Tell whether ``dQ`` is the charge of each interval: by ``(Q-Qo)``, or ``<I>``."""
    if net is not None:
        expected = np.diff(net.values, prepend=net.values[:1])
    else:
        steps, mean = _steps(known), known.get("<I>")
        if steps is None or mean is None:
            return False
        expected = mean.values * steps / _SECONDS
    if len(step.values) < 3:  # noqa: PLR2004 - two rows agree with anything
        return False
    off = np.abs(step.values[1:] - expected[1:])
    size = float(np.nanmax(np.abs(expected[1:]), initial=0.0))
    return bool(size > 0 and np.nanmax(off, initial=0.0) <= 0.05 * size)


def _restarts(known: Known, net: Array, loops: tuple[int, ...]) -> Mask:
    """Return the rows at which ``(Q-Qo)`` begins again.

    There it is the charge of its own interval, and the difference to the row above is
    not. Without ``dq`` only boundaries are looked at: which of both is one that the
    current could have moved?
    """
    edge = boundaries(known, loops, len(net))
    jump = np.diff(net, prepend=net[:1])
    dq = known.get("dq")
    if dq is not None:
        close = AGREE * float(np.nanmax(np.abs(net), initial=0.0))
        anew = np.isclose(net, dq.values, rtol=1e-6, atol=1e-6 * close)
        anew[:1] = False
        return np.asarray(anew & (np.abs(jump - dq.values) > close))
    steps, mean = _steps(known), known.get("<I>")
    flow = mean or known.get("I")
    if steps is None or flow is None:
        return np.zeros(len(net), dtype=bool)
    beside, starts = _beside(steps, edge)
    steps[starts] = np.where(beside > 0, np.fmin(steps[starts], beside), steps[starts])
    most = flow.values * steps / _SECONDS
    # a mean has the sign of its charge; a reading may have changed it since
    other_way = (1e-3 if mean else 0.5) * np.abs(most)
    low = np.minimum(1.5 * most, 0.0) - np.where(most > 0, other_way, 0.0)
    high = np.maximum(1.5 * most, 0.0) + np.where(most < 0, other_way, 0.0)
    least = 1e-9 * float(np.nanmax(np.abs(net), initial=0.0))
    moved = (jump >= low - least) & (jump <= high + least)
    anew = (net >= low - least) & (net <= high + least)
    return np.asarray(edge & ~moved & anew)


def _joined(net: ForeignColumn, again: Mask) -> ForeignColumn:
    """Return the charge with what was reached at each restart added on."""
    before = np.concatenate(([0.0], net.values[:-1]))
    reached = np.cumsum(np.where(again, before, 0.0))
    return ForeignColumn(net.values + reached, net.title, "joined-across-restarts")


def energies(known: Known) -> dict[str, ForeignColumn]:
    """Return the energies of a cycle, where they begin again with one.

    EC-Lab keeps the energy of the charge through the discharge of the same cycle; a
    file whose numbers do otherwise has them untaken. It goes by the sign of the power,
    so that below 0 V charge and discharge change places: untaken as well.
    """
    out: dict[str, ForeignColumn] = {}
    voltage = known.get("Ewe") or known.get("<Ewe>") or known.get("Ecell")
    if voltage is None or not (voltage.values >= 0).all():
        return out
    for direction, name in (("charge", "charging"), ("discharge", "discharging")):
        column = known.get(f"Energy {direction}") or known.get(f"Energy we {direction}")
        cycle = known.get("cycle number")
        if column is None or cycle is None:
            continue
        falls = np.diff(column.values) < 0
        if (np.diff(cycle.values)[falls] != 0).all():
            out[f"cycle_{name}_energy_wh"] = column
    return out


def controls(known: Known) -> dict[str, ForeignColumn]:
    """Return the setpoints; of the one column for both, by the mode of the row."""
    out: dict[str, ForeignColumn] = {}
    for quantity, name in _SETPOINTS.items():
        if quantity in known:
            out[name] = known[quantity]
    both, mode = known.get("control/V/mA"), known.get("mode")
    if both is None or mode is None:
        return out
    for code, name in _MODES.items():
        own = mode.values == code
        if name not in out and own.any():
            factor = 1e-3 if name == "control_ampere" else 1.0
            values = np.where(own, both.values * factor, np.nan)
            title = f"{both.title}, {mode.title}"
            out[name] = ForeignColumn(values, title, "control-from-mode")
    return out


def driving(known: Known) -> dict[str, ForeignColumn]:
    """Return what drove each row; a code that is none of EC-Lab's is no number."""
    mode = known.get("mode")
    if mode is None or not np.isin(mode.values, _DRIVING).any():
        return {}
    values = np.where(np.isin(mode.values, _DRIVING), mode.values, np.nan)
    return {"driving_code": ForeignColumn(values, mode.title)}


def loops(file: EcLabFile) -> dict[str, ForeignColumn]:
    """Return the loop in which each row is, from 1, where the file says it."""
    rows = len(next(iter(file.columns.values()), ()))
    starts = [row for row in file.loops if row < rows]
    if not starts or starts[0] != 0 or starts != sorted(set(starts)):
        return {}
    count = np.searchsorted(starts, np.arange(rows), side="right")
    return {
        "cycle_count": ForeignColumn(as_numbers(count), "loops", "cycle-from-loops")
    }
