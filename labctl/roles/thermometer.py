"""Something that measures one temperature: a thermocouple, a Pt100, a diode."""

import typing


@typing.runtime_checkable
class Thermometer(typing.Protocol):
    """One sensor. It drives nothing, so there is nothing to make safe."""

    def celsius(self) -> float:
        """Measure once and return the temperature in °C, ``24.97``.

        NaN where the sensor is open, shorted or beyond its curve: the number would be
        none. One question and its answer, so that several runs may ask.
        InstrumentError, LinkError: the instrument does not answer.
        """
        ...


@typing.runtime_checkable
class StatesTemperatureAccuracy(typing.Protocol):
    """A thermometer that says how far its reading may be from the truth."""

    def temperature_uncertainty(self, celsius: float) -> float:
        """Return the standard uncertainty of a reading of ``celsius`` in K.

        Instrument and sensor together, without any contact to the sample. NaN: nobody
        knows. Asked without any talk.
        """
        ...
