"""What a series says: every result at every temperature, and the laws they follow."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from labctl.analysis.temperature.carriers import donor_level
from labctl.analysis.temperature.fitted_law import FittedLaw, fit_law
from labctl.analysis.temperature.law import Kind, Law
from labctl.analysis.uncertainty import Measured
from labctl.data import Quality, Result
from labctl.series.temperatures import ZERO
from labctl.sources import Source

REFERENCE = 298.15
"""K; a result against temperature is told at the point nearest to 25 °C."""
FEWEST = 3
"""Points whose values are good before those that are not are left out."""


@dataclass(frozen=True, slots=True)
class PointResults:
    """What one temperature gave."""

    name: str
    """``10_celsius``; of two points at one temperature the second has a number."""
    said: str
    """``10 °C``."""
    temperature: Measured
    """K."""
    results: Mapping[str, Result]


def point_names(temperatures: Iterable[float]) -> list[str]:
    """Return a name for each point, as results are called: ``22_5_celsius``."""
    names: list[str] = []
    for celsius in temperatures:
        sign = "minus_" if celsius < 0 else ""
        plain = f"{sign}{abs(celsius):.10g}_celsius".replace(".", "_")
        same = sum(1 for n in names if n == plain or n.startswith(f"{plain}_"))
        names.append(f"{plain}_{same + 1}" if same else plain)
    return names


def fitted_laws(
    laws: Sequence[Law], points: Sequence[PointResults]
) -> list[tuple[FittedLaw, str]]:
    """Return each law of quantities that were measured, and from what it was taken."""
    found = []
    for law in laws:
        there = [one for one in points if law.quantity in one.results]
        pairs = [
            (one, _of_point(one.results[law.quantity], one.name))
            for one in there
            if not one.temperature.is_absent
        ]
        if not there:
            continue
        able = [pair for pair in pairs if not pair[1].is_absent]
        good = [pair for pair in able if pair[1].valid and pair[0].temperature.valid]
        kept = good if len(good) >= FEWEST else able
        temperatures = [one.temperature for one, _ in kept]
        values = [value for _, value in kept]
        # What is doubtful of a temperature is doubtful of what was measured at it.
        values = [
            value.suspect(*one.temperature.doubts)
            for (one, _), value in zip(kept, values, strict=True)
        ]
        fit = donor_level if law.kind is Kind.DONOR else fit_law
        found.append((fit(law, temperatures, values), _taken(kept, pairs)))
    return found


def _of_point(result: Result, name: str) -> Measured:
    """Return a result whose own errors are other ones than those of other points.

    What is shared (a balance, a meter's range) is the same at every point; so is what
    stands in for something that nobody stated, the size of the contacts say.
    """
    found = Measured.of_result(result)

    def own(source: Source) -> Source:
        return source if source.assumed else source.of_run(name)

    return dataclasses.replace(
        found,
        parts={own(source): part for source, part in found.parts.items()},
        freedom={own(source): each for source, each in found.freedom.items()},
    )


def series_results(
    points: Sequence[PointResults], laws: Sequence[tuple[FittedLaw, str]]
) -> dict[str, Result]:
    """Return the laws' constants first, then every result against temperature."""
    found: dict[str, Result] = {}
    for law, taken in laws:
        result = law.constant.to_result()
        if result.quality is not Quality.ABSENT:
            reason = "; ".join(filter(None, (taken, result.reason)))
            result = dataclasses.replace(result, reason=reason)
        found[law.law.result] = dataclasses.replace(result, table=law_table(law))
    names = dict.fromkeys(name for one in points for name in one.results)
    again: dict[str, Result] = {}
    for name in names:
        there = [one for one in points if name in one.results]
        first = there[0].results[name]
        if len(there) > 1 and all(one.results[name] == first for one in there):
            found.setdefault(name, first)  # done once for all
            continue
        found.setdefault(name, _against(there, name))
        again |= {f"{name}_at_{one.name}": one.results[name] for one in there}
    found |= again
    found["temperature"] = (
        _against(
            [
                dataclasses.replace(
                    one, results={"temperature": one.temperature.to_result()}
                )
                for one in points
            ],
            "temperature",
        )
        if points
        else Result.absent("K", "no temperature was measured")
    )
    return found


def law_table(fitted: FittedLaw) -> dict[str, tuple[float, ...]]:
    """Return the points of a law as they lie on its line."""
    across = "ln_temperature" if fitted.law.kind is Kind.POWER else "per_kelvin"
    return {
        "temperature_celsius": tuple((fitted.kelvin - ZERO).tolist()),
        across: tuple(fitted.across.tolist()),
        "ln_value": tuple(fitted.up.tolist()),
        "ln_uncertainty": tuple(fitted.error.tolist()),
    }


def _against(points: Sequence[PointResults], name: str) -> Result:
    """Return a result at the point nearest to 25 °C, with a table of all."""
    near = min(points, key=_from_reference)
    chosen = near.results[name]
    table = {
        "temperature_celsius": [one.temperature.value - ZERO for one in points],
        "temperature_uncertainty_kelvin": [
            one.temperature.uncertainty for one in points
        ],
        "value": [_number(one.results[name]) for one in points],
        "uncertainty": [_half(one.results[name]) for one in points],
        "valid": [float(one.results[name].quality is Quality.GOOD) for one in points],
    }
    text = f"at {near.said}"
    return dataclasses.replace(
        chosen,
        reason="; ".join(filter(None, (text, chosen.reason))),
        table={key: tuple(values) for key, values in table.items()},
    )


def _from_reference(point: PointResults) -> float:
    off = abs(point.temperature.value - REFERENCE)
    return off if math.isfinite(off) else math.inf


def _number(result: Result) -> float:
    return float(result.value) if isinstance(result.value, int | float) else math.nan


def _half(result: Result) -> float:
    return math.nan if result.uncertainty is None else result.uncertainty


def _taken(
    kept: Sequence[tuple[PointResults, Measured]],
    pairs: Sequence[tuple[PointResults, Measured]],
) -> str:
    said = ", ".join(f"{one.temperature.value - ZERO:.1f}" for one, _ in kept)
    left = len(pairs) - len(kept)
    more = f"; {left} left out, whose value is not good" if left else ""
    poor = [one.said for one, value in kept if not value.valid]
    doubt = f"; not good: {', '.join(poor)}" if 0 < len(poor) < len(kept) else ""
    return f"from {said} °C{more}{doubt}"
