"""What a title of a Battery Data Format table, or of labctl's exports, means.

Terms are those of the ontology 1.3.0 (preferred label and machine name), its deprecated
labels, those of the released 0.1.0, and labctl's own columns for what the format has
no term for. A title that is none of them is not taken.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labctl.columns import CYCLES, EIS, FURTHER, MINUS_IMAGINARY_IMPEDANCE, TIMESERIES


@dataclass(frozen=True, slots=True)
class Term:
    """One quantity in labctl's unit."""

    name: str
    factor: float = 1.0
    """What one of the title's unit is in labctl's."""


_PLAIN: Mapping[str, str] = {
    "Test Time / s": "test_time_second",
    "Voltage / V": "voltage_volt",
    "Current / A": "current_ampere",
    "Unix Time / s": "unix_time_second",
    "Cycle Count / 1": "cycle_count",
    "Step Count / 1": "step_count",
    "Ambient Temperature / degC": "ambient_temperature_celsius",
    "Step ID": "step_id",
    "Step Record Index / 1": "step_record_index",
    "Step Time / s": "step_time_second",
    "Record Index / 1": "record_index",
    "Power / W": "power_watt",
    "Internal Resistance / ohm": "internal_resistance_ohm",
    "DC Internal Resistance / ohm": "dc_internal_resistance_ohm",
    "AC Internal Resistance / ohm": "ac_internal_resistance_ohm",
    "Frequency / Hz": "frequency_hertz",
    "Real Impedance / ohm": "real_impedance_ohm",
    "Imaginary Impedance / ohm": "imaginary_impedance_ohm",
    "Absolute Impedance / ohm": "absolute_impedance_ohm",
    "Phase / deg": "phase_degree",
    "Surface Temperature / degC": "surface_temperature_celsius",
    "Ambient Pressure / Pa": "ambient_pressure_pa",
    "Applied Pressure / Pa": "applied_pressure_pa",
    "Surface Pressure / Pa": "surface_pressure_pa",
}
_DEPRECATED: Mapping[str, Term] = {
    "Test Time / ms": Term("test_time_second", 1e-3),
    "Unix Time / ms": Term("unix_time_second", 1e-3),
    "Step Capacity / Ah": Term("step_cumulative_capacity_ah"),
    "Step Energy / Wh": Term("step_cumulative_energy_wh"),
    "step_capacity_ah": Term("step_cumulative_capacity_ah"),
    "step_energy_wh": Term("step_cumulative_energy_wh"),
}
AMBIGUOUS = ("Step Index / 1", "step_index")
"""In 0.1.0 the vendor's program step, in 1.3.0 deprecated for the record's number in
its step: never taken for either."""


def _terms() -> Iterator[tuple[str, Term]]:
    yield from ((label, Term(name)) for label, name in _PLAIN.items())
    for k in range(1, 6):
        for label in ("Temperature", "Surface Temperature"):
            yield f"{label} T{k} / degC", Term(f"temperature_t{k}_celsius")
    for scope in ("", "step", "cycle", "schedule"):
        for sense in ("charging", "discharging", "net", "cumulative"):
            for name, label in (
                ("capacity_ah", "Capacity / Ah"),
                ("energy_wh", "Energy / Wh"),
            ):
                words = [word for word in (scope, sense) if word]
                title = " ".join(word.title() for word in words)
                yield f"{title} {label}", Term("_".join((*words, name)))
    for column in (*TIMESERIES.columns, *EIS.columns, *CYCLES.columns, *FURTHER):
        yield column.long_name, Term(column.name)


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


_LABELS: Mapping[str, Term] = {_plain(label): term for label, term in _terms()}
_NAMES = frozenset(term.name for term in _LABELS.values())
_OLD: Mapping[str, Term] = {_plain(label): term for label, term in _DEPRECATED.items()}
LEFT_OUT = frozenset({MINUS_IMAGINARY_IMPEDANCE.name})
"""Says again what another column says."""


def term_of(title: str) -> Term | None:
    """Return what a title means; None: it is no term, or has two meanings.

    Case and the number of blanks do not matter; the unit does.
    """
    plain = _plain(title)
    if title.strip() in _NAMES:
        return Term(title.strip())
    return _LABELS.get(plain) or _OLD.get(plain)


def is_known(name: str) -> bool:
    """Tell whether a machine name is a term."""
    return name in _NAMES
