"""What a run is expected to come to is kept, however early it is known."""

from pathlib import Path

from labctl.api.answers import ForecastOut
from labctl.clock import VirtualClock
from labctl.errors import OperatorError
from labctl.service.bench.forecasts import expected
from labctl.service.bench.live_run import About, LiveRun
from labctl.session.run import Finished, Observers

FORECAST = ForecastOut(
    status="completed",
    reason="",
    duration=60.0,
    end_unix=60.0,
    steps=1,
    rows=1,
    file_bytes=1,
    extremes={},
    curve={},
    plan=[],
)


def test_a_forecast_that_is_ready_before_the_folder_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def act(observers: Observers) -> Finished:
        folder.mkdir()
        assert observers.started is not None
        observers.started(folder)
        raise OperatorError("enough")

    about = About("run", "gitt", "", "si", {"cell": "v/1"}, "half_cell", True, "Kim")
    run = LiveRun(about, folder, act, VirtualClock(0.0), lambda: None)
    run.expect(FORECAST)
    assert expected(folder) is None

    run.start()
    assert run.join(10.0)

    assert expected(folder) == FORECAST
