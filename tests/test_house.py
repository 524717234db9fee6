"""The architecture holds, and its checks fail when it is broken on purpose.

The import graph of the house is built once; each test breaks a copy of it.
"""

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import Contract

import drivers
import gui
import labctl
import protocols

ROOT = Path(str(labctl.__file__)).parents[1]
KINDS: dict[str, type[Contract]] = {
    "layers": LayersContract,
    "forbidden": ForbiddenContract,
    "acyclic_siblings": AcyclicSiblingsContract,
}


def test_the_four_packages_lie_side_by_side() -> None:
    places = {
        Path(str(p.__file__)).parents[1] for p in (labctl, drivers, protocols, gui)
    }

    assert places == {ROOT}


@cache
def house() -> tuple[dict[str, Any], grimp.ImportGraph]:
    """Return the contracts as they are written, and who imports whom."""
    written = read_configuration(str(ROOT / "pyproject.toml"))
    roots = written["session_options"]["root_packages"]
    first, *others = roots
    return written, grimp.build_graph(
        first, *others, include_external_packages=True, cache_dir=None
    )


def broken(graph: grimp.ImportGraph) -> list[str]:
    """Return the names of the contracts that a graph breaks."""
    written, _ = house()
    contracts = [
        KINDS[options["type"]](options["name"], written["session_options"], options)
        for options in written["contracts_options"]
    ]
    return [
        contract.name
        for contract in contracts
        if not contract.check(deepcopy(graph), verbose=False).kept
    ]


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        # the hall may not know a wing
        ("labctl.sample", "drivers.keithley", "Three wings"),
        # a driver may not know the loop that runs it
        ("drivers.keithley", "labctl.engine.run", "hall's vocabulary"),
        # nor the protocols that it serves
        ("drivers.keithley", "labctl.protocol", "Drivers see"),
        # nor its own twin
        ("drivers.visa.opening", "drivers.twins.visa.library", "A real driver"),
        # nor may a twin know the tables that it is there to check
        (
            "drivers.twins.biologic.techniques",
            "drivers.biologic.techniques.steps",
            "A twin shares",
        ),
        (
            "drivers.twins.biologic.words",
            "drivers.biologic.eclib.codec",
            "A twin shares",
        ),
        (
            "drivers.twins.biologic.codes",
            "drivers.biologic.eclib.codes",
            "A twin shares",
        ),
        # nor a twin the driver that is tried on it
        ("drivers.twins.keithley", "drivers.keithley.keithley_2400", "A twin shares"),
        ("drivers.twins.lakeshore", "drivers.visa.meter", "A twin shares"),
        # nor may a protocol
        ("protocols.cells", "labctl.session.run", "Protocols see"),
        # a protocol may not touch a file
        ("protocols.cells", "h5py", "HDF5 and SQLite"),
        ("labctl.drawing.ticks", "sqlite3", "HDF5 and SQLite"),
        # only the window knows Qt
        ("labctl.sample", "PyQt6", "Only gui knows Qt"),
        # a room that is not on the plan
        ("labctl.helpers", "labctl.sample", "stairs"),
        # the window may not own an instrument
        ("gui.link.link", "labctl.service.bench.bench", "The window"),
        # nor work out numbers
        ("gui.run.result_rows", "labctl.analysis.statistics", "The window"),
        ("gui.run.result_rows", "scipy", "The window"),
        # nor make figures
        ("gui.run.result_rows", "labctl.figures.cycling", "The window"),
        # nor read what people type in a second way
        ("gui.parts.form", "yaml", "YAML"),
        ("labctl.cli.run", "yaml", "YAML"),
        # nor anything that nobody thought of
        ("gui.link.link", "labctl.a_room_of_tomorrow", "The window"),
    ],
)
def test_the_contract_is_red_when_broken(
    importer: str, imported: str, contract: str
) -> None:
    graph = deepcopy(house()[1])
    for module in {importer, imported} - graph.modules:
        graph.add_module(module)
    graph.add_import(importer=importer, imported=imported)

    assert any(contract in name for name in broken(graph))


def test_the_contracts_hold() -> None:
    assert not broken(house()[1])
