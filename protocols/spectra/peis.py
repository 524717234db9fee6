"""Potentiostatic impedance at one or several states of the cell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from labctl.analysis.temperature.law import Kind, Law
from labctl.columns import CYCLES, EIS, TIMESERIES
from labctl.data import Result, Stream
from labctl.errors import Complaint, Place, QuantityError
from labctl.figures.figure import Figure, Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, RecordedRun, Step
from labctl.quantities import Magnitude, Rate, Second, Volt
from labctl.sample import Sample
from labctl.steps.channel import RunTechniques
from labctl.techniques import (
    ConstantCurrent,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
)
from protocols.cells.cell_protocol import CYCLING_PLOTS, CellProtocol
from protocols.cells.half_cycles import voltage_limit
from protocols.spectra.spectra import (
    SpectraParameters,
    seconds_of,
    seconds_to_state,
    spectrum_complaints,
)

if TYPE_CHECKING:
    from protocols.spectra.recorded_spectra import RecordedSpectrum

NYQUIST = Plot(
    "nyquist",
    "Impedance",
    "eis",
    "real_impedance_ohm",
    ("minus_imaginary_impedance_ohm",),
    points=True,
)
AC_CURRENT = 0.02
"""A that a sine may add to the envelope."""


class PeisParameters(SpectraParameters):
    """Where and how spectra at rest are taken."""

    amplitude: Annotated[Volt, Field(gt=0, le=0.1)] = 0.01
    """Peak of the sine; the cell's answer is straight up to about 10 mV."""
    approach_rate: Magnitude = Rate(0.1, "C")
    """Current on the way from one state to the next."""
    settle: Annotated[Second, Field(ge=0)] = 3600.0
    """Rest at open circuit before each spectrum."""


class Peis(CellProtocol):
    """See the module."""

    name = "peis"
    title = "Impedance at rest, at chosen states"
    view = "Impedance"
    parameters_model = PeisParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, EIS, CYCLES)
    plots: ClassVar[tuple[Plot, ...]] = (NYQUIST, *CYCLING_PLOTS)
    laws: ClassVar[tuple[Law, ...]] = (
        Law(
            "charge_transfer_resistance",
            "activation_energy",
            Kind.RESISTANCE,
        ),
        Law("series_resistance", "series_activation_energy", Kind.RESISTANCE),
    )
    parameters: PeisParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, PeisParameters)  # noqa: S101
        self.parameters = parameters

    def check(self) -> list[Complaint]:
        """See `CellProtocol.check`; frequencies fall, states rise and need a charge."""
        p = self.parameters
        complaints = [*super().check(), *spectrum_complaints(p)]
        if p.states and not p.capacity and not p.formation_cycles:
            try:
                known = self.one_c()
            except QuantityError:
                known = None
            if not known:
                complaints.append(
                    Complaint(
                        ("parameters", "states"),
                        "are parts of a capacity that nobody states.",
                        "Run formation, give `capacity`, or say what 1C is.",
                    )
                )
        return complaints

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return the rate between states."""
        if self.parameters.states:
            yield ("approach_rate",), self.parameters.approach_rate

    def envelope(self) -> Envelope:
        """Allow the sine's current on top."""
        envelope = super().envelope()
        low, high = envelope.bounds.get("current_ampere", (0.0, 0.0))
        wider = {"current_ampere": (low - AC_CURRENT, high + AC_CURRENT)}
        return Envelope({**envelope.bounds, **wider}, envelope.eased)

    def duration(self) -> float:
        """Allow formation, the way through the states, rests and spectra."""
        p, formation = self.parameters, self.formation_window()
        slow = p.formation_cycles * 2 * (3600.0 / formation.rate + p.rest)
        each = p.settle + seconds_of(self._spectrum())
        if not p.states:
            return slow + each
        way = max(p.states) * 3600.0 / self.window(p.approach_rate).rate
        return slow + way + len(p.states) * each

    def again(self, step: Step) -> Step | None:
        """See `CellProtocol.again`: the cell is at its state already."""
        kept = super().again(step)
        if not isinstance(kept, RunTechniques) or not self.parameters.states:
            return kept
        first, *others = kept.techniques
        way = isinstance(first, ConstantCurrent)
        return replace(kept, techniques=tuple(others)) if way else kept

    def check_again(self) -> list[Complaint]:
        """See `Protocol.check_again`: nobody brings the cell back to a state."""
        if len(self.parameters.states) <= 1:
            return []
        what = "at several temperatures there is one state: the cell goes one way."
        cure = "Keep one, and start a run for each other state."
        return [Complaint(("parameters", "states"), what, cure)]

    def plan(self) -> Plan:
        """Yield formation; then for each state the way, a rest and a spectrum."""
        p, first = self.parameters, self.sample.first_step
        yield self.ability(impedance=True)
        formed = yield from self.formation()
        capacity = p.capacity or formed
        reached = 0.0
        for number, state in enumerate(p.states or (None,)):
            techniques: list[Technique] = []
            label = "spectrum"
            if state is not None:
                current = first.sign * abs(self.current(p.approach_rate))
                techniques.append(
                    ConstantCurrent(
                        current,
                        seconds_to_state(state, reached, capacity, current),
                        (voltage_limit(self.window(p.approach_rate), first.sign),),
                        self.window(p.approach_rate).record,
                    )
                )
                label = f"{first} to {100 * state:g} %, spectrum"
                reached = state
            if p.settle:
                techniques.append(OpenCircuit(p.settle, Recording(every_s=60.0)))
            yield RunTechniques(
                label=label,
                cycle=p.formation_cycles + 1,
                half_cycle=2 * p.formation_cycles,
                techniques=(*techniques, self._spectrum()),
                spectrum_id=number,
            )

    def _spectrum(self) -> Spectrum:
        p = self.parameters
        return Spectrum(
            galvanostatic=False,
            bias=0.0,
            amplitude=p.amplitude,
            first_frequency=p.first_frequency,
            last_frequency=p.last_frequency,
            points_per_decade=p.points_per_decade,
            averages=p.averages,
            wait_periods=p.wait_periods,
            versus_initial=True,
        )

    def spectra(self, run: RecordedRun) -> "tuple[RecordedSpectrum, ...]":
        """Return the spectra of a run."""
        from protocols.spectra.recorded_spectra import (  # noqa: PLC0415  (start-up time)
            capacity_of,
            spectra_of,
        )

        p = self.parameters
        nominal = 3600.0 * (self.one_c() or 1.0 / 3600.0)
        capacity = p.capacity or capacity_of(run, p.formation_cycles, nominal)
        return spectra_of(run, {}, capacity)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return R_ct with a row for each spectrum; what formation says."""
        from protocols.cells.cycling_results import (  # noqa: PLC0415  (start-up time)
            formation_results,
        )
        from protocols.spectra import spectra_results as found_by  # noqa: PLC0415

        formation = formation_results(run, self.parameters.formation_cycles)
        found = found_by.judged_of(run, self.spectra(run))
        return {
            "charge_transfer_resistance": found_by.resistance_result(found),
            "exchange_current": found_by.exchange_result(found),
            "relaxation_peak_resistance": found_by.relaxation_result(found),
            "series_resistance": found_by.series_result(found),
            **formation,
        }

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Nyquist, Bode and Kramers–Kronig, shaded by state."""
        from protocols.spectra.spectra_results import (  # noqa: PLC0415  (start-up time)
            spectra_figures,
        )

        return spectra_figures(self.spectra(run))
