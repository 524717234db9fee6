"""Replies that were cut, turned round or made up give an error, never a value."""

import random
from pathlib import Path

import pytest
from simulated_neware import neware_bench

from drivers.neware.answers import (
    Address,
    AnswerError,
    Seen,
    download_of,
    verdict_of,
)
from labctl.techniques import ConstantCurrent, Recording

ADDRESS = Address(27, 21, 1, 1)
RECORDED = """<?xml version="1.0" encoding="UTF-8"?>
<bts version="1.0">
  <cmd>donwload_resp</cmd>
  <download devtype="27" devid="21" subdevid="1" chlid="1" testid="143" startpos="9"
    count="1000" auxid="0" />
  <list count="2">
    <data seqid="9" stepid="24" cycleid="29" steptype="dc" testtime="36070000"
      atime="2025-12-28 22:29:05" volt="3.678" curr="-0.000295" cap="0.0029" eng="0" />
    <data seqid="10" stepid="24" cycleid="29" steptype="dc" testtime="36080000"
      atime="2025-12-28 22:29:15" volt="3.658" curr="-0.000295" cap="0.003" eng="0" />
  </list>
</bts>"""
"""In the shape that BTS 8 answers in, the typing error of its command included."""
EXAMPLES = 10_000


def test_a_download_is_read_in_si_units() -> None:
    download = download_of(RECORDED, ADDRESS, 9)

    assert download.test == 143
    first = download.rows[0]
    assert (first.number, first.step, first.cycle) == (9, 24, 29)
    assert (first.step_time, first.voltage, first.current) == (36070.0, 3.678, -2.95e-4)
    assert first.capacity == pytest.approx(10.44)


@pytest.mark.parametrize(
    ("was", "instead", "said"),
    [
        # rows of a subdevice that was not asked for: servers mix them up
        ('subdevid="1"', 'subdevid="2"', "was asked for 21-1-1"),
        # a row is missing
        ('seqid="10"', 'seqid="11"', "row 11 came where 10 should"),
        # no number is not zero
        ('volt="3.658"', 'volt="--"', "volt is '--'"),
        ('curr="-0.000295" cap="0.003"', 'cap="0.003"', "curr is None"),
        ('volt="3.658"', 'volt="nan"', "volt is 'nan'"),
        ("</bts>", "", "no XML"),
    ],
)
def test_what_is_not_right_is_refused(was: str, instead: str, said: str) -> None:
    with pytest.raises(AnswerError, match=said):
        download_of(RECORDED.replace(was, instead), ADDRESS, 9)


def test_a_status_of_another_channel_is_refused() -> None:
    told = {
        "dev": "27-21-2-1-0",
        "workstatus": "finish",
        "voltage": 3.0,
        "current": 0,
        "totaltime": 0,
    }

    with pytest.raises(AnswerError, match="27-21-2-1-0"):
        Seen.of(told, ADDRESS)


def test_ten_thousand_damaged_answers_invent_nothing() -> None:
    """Each row that is read stands in the answer as it was read, or nothing is."""
    rng = random.Random(1)  # noqa: S311
    refused = 0
    for _ in range(EXAMPLES):
        text = _damaged(RECORDED, rng)
        try:
            download = download_of(text, ADDRESS, 9)
        except AnswerError:
            refused += 1
            continue
        for row in download.rows:
            for name, value in (("volt", row.voltage), ("curr", row.current)):
                said = text.split(f'seqid="{row.number}"', 1)[-1]
                quoted = said.split(f'{name}="', 1)[-1].split('"', 1)[0]
                assert float(quoted) == value
    assert refused > EXAMPLES / 2


def test_damaged_verdicts_are_no_consent() -> None:
    good = (
        '<bts><list count="1"><start ip="127.0.0.1" devtype="27" devid="21" '
        'subdevid="1" chlid="1">ok</start></list></bts>'
    )
    rng = random.Random(2)  # noqa: S311
    for _ in range(1000):
        text = _damaged(good, rng)
        try:
            said = verdict_of(text, ADDRESS, "start")
        except AnswerError:
            continue
        assert said != "ok" or ">ok<" in text.replace(" ", "").replace("\n", "")


def test_a_twins_answers_are_read_whole(tmp_path: Path) -> None:
    record = Recording(every_s=1.0)
    with neware_bench(tmp_path) as bench:
        polls = bench.run([ConstantCurrent(1e-3, 2500.0, record=record)], 3000.0)

    assert sum(len(batch) for poll in polls for batch in poll.batches) == 2501


def _damaged(text: str, rng: random.Random) -> str:
    """Cut, double, swap or replace a piece."""
    a, b = sorted(rng.randrange(len(text)) for _ in range(2))
    b = min(b, a + rng.choice((1, 1, 2, 5, 40, 400)))
    kind = rng.randrange(5)
    if kind == 0:
        return text[:a]
    if kind == 1:
        return text[:a] + text[b:]
    if kind == 2:
        return text[:b] + text[a:]
    if kind == 3:
        other = rng.choice(('"', "<", ">", "--", "nan", "1e999", "٣", "\x00", "&x;"))
        return text[:a] + other + text[b:]
    return text[:a] + text[a:b][::-1] + text[b:]
