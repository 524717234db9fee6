"""Where the time of a program goes, by package and by function.

What is written in C has no file: its time is its callers', by whom it was asked. The
profiler sees the process that was started, not the processes that it starts, and makes
calls of Python dearer than they are: shares tell where to look, not how long it takes.
"""

import pstats
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DEPTH = 3
"""Folders that name a package of ours."""
SHOWN = 12

Function = tuple[str, int, str]


def profiled(command: list[str], into: Path) -> list[str]:
    """Return a command of Python's, ``[python, script or -m, …]``, under cProfile."""
    python, *others = command
    return [python, "-m", "cProfile", "-o", str(into), *others]


def package_of(file: str, tree: Path) -> str:
    """Return what a file belongs to: a package of a tree, or somebody's library."""
    path = Path(file)
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1].removesuffix(".py")
    if path.is_relative_to(tree):
        return "/".join(path.relative_to(tree).parts[:-1][:DEPTH])
    return "Python itself"


def seconds(stats: Mapping[Function, Any]) -> Counter[Function]:
    """Return each function's own time, with that of the C functions that it asked."""
    own: Counter[Function] = Counter()
    for function, (_, _, spent, _, callers) in stats.items():
        if function[0] != "~" or not callers:
            own[function] += spent
            continue
        for caller, (_, _, part, _) in callers.items():
            own[caller] += part
    return own


def told(path: Path, work: str, tree: Path) -> str:
    """Return a section of Markdown about a file of cProfile."""
    # typeshed does not know the field
    stats: Mapping[Function, Any] = pstats.Stats(str(path)).stats  # type: ignore[attr-defined]
    own = seconds(stats)
    whole = sum(own.values())
    packages: Counter[str] = Counter()
    for (file, _, _), spent in own.items():
        packages[package_of(file, tree)] += spent
    made = [f"### {work}: {whole:.1f} s under the profiler", ""]
    made += ["| package | own time |", "|---|---|"]
    made += [
        f"| `{name}` | {100 * spent / whole:.0f} % |"
        for name, spent in packages.most_common(SHOWN)
        if spent >= 0.01 * whole
    ]
    made += ["", "| function | own time | calls |", "|---|---|---|"]
    for function, spent in own.most_common(SHOWN):
        file, _, name = function
        calls = stats[function][1] if function in stats else 0
        place = f"{package_of(file, tree)}/{Path(file).name}"
        made.append(f"| `{place}: {name}` | {100 * spent / whole:.0f} % | {calls} |")
    return "\n".join(made) + "\n"
