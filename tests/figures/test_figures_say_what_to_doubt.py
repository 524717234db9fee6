"""A figure carries its verdict as fields, and whoever draws it shows them."""

import numpy as np

from labctl.data import Quality
from labctl.documents.spreadsheet import headings
from labctl.figures.cycling import HalfCycleCurve, differential_figure
from labctl.figures.figure import Figure, Series
from labctl.figures.spectra import Shown, spectra_figures
from labctl.report.html import Report, page

MAH = (1 / 3.6, "mAh")
FREQUENCY = np.logspace(5, -2, 71)


def half(rows: int) -> HalfCycleCurve:
    """Return a charge from 0.1 to 1.0 V in so many rows."""
    voltage = np.linspace(0.1, 1.0, rows)
    return HalfCycleCurve(3, voltage, 360.0 * voltage**2)


def two_arcs(drift: float = 0.0) -> Shown:
    """Return arcs of 20 Ω at 1 ms and 40 Ω at 0.1 s, and some drift from row to row."""
    omega = 2 * np.pi * FREQUENCY
    z = 5 + 20 / (1 + 1e-3j * omega) + 40 / (1 + 0.1j * omega)
    return Shown("at rest", FREQUENCY, z * (1 + drift * np.arange(71) / 71))


def test_rows_finer_than_the_grid_are_good_and_coarser_ones_are_suspect() -> None:
    fine = differential_figure([half(1000)], MAH).series[0]
    coarse = differential_figure([half(40)], MAH).series[0]

    assert (fine.quality, fine.reason) == (Quality.GOOD, "")
    assert coarse.quality is Quality.SUSPECT
    assert coarse.reason == "rows are 23 mV apart, the grid 10"


def test_page_and_csv_show_what_is_doubted() -> None:
    figure = differential_figure([half(40)], MAH)

    assert figure.doubts == ("cycle 3 charge: rows are 23 mV apart, the grid 10.",)
    assert figure.doubts[0] in page(Report("r", figures=[figure]))
    assert "suspect: rows are 23 mV apart" in headings(figure)[1]


def test_a_doubt_that_many_share_is_said_once() -> None:
    series = [
        Series(
            f"cycle {k}", np.ones(2), np.ones(2), quality=Quality.SUSPECT, reason="r"
        )
        for k in range(1, 8)
    ]
    figure = Figure("f", "F", "x / 1", "y / 1", series)

    assert figure.doubts == ("cycle 1, cycle 2, cycle 3, cycle 4 and 3 more: r.",)


def test_relaxation_times_find_both_arcs() -> None:
    figures = {f.name: f for f in spectra_figures([two_arcs()])}
    [found] = figures["relaxation_times"].series
    note = figures["relaxation_times"].note

    step = np.log(found.x[1] / found.x[0])
    slow = found.x > 0.01
    assert found.quality is Quality.GOOD
    # 1/(2πτ) is 159 Hz and 1.59 Hz, to within a point of the grid
    assert note.endswith(
        "Arcs of at rest: 20.1 ± 3.0 Ω at 150 Hz, 40.4 ± 3.6 Ω at 1.5 Hz."
    )
    # 12 points a decade: a top is found to within one of them
    assert 0.08 < found.x[np.argmax(found.y)] < 0.125
    assert abs(found.y[slow].sum() * step - 40) < 1
    assert abs(found.y[~slow].sum() * step - 20) < 1


def test_a_cell_that_drifts_has_suspect_residuals_and_relaxation_times() -> None:
    figures = {f.name: f for f in spectra_figures([two_arcs(drift=2.0)])}

    for name in ("kramers_kronig", "relaxation_times"):
        for series in figures[name].series:
            assert series.quality is Quality.SUSPECT
            assert "Kramers–Kronig residual" in series.reason


def test_a_csv_of_what_is_good_says_nothing() -> None:
    figure = differential_figure([half(1000)], MAH)

    assert "suspect" not in "".join(headings(figure))
