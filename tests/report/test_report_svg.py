import re
import time
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from labctl.data import Array
from labctl.drawing.palette import DARK, HUES, LIGHT, contrast, shaded
from labctl.figures.figure import Figure, Series
from labctl.report.svg import draw, drawing, figure_css, standalone
from labctl.thinning.curves import thin


class Elements(HTMLParser):
    """Every element of a document with its attributes and the text directly in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}, []))

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1][2].append(data)

    def of(self, tag: str, kind: str | None = None) -> list[tuple[dict[str, str], str]]:
        return [
            (attrs, "".join(text))
            for name, attrs, text in self.found
            if name == tag and (kind is None or kind in attrs.get("class", "").split())
        ]


def points(path: str) -> Array:
    pairs = re.findall(r"[ML](-?[\d.]+),(-?[\d.]+)", path)
    return np.array(pairs, float)


def tick_texts(svg: str, side: str) -> list[tuple[float, str]]:
    group = re.findall(rf'<g class="ticks {side}"[^>]*>(.*?)</g>', svg)[0]
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)">([^<]*)</text>', group)
    place = 0 if side == "x" else 1
    return [(float(f[place]) - 4 * place, f[2].replace("−", "-")) for f in found]


def figure(*series: Series, **more: Any) -> Figure:
    return Figure("test", "A test", "Time / h", "Voltage / V", series, **more)


def line(name: str = "cell", n: int = 50, **more: Any) -> Series:
    x = np.linspace(0, 10, n)
    return Series(name, x, np.sin(x), **more)


def read(position: Any, ticks: list[tuple[float, str]], *, log: bool = False) -> Any:
    """Read a value off the axis with a ruler, as a person would."""
    (p0, t0), (p1, t1) = ticks[0], ticks[-1]
    v0, v1 = float(t0), float(t1)
    if log:
        v0, v1 = np.log10(v0), np.log10(v1)
    value = v0 + (position - p0) / (p1 - p0) * (v1 - v0)
    return 10**value if log else value


def test_every_point_lies_where_the_ticks_say() -> None:
    series = line()
    svg = draw(figure(series))
    (attrs, _), *_ = Elements(svg).of("path", "line")
    drawn = points(attrs["d"])

    assert read(drawn[:, 0], tick_texts(svg, "x")) == pytest.approx(series.x, abs=0.02)
    assert read(drawn[:, 1], tick_texts(svg, "y")) == pytest.approx(series.y, abs=0.01)


def test_on_logarithmic_axes_too() -> None:
    f = np.logspace(-2, 2, 30)
    svg = draw(figure(Series("Z", f, 3 / f), x_log=True, y_log=True))
    drawn = points(Elements(svg).of("path", "line")[0][0]["d"])

    x_ticks, y_ticks = tick_texts(svg, "x"), tick_texts(svg, "y")
    assert read(drawn[:, 0], x_ticks, log=True) == pytest.approx(f, rel=0.02)
    assert read(drawn[:, 1], y_ticks, log=True) == pytest.approx(3 / f, rel=0.02)


def test_the_right_axis_has_its_own_scale() -> None:
    series = [line(), Series("CE", np.arange(9.0), np.linspace(90, 99, 9), right=True)]
    svg = draw(figure(*series, right_label="CE / %"))
    groups = re.findall(r'<g class="ticks y"[^>]*>(.*?)</g>', svg)

    assert len(groups) == 2
    assert ">90<" in groups[1]
    assert "CE / %" in svg


def test_equal_scales_make_an_ohm_as_long_upward_as_sideways() -> None:
    angle = np.linspace(0, np.pi, 40)
    semicircle = Series("Z", 50 + 40 * np.cos(angle), 40 * np.sin(angle))
    frame = drawing(figure(semicircle, equal_scale=True)).frame

    per_x = (frame.x.end - frame.x.start) / (frame.x.high - frame.x.low)
    per_y = (frame.left.start - frame.left.end) / (frame.left.high - frame.left.low)
    assert per_x == pytest.approx(per_y)


def test_nan_breaks_the_line_and_a_lone_point_is_still_seen() -> None:
    x = np.arange(7.0)
    y = np.array([0.0, 1.0, np.nan, 2.0, np.nan, 1.0, 0.0])
    path = Elements(draw(figure(Series("gap", x, y)))).of("path", "line")[0][0]["d"]

    assert path.count("M") == 3
    assert path.count("h0") == 1
    assert "nan" not in path.lower()


def test_a_gap_in_a_million_points_is_still_a_gap() -> None:
    x = np.linspace(0, 1, 1_000_000)
    y = np.random.default_rng(0).normal(size=x.size)
    y[300_000:500_000] = np.nan
    path = Elements(draw(figure(Series("V", x, y)))).of("path", "line")[0][0]["d"]

    left, right = path.split("M")[1:]
    assert points("M" + left)[-1, 0] < points("M" + right)[0, 0] - 50


def test_thinning_keeps_the_one_sample_that_matters() -> None:
    y = np.zeros(1_000_000)
    y[123_457], y[999_998] = 7.0, -5.0
    rows = thin(np.linspace(0, 600, y.size), y, 1200)

    assert {0, 123_457, 999_998, 999_999} <= set(rows.tolist())
    assert rows.size <= 1210


def test_thinning_a_function_keeps_the_extremes_of_every_column() -> None:
    rng = np.random.default_rng(4)
    x = np.sort(rng.uniform(0, 100, 50_000))
    y = rng.normal(size=x.size)
    kept = set(thin(x, y, 200).tolist())

    size = (x[-1] - x[0]) / 100
    for column in range(1, 99):
        inside = np.flatnonzero(np.floor(x / size) == column)
        assert inside[y[inside].argmin()] in kept
        assert inside[y[inside].argmax()] in kept


def test_a_loop_is_thinned_evenly_along_its_length() -> None:
    angle = np.linspace(0, 2 * np.pi, 200_000)
    x, y = 100 * np.cos(angle), 100 * np.sin(angle)
    rows = thin(x, y, 400)
    steps = np.hypot(np.diff(x[rows]), np.diff(y[rows]))

    assert 380 <= rows.size <= 400
    assert steps.max() < 2.2 * np.pi * 200 / 400
    assert {int(y.argmax()), int(y.argmin()), int(x.argmin())} <= set(rows.tolist())


@pytest.mark.parametrize("kind", ["noise", "loop"])
def test_a_million_points_become_less_than_25_kilobytes_of_svg(kind: str) -> None:
    n = 1_000_000
    rng = np.random.default_rng(2)
    x = np.linspace(0, 1e6, n)
    if kind == "loop":
        x = np.sin(np.arange(n) / 1000) + rng.normal(0, 0.1, n)

    assert len(draw(figure(Series("V", x, rng.normal(size=n)))).encode()) < 25_000


def test_a_million_points_are_drawn_in_well_under_a_second() -> None:
    x = np.linspace(0, 1, 1_000_000)
    series = Series("V", x, np.sin(40 * x))
    began = time.process_time()
    draw(figure(series))

    assert time.process_time() - began < 2.0


def test_error_bars_reach_one_uncertainty_up_and_down() -> None:
    x = np.arange(4.0)
    series = Series("I", x, x, error=np.full(4, 0.5), points=True)
    svg = draw(figure(series))
    path = Elements(svg).of("path", "bars")[0][0]["d"]
    bars = re.findall(r"M[\d.]+,([\d.]+)V([\d.]+)", path)

    ticks = tick_texts(svg, "y")
    for y, (top, bottom) in zip(x, bars, strict=True):
        assert read(float(top), ticks) == pytest.approx(y + 0.5, abs=0.02)
        assert read(float(bottom), ticks) == pytest.approx(y - 0.5, abs=0.02)


def test_a_bar_below_zero_ends_at_the_floor_of_a_logarithmic_axis() -> None:
    x = np.array([1.0, 2.0, 3.0])
    series = Series("D", x, 10.0**x, error=np.full(3, 50.0), points=True)
    drawn = drawing(figure(series, y_log=True))

    assert "nan" not in drawn.svg
    assert drawn.frame.left.low > 1.0


def test_points_that_a_logarithmic_axis_cannot_show_are_counted() -> None:
    x = np.array([1.0, 2.0, 3.0])
    drawn = drawing(figure(Series("I", x, np.array([-1.0, 0.0, 5.0])), y_log=True))

    assert drawn.marks[0].unshown == 2


def test_a_figure_without_data_says_so() -> None:
    assert "No data" in draw(figure())
    assert "No data" in draw(figure(Series("V", np.array([]), np.array([]))))
    assert "No data" in draw(figure(Series("V", np.ones(3), np.full(3, np.nan))))


def test_a_single_point_is_drawn() -> None:
    svg = draw(figure(Series("V", np.ones(1), np.ones(1), points=True)))

    assert "marker-end" in svg
    assert "NaN" not in svg


def test_two_series_differ_by_more_than_colour() -> None:
    svg = draw(figure(line("a"), line("b"), line("c")))
    dashes = [a.get("stroke-dasharray") for a, _ in Elements(svg).of("path", "line")]

    assert len(set(dashes)) == 3


def test_series_of_one_group_share_a_hue_but_no_dash() -> None:
    drawn = draw(
        figure(line("1", group="Si"), line("2", group="Si"), line("3", group="QMS"))
    )
    groups = [a for a, _ in Elements(drawn).of("g", "series")]
    dashes = [a.get("stroke-dasharray") for a, _ in Elements(drawn).of("path", "line")]

    assert groups[0]["style"] == groups[1]["style"] != groups[2]["style"]
    assert dashes[-3] != dashes[-2]


def test_a_shaded_family_has_one_key_with_its_ends_named() -> None:
    family = [line(f"SOC {s} %", shade=s / 100) for s in (90, 10, 50)]
    svg = draw(figure(*family))
    (key, _) = Elements(svg).of("g", "key")[0]

    assert key["aria-label"] == "SOC 10 % – SOC 90 %"
    assert key["data-members"] == "1 2 0"


def test_the_ramp_of_a_group_names_the_group_and_not_its_runs() -> None:
    family = [
        line(f"Si #{run}: {soc} %", shade=soc / 100, group="Si")
        for run in (1, 2)
        for soc in (10, 90)
    ]
    (key, _), *more = Elements(draw(figure(*family))).of("g", "key")

    assert key["aria-label"] == "Si: 10 % – 90 %"
    assert not more


def test_the_legend_stands_above_the_data() -> None:
    svg = drawing(figure(*[line(f"A cell with a long name {i}") for i in range(9)]))
    keys = [
        float(y) for y in re.findall(r'class="hit" x="[^"]*" y="([-\d.]+)"', svg.svg)
    ]

    assert max(keys) + 21 < svg.frame.left.end


def test_labels_of_neighbouring_ticks_do_not_touch() -> None:
    for high in (1.0, 1234.5, 99999.0, 3e-7):
        for width in (320, 720):
            x = np.linspace(0, high, 9)
            ticks = tick_texts(draw(figure(Series("V", x, x)), width=width), "x")
            for (at, left), (after, right) in pairwise(ticks):
                assert after - at > 6.7 * (len(left) + len(right)) / 2 + 6


def test_title_and_description_speak_for_the_picture() -> None:
    elements = Elements(draw(figure(line("cell 3"))))
    svg = elements.of("svg")[0][0]
    title, desc = svg["aria-labelledby"].split()

    assert {elements.of("title")[0][0]["id"], elements.of("desc")[0][0]["id"]} == {
        title,
        desc,
    }
    assert "Voltage / V against Time / h" in elements.of("desc")[0][1]


def test_hostile_names_stay_text() -> None:
    evil = '"><script>alert(1)</script>'
    hostile = Figure(evil, evil, evil, evil, (line(evil), line(evil)), evil)
    elements = Elements(draw(hostile))

    assert not elements.of("script")
    assert elements.of("title")[0][1] == evil


def test_a_file_of_its_own_carries_its_style_and_namespace() -> None:
    svg = standalone(figure(line()))

    assert svg.startswith("<svg ")
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg
    assert figure_css() in svg


def test_curves_stand_out_at_three_to_one_in_both_themes() -> None:
    ramps = [shaded(s / 20, ramp).colour for s in range(21) for ramp in range(3)]
    for colour in (*HUES, *ramps):
        assert contrast(colour.light, LIGHT) >= 3.0, colour
        assert contrast(colour.dark, DARK) >= 3.0, colour


def test_a_ramp_only_ever_gets_lighter() -> None:
    for ramp in range(3):
        for theme in ("light", "dark"):
            shades = [getattr(shaded(s / 10, ramp).colour, theme) for s in range(11)]
            contrasts = [contrast(shade, "#000000") for shade in shades]
            assert contrasts == sorted(contrasts)
