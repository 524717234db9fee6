"""From labctl's techniques to the linked techniques of a settings file.

Neighbours that carry direct current share one Modulo Bat, so that EC-Lab goes from one
to the next by itself; a spectrum stands between two of them. A charge limit of a
constant current becomes its duration. Loops work within one Modulo Bat.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.ec_lab.numbers import (
    AMPERES,
    RATES,
    SECONDS,
    VOLTS,
    Units,
    range_name,
    written,
)
from drivers.ec_lab.options import Options
from drivers.ec_lab.settings_file import (
    GEIS,
    MODULO_BAT,
    MODULO_BAT_KEYS,
    MOST_LIMITS,
    PEIS,
    STOP,
    LinkedTechnique,
    settings_text,
)
from drivers.ec_lab.spectrum import ONCE, spectrum_cells
from drivers.margins import Margins
from drivers.submitted.draft import Draft, interval_of, rests
from drivers.submitted.program import Compiled
from labctl.limits import exceeds
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
    VoltageSweep,
    voltages_of,
)

MOST_LINKED = 20
"""Techniques that EC-Lab links."""
MOST_SEQUENCES = 200
"""Columns of one Modulo Bat; EC-Lab's own limit is not known, and more is no plan."""
SPANS = (2.5, 5.0, 10.0)
"""V; symmetric ranges of voltage."""
AUTO = "Auto"
LIMITS = {
    ConditionQuantity.VOLTAGE: ("Ewe", VOLTS),
    ConditionQuantity.CURRENT: ("I", AMPERES),
    ConditionQuantity.ABSOLUTE_CURRENT: ("|I|", AMPERES),
}
"""What a sequence can test by itself."""


def compile_program(
    techniques: Sequence[Technique], place: str, options: Options, margins: Margins
) -> Compiled:
    """Return the file. RefusedError carries all that EC-Lab is not told.

    Its token says where each sequence belongs (``places``: for each linked technique,
    sequence -> index of the technique) and which of them are ``spectra``.
    """
    draft = _Compilation(place, techniques, options=options)
    draft.choose_span(margins)
    for index, technique in enumerate(techniques):
        try:
            draft.add(index, technique)
        except ValueError as error:
            draft.complain(index, f"{error}.")
    draft.check_durations()
    draft.check_loops()
    draft.check_currents(options.max_current, "max_current")
    draft.check_sizes()
    draft.refuse()
    text = settings_text(
        [LinkedTechnique(s.name, tuple(s.columns)) for s in draft.segments],
        margins,
        (-draft.span, draft.span),
        place,
        options.decimal,
    )
    protected = options.protection_confirmed and margins.complete
    return Compiled(
        text.encode("cp1252"),
        tuple(draft.host),
        tuple(draft.summary),
        () if protected else draft.kinds_that_drive(),
        {
            "places": [list(s.places) for s in draft.segments],
            "spectra": [s.name != MODULO_BAT for s in draft.segments],
        },
    )


@dataclass(slots=True)
class _Segment:
    """One linked technique while it is filled."""

    name: str
    columns: list[dict[str, str]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    first_of: dict[int, int] = field(default_factory=dict)
    """labctl's index -> its first sequence."""


@dataclass(slots=True)
class _Compilation(Draft):
    """A settings file while it is compiled."""

    options: Options = field(default_factory=Options)
    segments: list[_Segment] = field(default_factory=list)
    span: float = SPANS[-1]

    def choose_span(self, margins: Margins) -> None:
        """Take the smallest range of voltage that holds levels, limits and bounds."""
        volts = [abs(v) for t in self.techniques for v in voltages_of(t)]
        volts += [abs(v) for v in margins.voltage]
        for technique in self.techniques:
            volts += [
                abs(c.value)
                for c in getattr(technique, "until", ())
                if c.quantity is ConditionQuantity.VOLTAGE
            ]
        for index, technique in enumerate(self.techniques):
            for volt in voltages_of(technique):
                if exceeds(abs(volt), SPANS[-1]):
                    self.complain(
                        index,
                        f"{volt:g} V is beyond ±{SPANS[-1]:g} V.",
                        "Lower it.",
                        volt,
                        SPANS[-1],
                        "V",
                    )
        most = max(volts, default=SPANS[-1])
        self.span = next((s for s in SPANS if s >= most), SPANS[-1])

    def add(self, index: int, technique: Technique) -> None:
        """Add one technique. ValueError: a number cannot be written."""
        if isinstance(technique, Spectrum):
            self._spectrum(index, technique)
        elif isinstance(technique, Loop):
            self._loop(index, technique)
        elif isinstance(technique, VoltageSweep):
            self._sweep(index, technique)
        elif isinstance(technique, ConstantVoltage):
            self._voltage(index, technique)
        elif rests(technique):
            assert isinstance(technique, OpenCircuit | ConstantCurrent)  # noqa: S101
            cells = self._column(index, "Rest")
            self._limit(index, cells, technique.until, technique.duration)
            _record(cells, technique.record)
        elif isinstance(technique, ConstantCurrent):
            self._current(index, technique)
        else:
            self.complain(
                index,
                "EC-Lab is not told to do this.",
                "Take a channel that can (labctl check names them), or leave it out.",
            )

    def check_sizes(self) -> None:
        """Refuse more techniques or sequences than EC-Lab takes."""
        last = len(self.techniques) - 1
        if len(self.segments) > MOST_LINKED:
            self.complain(
                last, f"EC-Lab links {MOST_LINKED} techniques, not {len(self.segments)}"
            )
        if any(len(s.columns) > MOST_SEQUENCES for s in self.segments):
            self.complain(last, f"more than {MOST_SEQUENCES} sequences; use loops.")

    # ---- direct current

    def _current(self, index: int, technique: ConstantCurrent) -> None:
        cells, duration, others = self._column(index, "CC"), technique.duration, []
        for condition in technique.until:
            rule = (condition.quantity, condition.comparison)
            by_charge = rule == (ConditionQuantity.CHARGE, Comparison.AT_LEAST)
            if by_charge and not condition.ends_all:
                duration = min(duration, condition.value / abs(technique.current))
            else:
                others.append(condition)
        _put(cells, "ctrl1_val", technique.current, AMPERES)
        cells["ctrl1_val_vs"] = "<None>"
        cells["I Range"] = self._range(index, abs(technique.current))
        self._limit(index, cells, others, duration)
        _record(cells, technique.record, technique.current)

    def _voltage(self, index: int, technique: ConstantVoltage) -> None:
        cells = self._column(index, "CV")
        before = self.techniques[index - 1] if index else None
        expected = technique.max_current
        if expected is None and isinstance(before, ConstantCurrent):
            expected = abs(before.current) or None
        cells["current/potential"] = "potential"
        _put(cells, "ctrl1_val", technique.voltage, VOLTS)
        cells["ctrl1_val_vs"] = "Emeas" if technique.versus_initial else "Ref"
        cells["I Range"] = AUTO if expected is None else self._range(index, expected)
        self._limit(index, cells, technique.until, technique.duration)
        _record(cells, technique.record)

    def _sweep(self, index: int, technique: VoltageSweep) -> None:
        start, *inner, end = technique.vertices
        way = [start, *inner * technique.cycles, end]
        if technique.cycles > 1 and not inner:
            self.complain(index, "a sweep without a turning point has one cycle.")
        if not technique.scan_rate > 0.0:
            self.complain(index, f"a scan rate of {technique.scan_rate:g} V/s.")
            return
        expected = technique.max_current
        behind = len(self._segment(index, MODULO_BAT).columns) + len(way) - 1
        for a, b in itertools.pairwise(way):
            cells = self._column(index, "VS")
            cells["current/potential"] = "potential"
            _put(cells, "ctrl1_val", technique.scan_rate, RATES)
            for key, volt in (("ctrl2_val", a), ("ctrl3_val", b)):
                _put(cells, key, volt, VOLTS)
                cells[f"{key}_vs"] = "Ref"
            cells["I Range"] = (
                AUTO if expected is None else self._range(index, expected)
            )
            self._limit(index, cells, technique.until, None, behind)
            _record(cells, technique.record)
        self.host = list(dict.fromkeys(self.host))

    def _loop(self, index: int, technique: Loop) -> None:
        segment = self.segments[-1] if self.segments else None
        if segment is None or technique.back_to not in segment.first_of:
            if 0 <= technique.back_to < index:
                self.complain(
                    index,
                    "a spectrum stands within it; EC-Lab repeats neither by itself.",
                    "Let the protocol repeat it, step by step.",
                )
            return
        cells = self._column(index, "Loop")
        cells["ctrl_seq"] = str(segment.first_of[technique.back_to])
        cells["ctrl_repeat"] = str(technique.passes - 1)

    def _segment(self, index: int, name: str) -> _Segment:
        """Return the linked technique for the next sequence, a new one if need be."""
        if not self.segments or name != MODULO_BAT or self.segments[-1].name != name:
            self.segments.append(_Segment(name))
        self.segments[-1].first_of.setdefault(index, len(self.segments[-1].columns))
        return self.segments[-1]

    def _column(self, index: int, kind: str) -> dict[str, str]:
        segment = self._segment(index, MODULO_BAT)
        cells = dict(MODULO_BAT_KEYS)
        cells["Ns"], cells["ctrl_type"] = str(len(segment.columns)), kind
        cells["E range min (V)"] = f"{-self.span:.3f}"
        cells["E range max (V)"] = f"{self.span:.3f}"
        cells["Bandwidth"] = str(self.options.bandwidth)
        segment.columns.append(cells)
        segment.places.append(index)
        return cells

    def _limit(
        self,
        index: int,
        cells: dict[str, str],
        conditions: Sequence[Condition],
        duration: float | None,
        behind: int | None = None,
    ) -> None:
        """Write the limits of one sequence; what finds no room goes to the host.

        ``behind`` is the sequence that follows the technique, where that is another
        than the next.
        """
        count = 0
        after = str(int(cells["Ns"]) + 1)
        if duration is not None:
            count = 1
            _limit(cells, 1, "Time", ">", duration, SECONDS)
            cells["lim1_action"], cells["lim1_seq"] = "Next sequence", after
        left = []
        for condition in conditions:
            known = LIMITS.get(condition.quantity)
            if known is None or count == MOST_LIMITS:
                left.append(condition)
                continue
            count += 1
            least = condition.comparison is Comparison.AT_LEAST
            sign = ">" if least else "<"
            _limit(cells, count, known[0], sign, condition.value, known[1])
            action = ("Next sequence", after)
            if condition.ends_all:
                action = ("Stop", STOP)
            elif behind is not None:
                action = ("Goto sequence", str(behind))
            cells[f"lim{count}_action"], cells[f"lim{count}_seq"] = action
            said = f"{known[0]} {sign} {condition.value:g}"
            self.summary.append((f"technique {index}", f"ends at {said}"))
        cells["lim_nb"] = str(count)
        self.leave_to_host(index, left)

    # ---- spectra

    def _spectrum(self, index: int, technique: Spectrum) -> None:
        options = self.options
        if not options.impedance:
            self.complain(
                index,
                "this channel has no impedance board (impedance in the options).",
                "Choose a channel with one, or leave EIS out.",
            )
        low, high = options.frequencies
        for frequency in (technique.first_frequency, technique.last_frequency):
            if not low <= frequency <= high:
                self.complain(
                    index,
                    f"{frequency:g} Hz is beyond {low:g} … {high:g} Hz (frequencies in "
                    "the options).",
                    "Move it inside.",
                    frequency,
                    high if frequency > high else low,
                    "Hz",
                )
                return
        before = self.techniques[index - 1] if index else None
        cells = spectrum_cells(technique, before)
        cells["E range min (V)"] = f"{-self.span:.3f}"
        cells["E range max (V)"] = f"{self.span:.3f}"
        galvanostatic = technique.galvanostatic
        need = abs(technique.bias) + 2.0 * technique.amplitude
        cells["I Range"] = self._range(index, need) if galvanostatic else AUTO
        cells |= {"Bandwidth": str(options.bandwidth), **ONCE}
        segment = self._segment(index, GEIS if galvanostatic else PEIS)
        segment.columns.append(cells)
        segment.places.append(index)
        self.leave_to_host(index, technique.until)

    def _range(self, index: int, current: float) -> str:
        fitting = [s for s in self.options.current_ranges if s >= current * (1 - 1e-9)]
        if not fitting:
            largest = max(self.options.current_ranges)
            self.complain(
                index,
                f"{current:g} A is beyond the largest range, {largest:g} A "
                "(current_ranges in the options).",
                "Lower it.",
                current,
                largest,
                "A",
            )
            return AUTO
        return range_name(min(fitting))


def _put(cells: dict[str, str], key: str, value: float, units: Units) -> None:
    cells[key], cells[f"{key}_unit"] = written(value, units)


def _limit(
    cells: dict[str, str], number: int, kind: str, sign: str, value: float, units: Units
) -> None:
    cells[f"lim{number}_type"], cells[f"lim{number}_comp"] = kind, sign
    cells[f"lim{number}_Q"] = "Q limit"
    _put(cells, f"lim{number}_value", value, units)


def _record(cells: dict[str, str], record: Recording, current: float = 0.0) -> None:
    count = 0
    for kind, value, units in (
        ("Time", interval_of(record, current), SECONDS),
        ("Ewe", record.every_volt, VOLTS),
        ("I", record.every_ampere, AMPERES),
    ):
        if value is None:
            continue
        count += 1
        cells[f"rec{count}_type"] = kind
        _put(cells, f"rec{count}_value", value, units)
    cells["rec_nb"] = str(count)
