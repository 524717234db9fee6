"""A record is followed as it grows: no row lost, none twice, nothing taken for another.

The records are the twin's, whose form is transcribed apart from the reader's.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from wonatech_files import Row, wrd
from wonatech_records import FORMS, NAME, Written, follower, read_out, written

from labctl.data import Array
from labctl.errors import IdentityError, InstrumentError
from labctl.roles.record_source import Recordings, RecordMark

FIRST = Row(0.0, 1, 3.0, 0.0)
UNTIL_LOW = {"what": "voltage", "falling": True, "value": 0.01}
CYCLE: tuple[dict[str, object], ...] = (
    {
        "name": "1",
        "control": "REST",
        "ends": [{"what": "time", "falling": False, "value": 600.0}],
    },
    {"name": "2", "control": "CC", "current_ampere": -1e-3, "ends": [UNTIL_LOW]},
    {
        "name": "3",
        "control": "CCCV",
        "current_ampere": 1e-3,
        "voltage_volt": 1.2,
        "taper_ampere": 2e-4,
        "to_step": "2",
        "loops": 2,
    },
)


@pytest.fixture(scope="module", params=FORMS)
def record(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Written:
    return written(tmp_path_factory.mktemp("record"), request.param, CYCLE)


def put(folder: Path, data: bytes) -> None:
    (folder / NAME).write_bytes(data)


def test_the_charge_of_all_intervals_is_what_passed_though_counters_restart(
    record: Written, tmp_path: Path
) -> None:
    put(tmp_path, record.sealed)

    rows = read_out(*follower(tmp_path))

    # counters of double precision; the last hold ends between two samples
    assert rows["interval_charge_ah"].sum() == pytest.approx(record.charge, rel=1e-9)
    assert np.diff(rows["instrument_cycle_count"]).max() == 1
    assert (np.diff(rows["cycle_charging_capacity_ah"]) < 0).sum() == 1  # two cycles
    assert set(rows["cell_status_code"]) == {1, 3, 4}


def test_rows_are_the_same_however_the_file_grew(
    record: Written, tmp_path: Path
) -> None:
    put(tmp_path, record.sealed)
    whole = read_out(*follower(tmp_path))
    rng = np.random.default_rng(3)
    cuts = np.sort(rng.integers(0, len(record.growing), 200))

    put(tmp_path, b"")
    following, clock = follower(tmp_path, patience=1e4)
    parts = []
    for cut in cuts:
        put(tmp_path, record.growing[:cut])
        glance = following.glance()
        assert glance.stands is not Recordings.ENDED
        parts += [] if glance.rows is None else [glance.rows.columns]
        clock.sleep(1.0)
    put(tmp_path, record.sealed)
    parts.append(read_out(following, clock))

    for name, values in whole.items():
        joined = np.concatenate([part[name] for part in parts])
        np.testing.assert_array_equal(joined, values)


@pytest.mark.parametrize("rows", [1, 100, 333])
def test_who_begins_again_behind_a_mark_gets_the_other_rows(
    record: Written, rows: int, tmp_path: Path
) -> None:
    put(tmp_path, record.sealed)
    whole = read_out(*follower(tmp_path))
    following, clock = follower(tmp_path)

    following.behind(mark(whole, rows))
    rest = read_out(following, clock)

    for name, values in whole.items():
        np.testing.assert_array_equal(rest[name], values[rows:])


def mark(rows: Mapping[str, Array], count: int) -> RecordMark:
    return RecordMark(count, int(rows["record_digest"][count - 1]))


def test_another_test_under_the_same_name_is_refused(
    record: Written, tmp_path: Path
) -> None:
    put(tmp_path, record.sealed)
    whole = read_out(*follower(tmp_path))
    changed = bytearray(record.sealed)
    changed[-3000] ^= 1  # one bit of a row long ago
    put(tmp_path, bytes(changed))
    following, _ = follower(tmp_path)

    following.behind(mark(whole, len(whole["record_digest"])))

    with pytest.raises(InstrumentError, match="another test than the one"):
        following.glance()


def test_a_record_that_was_cut_short_is_refused_once_it_stays_so(
    record: Written, tmp_path: Path
) -> None:
    put(tmp_path, record.sealed)
    whole = read_out(*follower(tmp_path))
    put(tmp_path, record.growing[:-1000])
    following, clock = follower(tmp_path)

    following.behind(mark(whole, len(whole["record_digest"])))
    following.glance()
    clock.sleep(61.0)

    with pytest.raises(InstrumentError, match=r"was cut short: it has \d+ rows, and"):
        following.glance()


def test_a_record_that_shrinks_or_vanishes_while_it_is_followed_is_refused(
    record: Written, tmp_path: Path
) -> None:
    put(tmp_path, record.growing)
    shrinks, vanishes = follower(tmp_path)[0], follower(tmp_path)
    shrinks.glance()
    vanishes[0].glance()

    put(tmp_path, record.growing[:-500])
    with pytest.raises(InstrumentError, match="was cut short: it had"):
        shrinks.glance()

    (tmp_path / NAME).unlink()
    assert vanishes[0].glance().waits_for.endswith("is not there")
    vanishes[1].sleep(61.0)
    with pytest.raises(InstrumentError, match="moved away or removed"):
        vanishes[0].glance()


def test_a_file_that_is_no_record_is_waited_for_and_then_refused(
    tmp_path: Path,
) -> None:
    put(tmp_path, b"EC-Lab ASCII FILE" * 100)
    following, clock = follower(tmp_path)

    assert following.glance().stands is Recordings.AWAITED
    clock.sleep(61.0)

    with pytest.raises(InstrumentError, match="no record of WonATech Smart Interface"):
        following.glance()


def test_an_end_in_the_head_is_believed_when_the_file_is_quiet(
    record: Written, tmp_path: Path
) -> None:
    put(tmp_path, record.growing)
    following, clock = follower(tmp_path)
    following.glance()
    clock.sleep(1.0)
    assert following.glance().stands is Recordings.GROWING
    put(tmp_path, record.sealed)  # of the same size: only the head says it

    assert following.glance().stands is Recordings.ENDED


def test_a_look_while_the_head_is_written_anew_is_borne_however_long_it_was_quiet(
    record: Written, tmp_path: Path
) -> None:
    put(tmp_path, record.growing)
    following, clock = follower(tmp_path)
    following.glance()
    clock.sleep(3600.0)

    put(tmp_path, bytes(300) + record.sealed[300:])
    assert following.glance().stands is Recordings.GROWING
    put(tmp_path, record.sealed)

    assert following.glance().stands is Recordings.ENDED


def test_a_head_that_stays_damaged_is_refused(record: Written, tmp_path: Path) -> None:
    put(tmp_path, record.growing)
    following, clock = follower(tmp_path)
    following.glance()

    put(tmp_path, bytes(300) + record.sealed[300:])
    following.glance()
    clock.sleep(61.0)

    with pytest.raises(InstrumentError, match="no record of WonATech"):
        following.glance()


def test_a_share_that_is_away_for_a_moment_is_waited_for(
    record: Written, tmp_path: Path
) -> None:
    put(tmp_path, record.growing)
    following, clock = follower(tmp_path)
    following.glance()
    clock.sleep(3600.0)

    (tmp_path / NAME).rename(tmp_path / "away")
    assert following.glance().waits_for
    (tmp_path / "away").rename(tmp_path / NAME)

    assert following.glance().waits_for == ""


def test_a_record_of_another_cycler_is_refused_where_the_serial_is_configured(
    record: Written, tmp_path: Path
) -> None:
    put(tmp_path, record.sealed)
    following, _ = follower(tmp_path, serial="W5K-BCSA0-0000001")

    with pytest.raises(IdentityError, match="expected W5K-BCSA0-0000001"):
        following.glance()


def test_local_times_are_read_in_the_zone_of_the_cycler(tmp_path: Path) -> None:
    put(tmp_path, wrd([Row(0.0, 1, 3.0, 0.0), Row(10.0, 1, 3.0, 0.0)]))
    seoul, _ = follower(tmp_path, zone="Asia/Seoul")
    seoul.glance()
    head = seoul.head

    assert head is not None
    assert head.started_unix == 1705276800.0  # 2024-01-15 09:00 there is 00:00 UTC
    assert not head.zone_assumed


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        # a second test in the file
        ([Row(10.0, 1, 3.0, 0.0), Row(0.0, 1, 3.0, 0.0)], "the test time goes back"),
        # two cells in one file
        (
            [Row(0.0, 1, 3.0, 0.0), Row(1.0, 1, 3.0, 0.0, channel=12)],
            "channels 11 and 12",
        ),
        # current and state contradict each other
        ([Row(k, 3, 3.0, -1e-3) for k in range(3)], "sign of the other direction"),
    ],
)
def test_rows_that_cannot_be_of_one_cell_are_refused_by_name(
    rows: list[Row], why: str, tmp_path: Path
) -> None:
    put(tmp_path, wrd(rows))

    with pytest.raises(InstrumentError, match=f"{NAME}: .*{why}"):
        follower(tmp_path)[0].glance()


def test_what_a_record_does_not_say_is_not_zero(tmp_path: Path) -> None:
    put(tmp_path, wrd([Row(0.0, 1, 3.0, 0.0), Row(9.0, 1, 3.0, 0.0, temperature=25.0)]))
    rows = follower(tmp_path)[0].glance().rows

    assert rows is not None
    degrees = rows.columns["temperature_t1_celsius"]
    assert np.isnan(degrees[0])
    assert degrees[1] == 25.0
    assert "driving_code" not in rows.columns  # 1.x does not say it


def test_a_charge_in_an_unknown_unit_is_not_taken(tmp_path: Path) -> None:
    put(tmp_path, wrd([Row(k, 3, 3.0, 1e-3, charge=k) for k in range(5)], coulomb=None))
    glance = follower(tmp_path)[0].glance()

    assert glance.rows is not None
    assert np.isnan(glance.rows.columns["interval_charge_ah"]).all()
    assert any("UnitCoulomb" in remark for remark in glance.remarks)
