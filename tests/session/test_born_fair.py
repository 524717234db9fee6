"""A run gets its identifier at birth, with who, where and on which terms."""

import uuid
from collections.abc import Callable

import pytest

from labctl.config.lab import LabConfig
from labctl.config.models import Config
from labctl.engine.control import Control
from labctl.engine.situation import Situation
from labctl.session.amend import amend
from labctl.session.order import Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from labctl.store.header import RunHeader
from labctl.store.run_file.reader import RunFile

Orders = Callable[..., Order]
LAB = LabConfig.model_validate(
    {
        "institution": {"name": "SNU", "ror": "04h9pn542"},
        "operators": {"Ada": {"orcid": "0000-0002-1825-0097"}, "Grace": {}},
        "licence": "CC0-1.0",
        "funding": [{"funder": "NRF", "grant": "1"}],
    }
)


@pytest.fixture
def lab_bench(bench: Config) -> Config:
    vsp300 = bench.instruments["vsp300"].model_copy(
        update={"pid": "https://doi.org/10.1234/vsp"}
    )
    station = bench.station.model_copy(update={"operator": " ada"})
    return bench.model_copy(
        update={
            "lab": LAB,
            "station": station,
            "instruments": {**bench.instruments, "vsp300": vsp300},
        }
    )


def stopped_early(order: Order, bench: Config) -> Finished:
    control = Control()

    def watch(situation: Situation) -> None:
        if situation.test_time >= 3600:
            control.stop("stopped by a test")

    observers = Observers(control, watch, live_view=False)
    return start(prepare(order, bench), bench, observers)


def header_of(finished: Finished) -> RunHeader:
    with RunFile(finished.folder) as file:
        return file.header


def test_a_run_is_born_with_all_that_was_configured_and_keeps_it(
    order: Orders, lab_bench: Config
) -> None:
    finished = stopped_early(order(), lab_bench)
    born = header_of(finished)
    amend(finished.folder, {"cycles": 1}, "Grace", "")
    amended = header_of(finished)
    resume(finished.folder, Observers(live_view=False), {"cycles": 0})
    resumed = header_of(finished)

    assert uuid.UUID(born.uuid).version == 4
    assert (born.operator, born.orcid) == (
        "Ada",
        "https://orcid.org/0000-0002-1825-0097",
    )
    assert born.lab == {
        "institution": {"name": "SNU", "ror": "https://ror.org/04h9pn542"},
        "licence": "CC0-1.0",
        "funding": [{"funder": "NRF", "grant": "1"}],
    }
    assert born.instruments["vsp300"]["pid"] == "https://doi.org/10.1234/vsp"
    assert list(born.extra["config"]["lab"]["operators"]) == ["Ada"]
    for later in (amended, resumed):
        assert (later.uuid, later.lab, later.orcid) == (born.uuid, born.lab, born.orcid)
    assert [each.parameters["cycles"] for each in (born, amended, resumed)] == [0, 1, 0]


def test_a_bench_that_says_nothing_invents_nothing(undisturbed: Finished) -> None:
    header = header_of(undisturbed)

    assert header.uuid
    assert (header.operator, header.orcid, header.lab) == ("", "", {})
    assert "pid" not in header.instruments["vsp300"]
