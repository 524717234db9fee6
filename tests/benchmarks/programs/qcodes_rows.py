"""A QCoDeS dataset that takes rows: eleven parameters against the first.

A batch is one result of numeric arrays, flushed at once. QCoDeS keeps SQLite's own
``synchronous=FULL``: what is flushed is durable.
"""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rows_to_record import NAMES, Column


@contextmanager
def recorder() -> Iterator[Callable[[dict[str, Column]], None]]:
    """Yield what records a batch."""
    # not a dependency of labctl, so that mypy cannot know it
    qcodes: Any = importlib.import_module("qcodes")
    dataset: Any = importlib.import_module("qcodes.dataset")
    dataset.initialise_or_create_database_at(Path("rows.db").absolute())
    experiment = dataset.load_or_create_experiment("rows", "none")
    measurement = dataset.Measurement(exp=experiment)
    first, *others = [
        qcodes.Parameter(name, set_cmd=None, get_cmd=None) for name in NAMES
    ]
    measurement.register_parameter(first, paramtype="array")
    for one in others:
        measurement.register_parameter(one, setpoints=(first,), paramtype="array")
    measurement.write_period = 1e9  # only when it is told to
    with measurement.run(write_in_background=False) as saver:

        def add(columns: dict[str, Column]) -> None:
            saver.add_result(*columns.items())
            saver.flush_data_to_database()

        yield add
