"""What the results of several runs have to do with each other, in words and as JSON."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from labctl.analysis.averages import Average, Difference, averages, differences
from labctl.data import Quality, Result
from labctl.drawing.lettering import probability_text, uncertainty_text
from labctl.drawing.result_text import MEANING, results_text
from labctl.errors import OperatorError
from labctl.figures.grouping import Grouped, Grouping, groups_of, labels_of
from labctl.json_numbers import finite
from labctl.store.folder import RunFolder
from labctl.store.run_file.reader import RunFile


@dataclass(frozen=True, slots=True)
class Comparison:
    """Means of groups, and how each compares with the last group."""

    groups: Mapping[str, Sequence[str]]
    """Labels of the runs of each group."""
    simulated: int
    """How many of the runs are."""
    means: Sequence[Average]
    against: Sequence[Difference]
    files: Mapping[str, str] = field(default_factory=dict)
    """Label of an imported run -> the file that it was made of."""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; what is not finite becomes None."""
        return {
            "groups": {group: list(runs) for group, runs in self.groups.items()},
            "simulated": self.simulated,
            "imported_from": dict(self.files),
            "means": [
                {
                    "result": one.name,
                    "group": one.group,
                    "runs": one.of.count,
                    "deviation": finite(one.of.deviation),
                    "mean": one.mean.to_json(),
                }
                for one in self.means
            ],
            "against_the_last": [
                {
                    "result": one.name,
                    "groups": list(one.groups),
                    "ratio": one.ratio.to_json(),
                    "difference": one.difference.to_json(),
                    "p": finite(one.probability),
                    "hedges_g": finite(one.hedges_g),
                }
                for one in self.against
            ],
        }


def compared(
    runs: Sequence[Path],
    by: Grouping = Grouping.RUN,
    words: Sequence[str] = (),
    names: Sequence[str] = (),
) -> Comparison:
    """Compare the numbers that at least two groups have, or those of ``names``.

    OperatorError: two runs are needed, or none of them has a result of that name.
    """
    about, results, simulated = _read(runs)
    if len(about) < 2:  # noqa: PLR2004  (one is no comparison)
        raise OperatorError("two different runs are needed, there is one")
    labels = labels_of(about)
    groups = groups_of(about, by, words)
    found = {labels[one.run]: results[one.run] for one in about}
    members: dict[str, list[str]] = {}
    for label, group in groups.items():
        members.setdefault(group, []).append(label)
    kept = _wanted(found, groups, names)
    chosen = {
        run: {n: named[n] for n in named if n in kept} for run, named in found.items()
    }
    return Comparison(
        members,
        simulated,
        averages(chosen, groups),
        differences(chosen, groups),
        {labels[one.run]: one.imported_from for one in about if one.imported_from},
    )


def in_words(found: Comparison) -> str:
    """Return what a person reads: quantity by quantity, verdict first, 80 columns."""
    short = _letters(found)
    lines = ["SIMULATED"] if found.simulated else []
    for group, letter in short.items():
        runs = found.groups[group]
        lines.append(f"{letter}  {group}{_whence(runs, found.files)}")
    for name, unit in dict.fromkeys((one.name, one.unit) for one in found.means):
        said: dict[str, Result] = {}
        tests, reasons = [], {}
        for mean in found.means:
            if (mean.name, mean.unit) == (name, unit):
                said[f"{short[mean.group]}{_scatter(mean)}"] = mean.mean
                reasons[mean.mean.reason] = f"as {short[mean.group]}"
        for one in found.against:
            if (one.name, one.unit) == (name, unit):
                first, last = (short[group] for group in one.groups)
                said[f"{first} / {last}"] = _briefly(one.ratio, reasons)
                said[f"{first} − {last}"] = _briefly(one.difference, reasons)
                tests += _test(one, f"{first} : {last}")
        text = results_text(said, spoken=False).removesuffix(f"\n  {MEANING}")
        lines += ["", name.replace("_", " "), text, *tests]
    return "\n".join([*lines, "", MEANING])


def _whence(runs: Sequence[str], files: Mapping[str, str]) -> str:
    if len(runs) > 1:
        imported = sum(run in files for run in runs)
        return f" ({len(runs)} runs{f', {imported} imported' if imported else ''})"
    return f", from {files[runs[0]]}" if runs[0] in files else ""


def _briefly(result: Result, reasons: Mapping[str, str]) -> Result:
    """Return a result whose reason says ``as A`` for what stands at A already."""
    reason = result.reason
    for whole, brief in reasons.items():
        reason = reason.replace(whole, brief) if whole else reason
    return replace(result, reason=reason)


def _letters(found: Comparison) -> dict[str, str]:
    """Return A, B … for the groups; numbers where there are more than letters."""
    names = ascii_uppercase if len(found.groups) <= len(ascii_uppercase) else ()
    letters = names or [f"[{k + 1}]" for k in range(len(found.groups))]
    return dict(zip(found.groups, letters, strict=False))


def _scatter(one: Average) -> str:
    if one.of.count < 2:  # noqa: PLR2004  (one does not scatter)
        return ""
    return f"  n = {one.of.count}, s = {uncertainty_text(one.of.deviation)}"


def _test(one: Difference, groups: str) -> list[str]:
    if math.isnan(one.probability):
        return []
    g = "" if math.isnan(one.hedges_g) else f", Hedges g = {one.hedges_g:.2g}"
    text = f"p {probability_text(one.probability)} (Welch){g}".replace("-", "−")
    return [f"           {groups}  {text}"]


def _read(
    runs: Sequence[Path],
) -> tuple[list[Grouped], dict[str, Mapping[str, Result]], int]:
    about: dict[str, Grouped] = {}
    results: dict[str, Mapping[str, Result]] = {}
    simulated = 0
    for folder in map(RunFolder.of, runs):
        with RunFile(folder.path) as file:
            header = file.header
            if header.run_id in about:
                continue
            sample = str(header.sample.get("name", ""))
            source = header.imported.file if header.imported else ""
            title, run = header.title, header.run_id
            about[run] = Grouped(sample, title, run, source)
            results[header.run_id] = file.results
            simulated += header.simulated
    return list(about.values()), results, simulated


def _wanted(
    found: Mapping[str, Mapping[str, Result]],
    groups: Mapping[str, str],
    names: Sequence[str],
) -> set[str]:
    """Return the names to compare. OperatorError: a name that no run has."""
    there: dict[str, set[str]] = {}
    for run, named in found.items():
        for name, result in named.items():
            if result.quality is not Quality.ABSENT and not isinstance(
                result.value, str | None
            ):
                there.setdefault(name, set()).add(groups[run])
    asked = [name.replace(" ", "_") for name in names]
    for name in asked:
        if name not in there:
            known = ", ".join(there) or "no number at all"
            raise OperatorError(f"none of these runs has {name}; they have {known}")
    if asked:
        return set(asked)
    least = min(2, len(set(groups.values())))
    return {name for name, who in there.items() if len(who) >= least}
