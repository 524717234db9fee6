import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from labctl.analysis.uncertainty import known
from labctl.data import Result
from labctl.drawing.palette import contrast
from labctl.figures.figure import Figure, Series
from labctl.report.html import Report, page
from labctl.report.tables import Table
from labctl.verdicts.groups import ENOUGH_RUNS

EVIL = "</script><img src=x onerror=alert(1)>'\"&"
Attributes = dict[str, str | None]
VOID = {"meta", "link", "br", "img", "input"}


class Document(HTMLParser):
    """A strict reader: what opens must close, in order, and ids stand once."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str | None] = []
        self.tags: list[tuple[str, Attributes]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"
        assert len(set(self.ids)) == len(self.ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if "id" in found:
            self.ids.append(found["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def capacity(name: str = "capacity") -> Figure:
    n = np.arange(1.0, 6.0)
    series = (
        Series("Delithiation", n, 3350 - n, error=np.full(5, 2.0), points=True),
        Series("CE", n, 99 + n / 10, right=True, points=True),
    )
    return Figure(name, "Capacity", "Cycle", "Q / mAh", series, right_label="CE / %")


def report(**more: Any) -> Report:
    return Report(
        "Formation of cell 3",
        facts=[("Sample", "qms-0.7")],
        ended="completed",
        results={"initial_coulombic_efficiency": Result(92.4817, "%", 0.153)},
        figures=[capacity()],
        **more,
    )


def test_the_page_is_well_formed_html() -> None:
    document = Document(page(report(tables=[Table("T", ["a"], [["1"]])])))

    assert [tag for tag, _ in document.tags].count("svg") >= 2


def test_the_page_fetches_nothing() -> None:
    text = page(report())

    assert "//" not in re.sub(r"^ *//.*$|; // .*$", "", text, flags=re.MULTILINE)
    for tag, attrs in Document(text).tags:
        assert "src" not in attrs
        assert attrs.get("href", "data:,") == "data:,", tag
    assert "default-src 'none'" in text


def test_the_policy_lets_only_the_pages_own_script_run() -> None:
    scripts = [attrs for tag, attrs in Document(page(report())).tags if tag == "script"]

    assert sum("type" not in attrs for attrs in scripts) == 1
    assert "script-src 'sha256-" in page(report())


def test_no_text_from_outside_becomes_markup() -> None:
    series = Series(EVIL, np.arange(3.0), np.arange(3.0))
    result = Result(1.0, EVIL, table={EVIL: (1.0,)}, budget={EVIL: 1.0}).suspect(EVIL)
    hostile = Report(
        EVIL,
        EVIL,
        [(EVIL, EVIL)],
        EVIL,
        ok=False,
        deviations=[EVIL],
        results={EVIL: result},
        figures=[
            Figure(EVIL, EVIL, EVIL, EVIL, (series, series), EVIL, note=EVIL),
        ],
        compared=[Table(EVIL, [EVIL, EVIL], [[EVIL, EVIL]], remarks=[EVIL])],
        tables=[Table(EVIL, [EVIL], [[EVIL]])],
        raw={EVIL: EVIL},
    )
    document = Document(page(hostile))

    assert not [tag for tag, _ in document.tags if tag == "img"]
    assert not [a for _, attrs in document.tags for a in attrs if a.startswith("on")]
    assert EVIL in document.text
    assert json.loads(document.scripts[-2])["raw"] == {EVIL: EVIL}


def test_a_value_stands_with_its_uncertainty_unit_and_quality() -> None:
    words = Document(page(report())).text

    assert "Initial coulombic efficiency" in words
    assert "92.48 ± 0.15" in words
    assert "good" in words


def test_a_doubted_result_shows_why() -> None:
    results = {
        "rct": Result(41.3, "Ω", 2.2).suspect("the cell drifted"),
        "capacity_retention": Result.absent("%", "one cycle only"),
    }
    words = Document(page(Report("r", results=results))).text

    assert "the cell drifted" in words
    assert "one cycle only" in words


def test_a_page_says_what_its_suspect_results_needed_and_what_to_do() -> None:
    doubted = known(1.0, 0.1, "meter").suspect(*ENOUGH_RUNS.at_least(2)).to_result()
    words = Document(page(Report("r", results={"mean_capacity": doubted}))).text

    assert "What was not met, and what to do" in words
    assert ENOUGH_RUNS.holds in words
    assert ENOUGH_RUNS.advice in words


def test_the_numbers_behind_a_figure_are_in_the_page() -> None:
    numbers = json.loads(Document(page(report())).scripts[0])
    delithiation, efficiency = numbers["series"]

    assert delithiation["x"] == [1, 2, 3, 4, 5]
    assert delithiation["y"] == [3349, 3348, 3347, 3346, 3345]
    assert delithiation["error"] == [2, 2, 2, 2, 2]
    assert efficiency["right"]


def test_what_is_not_a_number_is_null_in_the_json_block() -> None:
    document = Document(page(report(raw={"a": float("nan"), "b": np.array([1.0])})))

    assert json.loads(document.scripts[-2])["raw"] == {"a": None, "b": [1.0]}


def test_a_simulated_run_says_so_before_anything_else() -> None:
    words = Document(page(report(simulated=True))).text

    assert words.index("SIMULATED") < words.index("Sample")
    assert "SIMULATED" not in Document(page(report())).text
    assert '"file":"SIMULATED-capacity"' in page(report(simulated=True))


def test_figures_of_one_name_keep_their_ids_apart() -> None:
    Document(page(Report("r", figures=[capacity(), capacity()])))


def test_a_million_points_cost_less_than_60_kilobytes_of_page() -> None:
    rng = np.random.default_rng(3)
    x = np.linspace(0, 1e6, 1_000_000)
    figure = Figure(
        "v", "V", "t / s", "V / V", [Series("V", x, rng.normal(size=x.size))]
    )

    whole = len(page(Report("r", figures=[figure])).encode())
    empty = len(
        page(Report("r", figures=[Figure("v", "V", "t / s", "V / V")])).encode()
    )
    assert whole - empty < 60_000
    assert "1\u202f000\u202f000 points are drawn" in page(Report("r", figures=[figure]))


def test_the_script_stays_short_enough_to_read() -> None:
    script = files("labctl.report").joinpath("report.js").read_text("utf-8")

    assert script.count("\n") <= 80


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("sheet", ["report.css", "figure.css"])
def test_every_text_has_a_contrast_of_four_and_a_half(sheet: str, theme: int) -> None:
    text = files("labctl.report").joinpath(sheet).read_text("utf-8")
    light, dark = text.split("@media print")[0].split("prefers-color-scheme: dark")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark)) if theme else {}
    grounds = [colours[name] for name in ("page", "card", "paper") if name in colours]
    inks = ("ink", "soft", "link", "text", "quiet")
    badges = ("good", "suspect", "absent", "bad")

    for ground in grounds:
        for ink in filter(colours.__contains__, inks):
            assert contrast(colours[ink], ground) >= 4.5, (ink, ground)
    for badge in filter(colours.__contains__, badges):
        assert contrast(colours[badge], colours[f"{badge}-bg"]) >= 4.5, badge


def test_what_was_left_on_is_the_first_thing_the_page_says() -> None:
    text = "When this run ended, cell on vsp300/1 could not be made safe: no answer"
    read = Document(page(Report("A17", unsafe=[text, EVIL])))

    body = read.text[read.text.index("A17", read.text.index("A17") + 3) :]
    assert text in read.text
    assert read.text.index(text) < read.text.index(body)
    assert "alert" in {attributes.get("role") for _tag, attributes in read.tags}
    raw = json.loads(read.scripts[-2])
    assert raw["unsafe"] == [text, EVIL]


def test_a_run_that_was_made_safe_has_no_alarm() -> None:
    assert 'role="alert"' not in page(Report("A17"))
