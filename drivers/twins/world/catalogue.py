"""The simulated samples by name: what their labels say, and the things themselves.

Each is a file of the folder ``samples`` with two sections: ``sample``, the label a
researcher would write, and ``truth``, the model's parameters, which only the world
and tests may know. A third one, ``spread``, makes the specimens differ from bench to
bench (`drivers.twins.world.spread`). Whoever adds a kind of sample adds its builder
beside `build_cell`; `names` and `label` know all files, whatever their kind.
"""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from drivers.twins.world.spread import specimen_of
from labctl.documents.hardened_yaml import load
from labctl.errors import OperatorError

if TYPE_CHECKING:
    from drivers.twins.world.cell import Cell

CELL_KINDS = ("half_cell", "full_cell")
_SUFFIX = ".yaml"


@cache
def names() -> tuple[str, ...]:
    """Return the names of all simulated samples, sorted."""
    found = (
        entry.name
        for entry in files("drivers.twins.world").joinpath("samples").iterdir()
    )
    return tuple(sorted(n.removesuffix(_SUFFIX) for n in found if n.endswith(_SUFFIX)))


def label(name: str) -> dict[str, Any]:
    """Return the label: name, kind, mass, area …, as text with units."""
    return dict(_sections(name)["sample"])


def truth(name: str, seed: int | None = None) -> dict[str, Any]:
    """Return the model's parameters; for the world and tests only.

    Those of the specimen that ``seed`` picks, or as written.
    """
    sections = _sections(name)
    if seed is None or "spread" not in sections:
        return dict(sections["truth"])
    return specimen_of(name, sections["truth"], sections["spread"], seed)


def build_cell(name: str, seed: int | None = None) -> "Cell":
    """Return a fresh cell; of several specimens the one that ``seed`` picks.

    OperatorError: there is no such sample, or it is not a cell.
    """
    from pydantic import TypeAdapter  # noqa: PLC0415  (a film needs no cell model)

    from drivers.twins.world.cell import Cell  # noqa: PLC0415
    from drivers.twins.world.parameters import CellParameters  # noqa: PLC0415

    kind = label(name)["kind"]
    if kind not in CELL_KINDS:
        raise OperatorError(f"sample {name!r} is a {kind}, not a cell")
    return Cell(TypeAdapter(CellParameters).validate_python(truth(name, seed)))


@cache
def _sections(name: str) -> dict[str, Any]:
    if name not in names():
        known = ", ".join(names())
        raise OperatorError(f"no simulated sample {name!r}; there are: {known}")
    source = files("drivers.twins.world").joinpath("samples", name + _SUFFIX)
    return load(source.read_bytes(), name + _SUFFIX).given
