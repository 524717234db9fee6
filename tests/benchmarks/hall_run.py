"""How long a full Hall run takes in virtual time: ``python …/hall_run.py``.

Contact check, eight resistivity readings, Hall readings at +B -B -B +B (two field
reversals), through protocol, engine, journal, drivers, PyVISA and twins.
"""

import tempfile
from pathlib import Path

from drivers.twins.world.world import BenchWorld
from labctl.clock import stopwatch
from labctl.config.models import Config
from labctl.documents.complaints import validate
from labctl.documents.hardened_yaml import Document, load_file
from labctl.engine.situation import Situation
from labctl.session.order import Order, prepare
from labctl.session.run import Observers, start

AIM = 5.0
"""s of wall time."""


def main() -> None:
    """Run it twice, since the first one imports drivers, and print the times."""
    config = validate(load_file(BenchWorld.configuration()), Config)
    for name in ("first run", "second run"):
        with tempfile.TemporaryDirectory() as folder:
            order = Order(
                "hall-effect",
                Document("benchmark", {}),
                "film-si",
                out=Path(folder),
                simulate=True,
                speed=None,
            )
            looks: list[float] = []

            def watch(_: Situation, looks: list[float] = looks) -> None:
                looks.append(stopwatch())

            begun = stopwatch()
            prepared = prepare(order, config)
            started = stopwatch()
            observers = Observers(live_view=False, watch=watch)
            finished = start(prepared, config, observers)
            ended = stopwatch()
            virtual = prepared.station.clock.now()
        print(
            f"{name}: {finished.status}, {ended - begun:.2f} s of wall time "
            f"(aim {AIM:g} s) for {virtual:.0f} s of virtual time: "
            f"check {started - begun:.2f}, open and measure "
            f"{looks[-1] - started:.2f}, results and sealed file "
            f"{ended - looks[-1]:.2f} s; {len(looks)} polls"
        )


if __name__ == "__main__":
    main()
