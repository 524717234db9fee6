"""What every run is expected to come to: its forecast, made as soon as it begins."""

import logging
import queue
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl import plugins
from labctl.api.answers import ForecastOut
from labctl.api.requests import OrderIn
from labctl.errors import LabctlError
from labctl.service.bench.bench import StationBench
from labctl.service.bench.live_run import FORECAST, LiveRun
from labctl.service.bench.orders import label_of
from labctl.service.records.forecast import forecast_order
from labctl.service.records.worker_process import Aside

log = logging.getLogger(__name__)

PATIENCE = 600.0
"""s; a long run may be forecast slowly, nobody waits for it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    run: LiveRun
    order: OrderIn


class Expectations:
    """Forecasts runs one after the other in a worker process of low priority."""

    def __init__(self, bench: StationBench) -> None:
        self._bench = bench
        self._aside = Aside("expectations")
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin; runs are taken from now on."""
        self._bench.started = self._take
        self._thread.start()

    def stop(self) -> None:
        """End, in the middle of a forecast if need be."""
        self._asked.put(None)
        self._aside.close_now()

    def _take(self, run: LiveRun, order: OrderIn) -> None:
        if not plugins.protocol(order.protocol).requests:  # nobody knows a person
            self._asked.put(_Asked(run, order))

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            if not asked.run.is_live:
                continue
            try:
                given = plain(self._bench, asked.order, asked.run.about.channels)
                found: ForecastOut = self._aside.call(PATIENCE, forecast_order, *given)
                asked.run.expect(found)
            except (LabctlError, OSError) as error:
                log.info("no forecast of %s: %s", asked.run.about.run, error)


def expected(folder: Path) -> ForecastOut | None:
    """Return what a run was expected to come to; None if nobody worked it out."""
    try:
        return ForecastOut.model_validate_json((folder / FORECAST).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def plain(
    bench: StationBench, order: OrderIn, channels: dict[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return what `forecast_order` is given."""
    fields = {
        "protocol": order.protocol,
        "sample": label_of(order.sample, bench.files),
        "preset": order.preset,
        "channels": dict(order.channels) if channels is None else channels,
        "simulate": True,
        "seed": order.seed,
    }
    return bench.config.model_dump(mode="json"), fields, dict(order.parameters)
