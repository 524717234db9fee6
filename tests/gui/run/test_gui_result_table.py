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


def test_which_temperature_a_result_is_of_can_be_read(qtbot: QtBot) -> None:
    table = ResultTable()
    qtbot.addWidget(table)
    table.resize(800, 400)
    table.show()

    table.show_results(
        {
            "charge_transfer_activation_energy": Result(50.7, "kJ/mol", 5.7),
            "charge_transfer_resistance_at_45_celsius": Result(0.26, "Ω", 0.28),
            "diffusivity_delithiation_at_25_celsius": Result(1.3e-15, "m²/s", 3e-16),
        }
    )

    view = table.table
    for row in range(3):
        for column in (1, 2):
            index = view.rows.index(row, column)
            needed = view.sizeHintForIndex(index).width()
            assert needed <= view.columnWidth(column), index.data()
