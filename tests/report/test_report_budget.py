"""The budget of a result says of each line how it is known and who shares it."""

from labctl.analysis.label import labelled
from labctl.analysis.uncertainty import Measured, known, mean_of
from labctl.data import Result
from labctl.drawing.accuracy_text import accuracy_text
from labctl.quantities import SI
from labctl.report.tables import Table, result_tables
from labctl.roles.accuracy import Accuracy
from labctl.roles.channel_accuracy import (
    ChannelAccuracy,
    MeterAccuracy,
    Origin,
    RangeAccuracy,
)
from labctl.sample import Sample


def budget_of(measured: Measured) -> Table:
    (found,) = result_tables({"mass": measured.to_result()})
    return found


def mass(**label: object) -> Measured:
    written = {"name": "a", "kind": "half_cell", "active_mass": 1e-6, **label}
    return labelled(Sample.model_validate(written, context=SI), "active_mass")


def test_what_is_assumed_is_told_from_what_the_label_states() -> None:
    assumed = budget_of(mass())
    stated = budget_of(mass(active_mass_uncertainty=2e-8))

    assert assumed.header[3:] == ("Type", "Known from", "Shared by all of")
    assert assumed.rows[0][0] == "Active mass (assumed)"
    assert assumed.rows[0][3:] == ("B", "assumed", "sample a")
    assert stated.rows[0][3:] == ("B", "stated", "sample a")


def test_scatter_is_type_a_and_of_its_run_alone() -> None:
    found = budget_of(mean_of([1.0, 1.1, 1.2], "voltage readings"))

    rows = {row[0]: tuple(row[3:]) for row in found.rows}
    assert rows["Voltage readings"] == ("A", "scatter", "this run")


def test_what_an_analysis_worked_out_itself_nobody_stated() -> None:
    found = budget_of(known(1.0, 0.1, "circuit fit"))

    assert found.rows[0][3:] == ("B", "worked out", "this run")


def test_no_term_has_more_digits_than_an_uncertainty_has() -> None:
    budget = {"gain": 0.0698763, "zero": 1.5257e-4}
    (found,) = result_tables({"x": Result(1.0, "V", 0.07, budget=budget)})

    assert [row[1] for row in found.rows] == ["0.070", "1.5 × 10⁻⁴"]


def test_an_older_file_lists_the_terms_alone() -> None:
    (found,) = result_tables({"x": Result(1.0, "V", 0.1, budget={"gain": 0.1})})

    assert found.rows == [("Gain", "0.10", "100.0 %", "", "", "")]


def test_a_reader_of_the_page_sees_who_states_the_limits_of_error() -> None:
    limits = (Accuracy(1e-3, 3e-6), Accuracy(1e-3, 3e-4))
    ranges = tuple(
        RangeAccuracy(code, full, own)
        for code, full, own in zip((7, 8), (1e-3, 1.0), limits, strict=True)
    )
    stated = ChannelAccuracy(current=MeterAccuracy(ranges, Origin.MEMORY))

    assert accuracy_text(stated) == (
        "current ±0.1 % of reading ±0.03 to 0.3 % of range (from memory, unverified)"
    )
    assert accuracy_text(None) == accuracy_text(ChannelAccuracy()) == ""
