"""Impedance while a direct current flows through a formed cell.

The current of 1C, 3C … fills the cell (lithiates an anode half cell) and goes on
through every spectrum: current to a state, a galvanostatic spectrum around the same
current, on to the next state, all in one upload. A second channel of the instrument
records the cell's voltage meanwhile, on the same time axis.

A frequency whose period is long against the change of the cell is left out: 12/f_min
seconds, which a spectrum takes about, must be under 1 % of what 1C moves in an hour.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from labctl.analysis.uncertainty import Measured, estimated
from labctl.columns import CYCLES, EIS, MONITOR, TIMESERIES
from labctl.data import Quality, Result, Stream
from labctl.errors import Complaint, Place, QuantityError
from labctl.figures.figure import Figure, Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import Ampere, Fraction, Magnitude, Rate, Second
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.sample import Sample
from labctl.steps.channel import RunTechniques
from labctl.techniques import ConstantCurrent, OpenCircuit, Recording, Spectrum
from labctl.verdicts.spectra import CHANNELS_AGREE, STATES_REACHED
from protocols.cells.cell_protocol import CYCLING_PLOTS, CellProtocol
from protocols.cells.cycling_results import formation_results
from protocols.cells.half_cycles import VoltageWindow, half_cycle, voltage_limit
from protocols.spectra.peis import NYQUIST
from protocols.spectra.recorded_spectra import (
    RecordedSpectrum,
    at_one_time,
    capacity_of,
    spectra_of,
)
from protocols.spectra.spectra import (
    SpectraParameters,
    rate_word,
    seconds_of,
    seconds_to_state,
    spectrum_complaints,
)
from protocols.spectra.spectra_results import (
    SLOW,
    exchange_result,
    judged_of,
    relaxation_result,
    resistance_result,
    spectra_figures,
)

AC_SHARE = 0.01
"""Amplitude as a part of the direct current, where `amplitude` does not say more."""
REFERENCE_STATE = 0.5
"""The headline is the spectrum nearest to this state."""
MEDIAN = math.sqrt(math.pi / 2)
"""Standard error of a median over that of a mean, for normal scatter."""
MONITOR_PLOT = Plot(
    "second_channel",
    "Channel 2",
    "monitor",
    "test_time_second",
    ("voltage_volt",),
)


class InsituEisParameters(SpectraParameters):
    """Which currents, where, how fast."""

    dc_rates: Annotated[tuple[Magnitude, ...], Field(min_length=1, max_length=20)] = (
        Rate(1.0, "C"),
        Rate(3.0, "C"),
    )
    """Direct currents that flow during the spectra, one half cycle each."""
    states: Annotated[
        tuple[Annotated[Fraction, Field(gt=0, lt=1)], ...],
        Field(min_length=1, max_length=9),
    ] = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    """Parts of the capacity at which spectra begin, in the opening direction."""
    amplitude: Annotated[Ampere, Field(gt=0)] = 1e-5
    """Least peak of the sine; a hundredth of the direct current where that is more."""
    most_change: Annotated[Fraction, Field(gt=0, le=0.2)] = 0.01
    """Part of what 1C moves in an hour that 12 periods of the lowest frequency may
    take; lower frequencies are left out."""
    return_rate: Magnitude = Rate(0.2, "C")
    """Current of the half cycle back, to a defined start of the next current."""
    drift_correction: bool = True
    """Let the instrument correct for a straight drift; doubles the time."""
    second_channel: bool = True
    """Record the voltage with a second channel of the same instrument."""
    second_every: Annotated[Second, Field(gt=0)] = 1.0
    """s between two rows of the second channel."""


class InsituEis(CellProtocol):
    """See the module."""

    name = "insitu-eis"
    title = "Impedance while the cell is driven at 1C, 3C …"
    view = "Impedance"
    parameters_model = InsituEisParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, EIS, MONITOR, CYCLES)
    plots: ClassVar[tuple[Plot, ...]] = (NYQUIST, *CYCLING_PLOTS, MONITOR_PLOT)
    parameters: InsituEisParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, InsituEisParameters)  # noqa: S101
        self.parameters = parameters

    def roles(self) -> Mapping[str, type]:
        """Return the driving channel and the one that watches."""
        if self.parameters.second_channel:
            return {"cell": PotentiostatChannel, "monitor": PotentiostatChannel}
        return {"cell": PotentiostatChannel}

    def companions(self) -> Mapping[str, str]:
        """Both channels sit in one instrument: one clock, one ground."""
        return {"monitor": "cell"} if self.parameters.second_channel else {}

    def check(self) -> list[Complaint]:
        """See `CellProtocol.check`; sines fit the current, frequencies are left."""
        p = self.parameters
        complaints = [*super().check(), *spectrum_complaints(p)]
        try:
            nominal, currents = self.one_c(), [self._current(r) for r in p.dc_rates]
        except QuantityError:
            return complaints
        if not nominal:
            complaints.append(
                Complaint(
                    ("parameters", "one_c"),
                    "nobody says what 1C is, so nobody can say how fast the cell "
                    "changes under the current.",
                    "Say it here, or on the sample's label.",
                )
            )
            return complaints
        for rate, current in zip(p.dc_rates, currents, strict=True):
            if p.amplitude >= current:
                complaints.append(
                    Complaint(
                        ("parameters", "amplitude"),
                        f"{p.amplitude:.3g} A is not below the direct current of "
                        f"{rate}, {current:.3g} A: the sine would turn it round.",
                        "Lower it; a hundredth of the current is usual.",
                    )
                )
            least = self._least_frequency(current)
            if least >= p.first_frequency / 10:
                complaints.append(
                    Complaint(
                        ("parameters", "dc_rates"),
                        f"at {rate} the cell changes so fast that nothing below "
                        f"{least:.3g} Hz holds: less than a decade is left.",
                        "Lower the current, or allow more change.",
                    )
                )
        return complaints

    def warnings(self) -> list[str]:
        """Say which frequencies are left out, and why."""
        said, p = super().warnings(), self.parameters
        for rate in p.dc_rates:
            try:
                least = self._least_frequency(self._current(rate))
            except QuantityError:
                continue
            if least > p.last_frequency:
                said.append(
                    f"at {rate} frequencies below {least:.2g} Hz are left out: "
                    f"{SLOW:g} of their periods are more than "
                    f"{100 * p.most_change:g} % of what 1C moves in an hour"
                )
        return said

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return every working rate."""
        for k, rate in enumerate(self.parameters.dc_rates):
            yield ("dc_rates", k), rate
        yield ("return_rate",), self.parameters.return_rate

    def envelope(self) -> Envelope:
        """Allow what the channels allow; the second one's current is noise."""
        return super().envelope()

    def duration(self) -> float:
        """Allow formation and, for each current, the way there and back."""
        p, formation = self.parameters, self.formation_window()
        total = p.formation_cycles * 2 * (3600.0 / formation.rate + p.rest)
        back = 3600.0 / self.window(p.return_rate).rate
        for rate in p.dc_rates:
            spectra = len(p.states) * seconds_of(self._spectrum(rate))
            total += 3600.0 / self.window(rate).rate + spectra + back + 2 * p.rest
        return total

    def plan(self) -> Plan:
        """Yield formation; then for each current the spectra, and the way back."""
        p, first = self.parameters, self.sample.first_step
        sine = max(self._spectrum(rate).amplitude for rate in p.dc_rates)
        yield self.ability(impedance=True, sine=sine)
        formed = yield from self.formation()
        capacity = p.capacity or formed
        taken = 0
        for number, rate in enumerate(p.dc_rates):
            cycle = p.formation_cycles + 1 + number
            half = 2 * (cycle - 1)
            yield RunTechniques(
                label=f"{first} at {rate} with spectra "
                f"down to {self._spectrum(rate).last_frequency:.2g} Hz",
                cycle=cycle,
                half_cycle=half,
                techniques=self._upload(rate, capacity),
                monitor="monitor" if p.second_channel else "",
                monitor_every=p.second_every,
                spectrum_id=taken,
                at=("dc_rates", number),
            )
            taken += len(p.states)
            if p.rest:
                yield RunTechniques(
                    label="rest",
                    cycle=cycle,
                    half_cycle=half,
                    techniques=(OpenCircuit(p.rest, Recording(every_s=60.0)),),
                )
            yield half_cycle(
                self.window(p.return_rate),
                -first.sign,
                cycle=cycle,
                half=half + 1,
                word=str(first.other),
            )

    def _upload(
        self, rate: Rate, capacity: float
    ) -> tuple[ConstantCurrent | Spectrum, ...]:
        """Return current and spectra in turn; the limit ends all of it."""
        p, sign = self.parameters, self.sample.first_step.sign
        window: VoltageWindow = self.window(rate)
        limit = voltage_limit(window, sign, ends_all=True)
        current = sign * self._current(rate)
        spectrum = self._spectrum(rate)
        used = seconds_of(spectrum) * abs(current) / capacity
        record = Recording(every_s=1.0, every_volt=p.record_voltage)
        out: list[ConstantCurrent | Spectrum] = []
        reached = 0.0
        for state in p.states:
            way = seconds_to_state(state, reached, capacity, current)
            out.append(ConstantCurrent(current, max(way, 1.0), (limit,), record))
            out.append(spectrum)
            reached = max(state, reached) + used
        out.append(ConstantCurrent(current, window.longest, (limit,), record))
        return tuple(out)

    def _spectrum(self, rate: Rate) -> Spectrum:
        p, sign = self.parameters, self.sample.first_step.sign
        current = self._current(rate)
        return Spectrum(
            galvanostatic=True,
            bias=sign * current,
            amplitude=max(p.amplitude, AC_SHARE * current),
            first_frequency=p.first_frequency,
            last_frequency=max(p.last_frequency, self._least_frequency(current)),
            points_per_decade=p.points_per_decade,
            averages=p.averages,
            wait_periods=p.wait_periods,
            drift_correction=p.drift_correction,
            until=(voltage_limit(self.window(rate), sign, ends_all=True),),
        )

    def _current(self, rate: Rate) -> float:
        return abs(self.current(rate))

    def _least_frequency(self, current: float) -> float:
        """Return f_min in Hz: 12/f_min s of ``current`` are `most_change` of 1C·1 h."""
        allowed = self.parameters.most_change * 3600.0 * (self.one_c() or np.inf)
        return float(SLOW * current / allowed)

    def spectra(self, run: RecordedRun) -> tuple[RecordedSpectrum, ...]:
        """Return the spectra of a run."""
        p = self.parameters
        nominal = 3600.0 * (self.one_c() or 1.0 / 3600.0)
        capacity = p.capacity or capacity_of(run, p.formation_cycles, nominal)
        labels = {
            p.formation_cycles + 1 + k: str(rate) for k, rate in enumerate(p.dc_rates)
        }
        return spectra_of(run, labels, capacity)

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return R_ct at each current, how the channels agree, what formation says."""
        p = self.parameters
        whole = [
            taken
            for taken in self.spectra(run)
            if len(taken.frequency) == self._points(taken.label)
        ]
        found = judged_of(run, at_one_time(whole), corrected=p.drift_correction)
        out = {"charge_transfer_resistance": resistance_result(found, REFERENCE_STATE)}
        out["exchange_current"] = exchange_result(found, REFERENCE_STATE)
        out["relaxation_peak_resistance"] = relaxation_result(found, REFERENCE_STATE)
        for rate in p.dc_rates:
            own = [one for one in found if one.taken.label == str(rate)]
            name = f"charge_transfer_resistance_at_{rate_word(rate)}"
            out[name] = self._at(rate, resistance_result(own, REFERENCE_STATE))
        if p.second_channel:
            out["second_channel_difference"] = channel_difference(run)
        return {**out, **formation_results(run, p.formation_cycles)}

    def _points(self, label: str) -> int:
        for rate in self.parameters.dc_rates:
            if str(rate) == label:
                return self._spectrum(rate).points
        return 0

    def _at(self, rate: Rate, result: Result) -> Result:
        """Say how many of the states were not reached at this current."""
        taken = len(result.table["state"]) if result.table else 0
        missing = len(self.parameters.states) - taken
        if not missing:
            return result
        said = f"{missing} of {taken + missing} states were not reached at {rate}"
        (doubt,) = STATES_REACHED.met(fulfilled=False, text=said)
        if result.quality is Quality.ABSENT:
            return replace(result, reason=f"{result.reason}; {said}")
        return result.suspect(doubt)

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Nyquist, Bode and Kramers–Kronig, shaded by state, a ramp per current."""
        return spectra_figures(self.spectra(run))


def channel_difference(run: RecordedRun) -> Result:
    """Return how far both channels' voltages are apart at equal times, V."""
    own, other = run.table("timeseries"), run.table("monitor")
    times = other["test_time_second"]
    if not len(times):
        return _unseen("the second channel recorded nothing")
    flowing = np.isin(own["step_count"], np.unique(other["step_count"]))
    seen = own["test_time_second"][flowing]
    if len(seen) < 2:  # noqa: PLR2004 - nothing to compare with
        return _unseen("the driving channel recorded nothing meanwhile")
    near = np.searchsorted(seen, times).clip(1, len(seen) - 1)
    covered = (times > seen[0]) & (times < seen[-1])
    covered &= seen[near] - seen[near - 1] < 5.0  # noqa: PLR2004 - no spectrum between
    if not covered.any():
        return _unseen("no row of the second channel lies between two rows")
    volts = np.interp(times, seen, own["voltage_volt"][flowing])
    apart = (other["voltage_volt"] - volts)[covered]
    value = float(np.median(apart))
    spread = MEDIAN * float(np.std(apart)) / np.sqrt(len(apart))
    found = estimated(value, spread if len(apart) > 1 else np.nan, "scatter of rows")
    doubts = CHANNELS_AGREE.at_most(1000 * abs(value))
    return found.with_unit("V").suspect(*doubts).to_result()


def _unseen(reason: str) -> Result:
    (doubt,) = CHANNELS_AGREE.met(fulfilled=False, text=reason)
    return Measured.absent(doubt, "V").to_result()
