"""Where the time of a program goes, by package and by function.

What is written in C has no file: its time is its callers', by whom it was asked; what
waits for another thread or process stands by itself. The profiler sees the process
that was started, not those that it starts, and makes calls of Python dearer than they
are: shares tell where to look, not how long it takes.
"""

import pstats
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DEPTH = 3
"""Folders that name a package of ours."""
SHOWN = 12

WAITS = (
    "'acquire' of '_thread",
    "posix.waitpid",
    "posix.wait4",
    "'poll' of",
    "time.sleep",
)
"""In the names of C functions that wait for somebody else: a thread, a process."""

Function = tuple[str, int, str]
WAITING: Function = ("~", 0, "waiting")


def profiled(command: list[str], into: Path) -> list[str]:
    """Return a command of Python's, ``[python, script or -m, …]``, under cProfile."""
    python, *others = command
    return [python, "-m", "cProfile", "-o", str(into), *others]


def package_of(function: Function, tree: Path) -> str:
    """Return what a function belongs to: a package of a tree, somebody's library."""
    if function == WAITING:
        return "waiting for others"
    file, _, _ = function
    if file.startswith("<frozen importlib"):
        return "imports"
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
        if function[0] != "~":
            own[function] += spent
            continue
        if any(wait in function[2] for wait in WAITS):
            own[WAITING] += spent
            continue
        if not callers:
            own[function] += spent
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
    for function, spent in own.items():
        packages[package_of(function, tree)] += spent
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
        where = package_of(function, tree)
        inside = "" if file.startswith(("<", "~")) else f"/{Path(file).name}"
        place = f"{where}{inside}: {name}"
        made.append(f"| `{place}` | {100 * spent / whole:.0f} % | {calls} |")
    return "\n".join(made) + "\n"
