"""Any protocol at several temperatures: chamber, soak, the protocol's plan, and again.

`over_temperatures` makes of a protocol the one that measures it as a series. Its name
stays: a run of ``peis`` with ``temperatures`` is a run of ``peis`` whose parameters say
so, and `labctl.plugins.protocol` gives whoever asks the same of the two.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import ClassVar

from labctl.columns import (
    AMBIENT_TEMPERATURE,
    CHAMBER_TEMPERATURE,
    CLIMATE,
    SETPOINT_TEMPERATURE,
)
from labctl.data import Result
from labctl.errors import Complaint, Place
from labctl.figures.against_temperature import law_figures
from labctl.figures.figure import Figure, Plot
from labctl.limits import Envelope
from labctl.protocol import Parameters, Plan, Protocol, RecordedRun
from labctl.roles.chamber import Chamber
from labctl.sample import Sample
from labctl.series.parameters import SeriesParameters
from labctl.series.point_view import PointView
from labctl.series.points import placed_steps, places_of, said
from labctl.series.results import (
    PointResults,
    fitted_laws,
    point_names,
    series_results,
)
from labctl.series.temperatures import ZERO, temperature_at
from labctl.steps.temperature import DWELL, ROLE

TEMPERATURE = Plot(
    "climate",
    "Temperature of the chamber",
    CLIMATE.name,
    "test_time_second",
    (CHAMBER_TEMPERATURE.name, SETPOINT_TEMPERATURE.name),
)
ON_THE_WAY = 1800.0
"""s that a chamber may take from one temperature to the next, to show what is left."""
OVERSHOOT = 15.0
"""K beyond everything that is asked for, and beyond a room, at which the run ends."""
ROOMS = (10.0, 35.0)
"""°C at which a chamber may begin."""


class OverTemperatures(Protocol):
    """See the module; made by `over_temperatures`, never registered."""

    inner_kind: ClassVar[type[Protocol]]
    """What is measured at every temperature."""

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, SeriesParameters)  # noqa: S101
        self.series = parameters
        self.inner = self.inner_kind(parameters, sample)

    def roles(self) -> Mapping[str, type]:
        """Return the protocol's own, and the chamber."""
        return {**self.inner.roles(), ROLE: Chamber}

    def companions(self) -> Mapping[str, str]:
        """Return the protocol's own."""
        return self.inner.companions()

    def duration(self) -> float:
        """Allow each point its way, its soak and the protocol."""
        more = len(self.series.temperatures) - 1
        each = ON_THE_WAY + DWELL + self.series.soak
        return (
            self.inner.duration()
            + more * self.inner.duration_again()
            + (more + 1) * each
        )

    def cycles_planned(self) -> int:
        """Return the protocol's own, at every temperature."""
        return self.inner.cycles_planned() * len(self.series.temperatures)

    def check(self) -> list[Complaint]:
        """Return what the protocol complains of, and why it cannot be a series."""
        found = self.inner.check()
        if len(self.series.temperatures) > 1:
            found += self.inner.check_again()
        return found

    def warnings(self) -> list[str]:
        """Return the protocol's own, and that a law needs more temperatures."""
        said = self.inner.warnings()
        different = len(set(self.series.temperatures))
        if self.inner.laws and different < 3:  # noqa: PLR2004 - a line's points and one
            said.append(
                "laws against temperature need three different temperatures to be "
                f"good, not {different}"
            )
        return said

    def currents(self) -> Mapping[Place, float]:
        """Return the protocol's own."""
        return self.inner.currents()

    def envelope(self) -> Envelope:
        """Return the protocol's own; a chamber that runs away ends the run.

        Rows of the chamber come while it is set; while something is measured in it, it
        is read as what is around the sample.
        """
        inner, p = self.inner.envelope(), self.series
        back = () if p.return_to is None else (p.return_to,)
        asked = (*p.temperatures, *back, *ROOMS)
        bounds = (min(asked) - OVERSHOOT, max(asked) + OVERSHOOT)
        watched = (CHAMBER_TEMPERATURE.name, AMBIENT_TEMPERATURE.name)
        every = {**inner.bounds, **dict.fromkeys(watched, bounds)}
        return dataclasses.replace(inner, bounds=every)

    def plan(self) -> Plan:
        """Yield each temperature, the protocol's steps at it, and the way back."""
        placing, outcome = placed_steps(self.inner, self.series), None
        while True:
            try:
                placed = next(placing) if outcome is None else placing.send(outcome)
            except StopIteration:
                return
            outcome = yield placed.step

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return laws first, then every result against temperature and by itself."""
        points = self._points(run)
        return series_results(points, fitted_laws(self.inner.laws, points))

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Return laws first, then the protocol's own at every temperature."""
        points = self._points(run)
        laws = [law for law, _ in fitted_laws(self.inner.laws, points)]
        units = {
            name: result.unit for one in points for name, result in one.results.items()
        }
        found = list(law_figures(laws, units))
        for name, view in self._views(run):
            at = said(self.series.temperatures[view.point])
            found += [
                dataclasses.replace(
                    figure, name=f"{figure.name}_{name}", title=f"{figure.title}, {at}"
                )
                for figure in self.inner.figures(view)
            ]
        return tuple(found)

    @cached_property
    def _names(self) -> list[str]:
        return point_names(self.series.temperatures)

    def _points(self, run: RecordedRun) -> list[PointResults]:
        places = places_of(self.inner, self.series, run.steps)
        return [
            PointResults(
                name,
                said(self.series.temperatures[view.point]),
                temperature_at(run, places, view.point, self.series.settle_band),
                self.inner.results(view),
            )
            for name, view in self._views(run)
        ]

    def _views(self, run: RecordedRun) -> list[tuple[str, PointView]]:
        """Return the points of which something was recorded."""
        places = places_of(self.inner, self.series, run.steps)
        begun = {p.point for p in places.values() if not p.is_own}
        found = []
        for number, name in enumerate(self._names):
            if number not in begun:
                continue
            warm = temperature_at(run, places, number, self.series.settle_band)
            wanted = self.series.temperatures[number] + ZERO
            kelvin = wanted if warm.is_absent else warm.value
            found.append((name, PointView(run, places, number, kelvin)))
        return found


@cache
def over_temperatures(kind: type[Protocol]) -> type[Protocol]:
    """Return the protocol that measures ``kind`` at several temperatures."""
    model = type(
        f"{kind.parameters_model.__name__}OverTemperatures",
        (kind.parameters_model, SeriesParameters),
        {
            "__doc__": kind.parameters_model.__doc__,
            "__module__": __name__,
        },
    )
    return type(
        f"{kind.__name__}OverTemperatures",
        (OverTemperatures,),
        {
            "__doc__": kind.__doc__,
            "__module__": __name__,
            "inner_kind": kind,
            "name": kind.name,
            "title": f"{kind.title}; at several temperatures",
            "parameters_model": model,
            "presets": kind.presets,
            "streams": (*kind.streams, CLIMATE),
            "plots": (*kind.plots, TEMPERATURE),
            "view": kind.view,
            "sample_kinds": kind.sample_kinds,
        },
    )
