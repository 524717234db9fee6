"""Jumps between loaded techniques: LOOP, number 150."""

from drivers.biologic.eclib.tables import Kind, TechniqueTable, labels

LOOP = TechniqueTable(
    name="LOOP",
    file="loop",
    id=150,
    parameters=labels("loop_N_times protocol_number", Kind.INT),
    layouts={},
)
"""``loop_N_times`` counts jumps back (passes − 1, −1 endless); ``protocol_number`` is
the index among the loaded techniques, from 0."""
