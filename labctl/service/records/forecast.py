"""An order's forecast, worked out in a worker process."""

from pathlib import Path
from typing import Any

from labctl.api.answers import ForecastOut, PlannedStep
from labctl.config.models import Config
from labctl.documents.hardened_yaml import Document
from labctl.quantities import SI
from labctl.session.forecast import forecast
from labctl.session.order import Order

MOST_STEPS = 2000
DEADLINE = 60.0
"""s; 200 cycles take about 20."""


def forecast_order(
    config: dict[str, Any], order: dict[str, Any], parameters: dict[str, Any]
) -> ForecastOut:
    """Run an order on twins in virtual time; everything given is plain data."""
    bench = Config.model_validate(config, context=SI)
    asked = Order(
        parameters=Document.without_lines("", parameters), out=Path(), **order
    )
    found = forecast(asked, bench)
    return ForecastOut(
        status=found.status,
        reason=found.reason,
        duration=found.duration,
        end_unix=found.end_unix,
        steps=found.steps,
        rows=found.rows,
        file_bytes=found.file_bytes,
        extremes=dict(found.extremes),
        curve={k: tuple(v) for k, v in found.curve.items()},
        plan=[
            PlannedStep(
                label=s.label,
                cycle=int(s.payload.get("cycle", 0)),
                began=s.began,
                ended=s.ended,
            )
            for s in found.plan[:MOST_STEPS]
        ],
    )
