"""Open circuit: OCV, number 100."""

from drivers.biologic.eclib.codes import Board
from drivers.biologic.eclib.tables import COMMON, Kind, Layout, TechniqueTable, labels

OCV = TechniqueTable(
    name="OCV",
    file="ocv",
    id=100,
    parameters={
        **labels("Rest_time_T Record_every_dE Record_every_dT", Kind.SINGLE),
        **{k: v for k, v in COMMON.items() if k != "I_Range"},
    },
    layouts={
        (Board.ESSENTIAL, 0): Layout.parse("t_high# t_low# Ewe Ece"),
        (Board.PREMIUM, 0): Layout.parse("t_high# t_low# Ewe"),
    },
    shortened_by="Rest_time_T",
)
