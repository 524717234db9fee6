"""Figures as a journal takes them: widths, fonts inside, doubts marked."""

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

import labctl
from labctl.drawing.palette import HUES
from labctl.errors import OperatorError
from labctl.figures.figure import Figure, Series
from labctl.notebook.figures import PaperFigure

X = np.arange(1.0, 6.0)


def capacity(*, suspect: bool = False) -> PaperFigure:
    first = Series("charge", X, 3350 - X, error=np.full(5, 2.0), points=True)
    doubted = first.doubted("the balance drifted" if suspect else "")
    right = Series("efficiency", X, 99 + 0.1 * X, points=True, right=True)
    return PaperFigure(
        Figure(
            "capacity",
            "Capacity against cycle",
            "Cycle",
            "Capacity / mAh/g",
            (doubted, right),
            right_label="Efficiency / %",
            note="At C/2.",
        )
    )


def plain(label: str) -> str:
    """Return a number without what sets it in Matplotlib's mathematics."""
    return re.sub(r"\$\\mathdefault\{(.*)\}\$", r"\1", label)


@pytest.mark.parametrize(
    ("width", "millimetres"), [("single", 85), ("double", 180), (89, 89)]
)
def test_a_figure_is_as_wide_as_the_column(
    width: str | float, millimetres: float
) -> None:
    page = capacity().mpl(width=width)

    assert page.get_size_inches()[0] * 25.4 == pytest.approx(millimetres)


def test_a_pdf_has_its_fonts_inside_as_outlines_of_true_type(tmp_path: Path) -> None:
    text = capacity().save(tmp_path / "c.pdf").read_bytes()

    assert b"/FontFile2" in text  # TrueType, Type 42
    assert b"/Type3" not in text
    assert b"/Subtype /Image" not in text


def test_a_tiff_has_six_hundred_dots_an_inch(tmp_path: Path) -> None:
    with Image.open(capacity().save(tmp_path / "c.tiff")) as image:
        assert image.info["dpi"] == pytest.approx((600, 600))
        assert image.width == pytest.approx(85 / 25.4 * 600, abs=1)


def test_a_changed_figure_still_saves_with_its_fonts(tmp_path: Path) -> None:
    page = capacity().mpl()
    page.axes[0].set_ylim(3000, 3500)
    page.savefig(tmp_path / "c.pdf")

    assert b"/FontFile2" in (tmp_path / "c.pdf").read_bytes()


def test_curves_have_the_colours_of_the_report_and_both_axes_their_units() -> None:
    left, right = capacity().mpl().axes

    assert to_hex(left.lines[0].get_color()) == HUES[0].light
    assert left.get_ylabel() == "Capacity / mAh/g"
    assert right.get_ylabel() == "Efficiency / %"
    assert right.lines[0].get_markerfacecolor() == "white"
    assert left.containers  # error bars


def test_what_is_suspect_has_a_dagger_and_its_reason_in_the_caption() -> None:
    figure = capacity(suspect=True)
    legend = figure.mpl().legends[0]

    assert legend.get_texts()[0].get_text() == "charge †"
    assert figure.caption == (
        "Capacity against cycle. At C/2. charge: the balance drifted."
    )


def test_a_lone_suspect_curve_is_named_so_that_the_dagger_has_a_place() -> None:
    series = Series("fit", X, X).doubted("too few points")
    figure = PaperFigure(Figure("f", "Fit", "x / s", "y / V", (series,)))

    assert figure.mpl().legends[0].get_texts()[0].get_text() == "fit †"


def test_cycles_are_counted_in_whole_numbers() -> None:
    n = np.arange(1.0, 14.0)
    right = Series("efficiency", n, n, points=True, right=True)
    series = (Series("charge", n, n, points=True), right)
    page = PaperFigure(Figure("c", "Capacity", "Cycle", "Q / C", series)).mpl()
    page.savefig(io.BytesIO())
    ticks = [plain(text.get_text()) for text in page.axes[0].get_xticklabels()]

    assert ticks
    assert all(re.fullmatch(r"\d+", text) for text in ticks if text)


def test_one_cycle_stands_at_its_number() -> None:
    one = Series("charge", np.ones(1), np.full(1, 3350.0), points=True)
    axes = PaperFigure(Figure("c", "Capacity", "Cycle", "mAh/g", (one,))).mpl().axes[0]

    low, high = axes.get_xlim()
    assert [at for at in axes.get_xticks() if low <= at <= high] == [1.0]


def test_an_ohm_is_as_long_in_x_as_in_y() -> None:
    arc = Series("spectrum 1", X, X / 3, points=True)
    figure = Figure("n", "Nyquist", "Re Z / Ω", "−Im Z / Ω", (arc,), equal_scale=True)

    assert PaperFigure(figure).mpl().axes[0].get_aspect() == 1.0


def test_a_figure_of_nothing_says_so() -> None:
    empty = Figure("n", "Nothing", "x", "y", (Series("a", X, np.full(5, np.nan)),))

    assert PaperFigure(empty).mpl().axes[0].texts[0].get_text() == "No data"


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda f, _: f.mpl(width="wide"), "single, middle, double"),
        (lambda f, _: f.mpl(width=2.0), "10 to 1000 mm"),
        (lambda f, path: f.save(path / "c.docx"), r"\.pdf, \.eps"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    act: Callable[[PaperFigure, Path], object], says: str, tmp_path: Path
) -> None:
    with pytest.raises(OperatorError, match=says):
        act(capacity(), tmp_path)


def test_figures_of_a_run_are_those_of_its_report(formation: Path) -> None:
    figures = labctl.open_run(formation).figures

    assert {"capacity", "voltage_capacity", "dq_dv"} <= set(figures)
    assert figures.why == ""
    run = labctl.open_run(formation)
    assert run.figures is run.figures  # worked out once, GITT takes seconds
    assert figures["voltage_capacity"]._repr_png_().startswith(b"\x89PNG")


def test_without_matplotlib_the_line_that_installs_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(OperatorError, match="pip install matplotlib"):
        capacity().mpl()


def test_a_long_legend_makes_the_figure_taller_and_leaves_the_plot_its_room() -> None:
    def tall(count: int) -> float:
        series = tuple(Series(f"a rather long name {n}", X, X) for n in range(count))
        page = PaperFigure(Figure("f", "Many", "x / s", "y / V", series)).mpl()
        page.savefig(io.BytesIO())
        return float(page.axes[0].get_window_extent().height)

    assert tall(12) == pytest.approx(tall(2), rel=0.15)


def test_a_short_logarithmic_axis_has_plain_numbers() -> None:
    size = Series("|Z|", X, np.linspace(11.0, 19.0, 5))
    page = PaperFigure(Figure("b", "Bode", "f / Hz", "|Z| / Ω", (size,), y_log=True))
    drawn = page.mpl()
    drawn.savefig(io.BytesIO())
    labels = drawn.axes[0].get_yticklabels(which="minor")

    assert [plain(text.get_text()) for text in labels] == [
        *("10", "12", "14", "16", "18", "20")
    ]


def test_a_flat_spectrum_has_a_flat_figure_with_zero_at_its_foot() -> None:
    arc = Series("spectrum 1", X, X / 10, points=True)
    figure = Figure("n", "Nyquist", "Re Z / Ω", "−Im Z / Ω", (arc,), equal_scale=True)
    page = PaperFigure(figure).mpl()
    low, _ = page.axes[0].get_ylim()

    assert page.get_size_inches()[1] < 0.6 * page.get_size_inches()[0]
    assert -0.2 < low < 0
