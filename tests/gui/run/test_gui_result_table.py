"""The table of results: names as they are spoken, and what its signs mean."""

from pytestqt.qtbot import QtBot

from gui.run.run_tables import ResultTable
from labctl.data import Result


def test_the_sign_of_an_uncertainty_is_explained_where_one_is_shown(
    qtbot: QtBot,
) -> None:
    table = ResultTable()
    qtbot.addWidget(table)

    table.show_results({"steps": Result(5.0, "")})
    assert table.meaning.isHidden()
    table.show_results({"retention_at_C_2": Result(99.7, "%", 0.2)})
    assert not table.meaning.isHidden()
    assert [row.name for row in table.table.rows.rows] == ["Retention at C/2"]
