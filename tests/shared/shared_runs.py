"""Each simulated run once: sealed, kept for the session, shared by tests that look.

    finished = shared_runs("hall-effect", "film-si", sweep_points=5)
    mine = shared_runs.copy(tmp_path, "hall-effect", "film-si", sweep_points=5)

A run is its protocol, sample and parameters, and is made when somebody first asks
for it (under xdist, by each worker that asks). Whoever writes into a run, or lets a
station look after it, takes a copy.
"""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

from labctl import plugins
from labctl.config.models import Config
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.person import Request
from labctl.session.order import Order, prepare
from labctl.session.run import Finished, Observers, start


def bench_file() -> Config:
    """Return the simulated bench."""
    return validate(load_file(Path(plugins.world().configuration())), Config)


class SharedRuns:
    """Completed runs in virtual time, in a folder of the session."""

    def __init__(self, place: Path) -> None:
        """Keep them in ``place``, each in a folder of its own."""
        self._place = place
        self._made: dict[str, Finished] = {}

    def __call__(
        self, protocol: str, sample: str, asked: Request | None = None, **given: Any
    ) -> Finished:
        """Return the run, to be looked at; parameters as a person writes them.

        ``asked`` is what the person at a bench by hand wants.
        """
        key = repr((protocol, sample, asked, sorted(given.items())))
        if key not in self._made:
            order = Order(
                protocol,
                Document("test", given),
                sample,
                out=self._place / str(len(self._made)),
                simulate=True,
                speed=None,
            )
            config, observers = bench_file(), Observers(live_view=False)
            if asked is not None:
                observers.control.person.put(asked)
            done = start(prepare(order, config), config, observers)
            assert done.status == "completed", done.text
            self._made[key] = done
        return self._made[key]

    def copy(
        self,
        to: Path,
        protocol: str,
        sample: str,
        asked: Request | None = None,
        **given: Any,
    ) -> Finished:
        """Return a copy of the run in the folder ``to``, for who changes it."""
        found = self(protocol, sample, asked, **given)
        folder = to / found.folder.name
        shutil.copytree(found.folder, folder)
        file = found.file and folder / found.file.relative_to(found.folder)
        return dataclasses.replace(found, folder=folder, file=file)
