"""What PyMeasure's classes are asked to do."""

from typing import Any

from pymeasure.adapters import VISAAdapter
from pymeasure.instruments import Instrument
from pymeasure.instruments.keithley import (
    Keithley2000,
    Keithley2182,
    Keithley2400,
    Keithley2400Legacy,
    Keithley2450,
    Keithley2600,
    Keithley6221,
    Keithley6517B,
)
from pymeasure.instruments.lakeshore import LakeShore425

CLASSES: dict[str, tuple[Any, str]] = {
    "Keithley2000": (Keithley2000, "multimeter"),
    "Keithley2182": (Keithley2182, "voltmeter"),
    "Keithley2400": (Keithley2400, "k2400"),
    "Keithley2400Legacy": (Keithley2400Legacy, "k2400"),
    "Keithley2450": (Keithley2450, "k2450"),
    "Keithley2600": (Keithley2600, "k2636b"),
    "Keithley6221": (Keithley6221, "source"),
    "Keithley6517B": (Keithley6517B, "k6517b"),
    "LakeShore425": (LakeShore425, "gaussmeter"),
}
MILLISECONDS = 400
OF_A_BUFFER = {
    *("buffer_data", "mean", "maximum", "minimum", "standard_dev"),
    *("delta_sense", "delta_values"),
}
"""Properties that an instrument with an empty buffer refuses too."""


def connect(name: str, ports: dict[str, int]) -> Any:
    """Return a PyMeasure instrument on its twin."""
    cls, twin = CLASSES[name]
    end = "\r\n" if name.startswith("LakeShore") else "\n"
    return cls(
        f"TCPIP::127.0.0.1::{ports[twin]}::SOCKET",
        visa_library="@py",
        read_termination=end,
        write_termination="\n",
        timeout=MILLISECONDS,
    )


def properties(name: str, ports: dict[str, int]) -> dict[str, str]:
    """Read every property; return why it failed by name, empty where it did not."""
    instrument = connect(name, ports)
    if name == "Keithley2600":
        instrument.reset()
    found = {}
    for owner, label in _owners(instrument):
        for key in dir(type(owner)):
            if key.startswith("_") or key in OF_A_BUFFER:
                continue
            if not isinstance(getattr(type(owner), key), property):
                continue
            try:
                getattr(owner, key)
            except Exception as error:  # noqa: BLE001  whatever it is, it is the outcome
                found[label + key] = f"{type(error).__name__}: {error}"
            else:
                found[label + key] = ""
    return found


def _owners(instrument: Instrument) -> list[tuple[Any, str]]:
    channels = getattr(instrument, "channels", {}) or {}
    named = [(channel, f"ch_{name}.") for name, channel in channels.items()]
    if not named and hasattr(instrument, "ChA"):
        named = [(instrument.ChA, "ChA.")]
    return [(instrument, ""), *named]


def smu_2400(ports: dict[str, int]) -> Any:
    """Drive a voltage, read all three quantities, fill the buffer, ramp, shut down."""
    smu = connect("Keithley2400", ports)
    smu.reset()
    smu.reset_data_format()
    smu.source_mode = "voltage"
    smu.source_voltage_range = 2
    smu.source_voltage = 0.3
    smu.compliance_current = 1e-3
    smu.source_enabled = True
    read = smu.measure_all()
    smu.config_buffer(10)
    smu.start_buffer()
    smu.wait_for_buffer()
    rows = len(smu.buffer_data)
    smu.ramp_to_voltage(0.1, steps=3, pause=0.0)
    ramped = smu.source_voltage
    smu.shutdown()
    return {
        "volts": read["voltage"],
        "ohms": read["resistance"],
        "rows": rows,
        "ramped": ramped,
        "on": smu.source_enabled,
        "errors": smu.check_errors(),
    }


def legacy_2400(ports: dict[str, int]) -> Any:
    """Apply a voltage, measure the current, take a mean over the buffer."""
    smu = connect("Keithley2400Legacy", ports)
    smu.reset()
    smu.apply_voltage(voltage_range=2, compliance_current=1e-3)
    smu.measure_current()
    smu.source_voltage = 0.3
    smu.enable_source()
    current = smu.current
    smu.measure_resistance()
    return {"current": current, "errors": smu.check_errors()}


def smu_2450(ports: dict[str, int]) -> Any:
    """Drive a voltage, measure current and resistance."""
    smu = connect("Keithley2450", ports)
    smu.reset()
    smu.apply_voltage(voltage_range=2, compliance_current=1e-3)
    smu.source_voltage = 0.5
    smu.measure_current()
    smu.enable_source()
    current = smu.current
    limit = smu.compliance_current
    smu.shutdown()
    return {"current": current, "limit": limit}


def smu_2600(ports: dict[str, int]) -> Any:
    """Drive a voltage, read current and resistance, ramp."""
    smu = connect("Keithley2600", ports).ChA
    smu.apply_voltage(voltage_range=2, compliance_current=1e-3)
    smu.source_voltage = 0.3
    smu.source_output = "ON"
    given = {"current": smu.current, "ohms": smu.resistance}
    smu.ramp_to_voltage(0.1, steps=3, pause=0.0)
    given["ramped"] = smu.source_voltage
    smu.source_output = "OFF"
    return given


def delta_6221(ports: dict[str, int]) -> Any:
    """Run delta with the 2182A on its cable."""
    source = connect("Keithley6221", ports)
    source.reset()
    source.delta_high_source = 1e-3
    source.delta_delay = 1e-2
    source.delta_measurement_sets = 8
    source.delta_buffer_points = 8
    source.delta_arm()
    source.delta_start()
    source.ask("*OPC?")
    rows = len(source.delta_values)
    source.delta_abort()
    return {"numbers": rows, "errors": source.check_errors()}


def wave_6221(ports: dict[str, int]) -> Any:
    """Define a waveform, duration and phase marker; arm it."""
    source = connect("Keithley6221", ports)
    source.reset()
    source.waveform_function = "sine"
    source.waveform_amplitude = 1e-4
    source.waveform_duration_time = 2.0
    source.waveform_use_phasemarker = True
    source.waveform_phasemarker_phase = 90
    source.define_arbitary_waveform([0, 0.5, 1, 0.5, 0, -0.5], 1)
    told = source.waveform_duration_time
    phase = source.waveform_phasemarker_phase
    if source.check_errors():
        return {"told": None}
    source.waveform_arm()
    return {"told": told, "phase": phase, "armed": not source.check_errors()}


def volts_2182(ports: dict[str, int]) -> Any:
    """Read a voltage and the statistics of a buffer."""
    meter = connect("Keithley2182", ports)
    meter.reset()
    meter.ch_1.setup_voltage()
    volts = meter.voltage
    meter.config_buffer(6)
    meter.start_buffer()
    meter.wait_for_buffer()
    rows = meter.buffer_data
    return {
        "small": abs(volts) < 1e-3,
        "rows": len(rows),
        "mean": bool(abs(meter.mean - rows.mean()) < 1e-12),
        "errors": meter.check_errors(),
    }


def temperature_2182(ports: dict[str, int]) -> Any:
    """Measure a temperature."""
    meter = connect("Keithley2182", ports)
    meter.reset()
    meter.ch_1.setup_temperature()
    return {"temperature": meter.temperature}


def meter_2000(ports: dict[str, int]) -> Any:
    """Read DC and AC volts, two-wire ohms through closed relays, and a buffer."""
    switch: Any = Instrument(
        VISAAdapter(f"TCPIP::127.0.0.1::{ports['switch']}::SOCKET", visa_library="@py"),
        "switch",
        includeSCPI=False,
    )
    switch.write(":ROUT:CLOS (@1!3!1,1!4!2)\n")
    meter = connect("Keithley2000", ports)
    meter.reset()
    meter.write(":INIT:CONT 0")
    meter.measure_voltage(1)
    volts = meter.voltage
    meter.measure_voltage(1, ac=True)
    alternating = meter.voltage
    meter.measure_resistance(1e4)
    ohms = meter.resistance
    meter.mode = "voltage"
    meter.config_buffer(5)
    meter.start_buffer()
    meter.wait_for_buffer()
    return {
        "volts": abs(volts) < 1e-3,
        "alternating": abs(alternating) < 1e-2,
        "ohms": 10 < ohms < 1e4,
        "rows": len(meter.buffer_data),
        "errors": meter.check_errors(),
    }


def four_wires_2000(ports: dict[str, int]) -> Any:
    """Measure four-wire ohms."""
    meter = connect("Keithley2000", ports)
    meter.reset()
    meter.measure_resistance(1e4, wires=4)
    return {
        "ohms": meter.resistance,
        "mode": meter.mode,
        "errors": meter.check_errors(),
    }


def current_6517b(ports: dict[str, int]) -> Any:
    """Apply a voltage, measure current and resistance."""
    meter = connect("Keithley6517B", ports)
    meter.reset()
    meter.write(":SYST:ZCH 0")
    meter.source_voltage = 1.0
    meter.enable_source()
    meter.measure_current()
    current = meter.current
    meter.measure_resistance()
    ohms = meter.resistance
    meter.disable_source()
    return {"current": current, "ohms": ohms, "errors": meter.check_errors()}


def field_425(ports: dict[str, int]) -> Any:
    """Read the field in tesla, zero the probe."""
    meter = connect("LakeShore425", ports)
    meter.unit = "T"
    field = meter.field
    meter.zero_probe()
    return {"small": abs(field) < 1e-3, "unit": meter.unit, "auto": meter.auto_range()}


def _of(name: str) -> Any:
    def run(ports: dict[str, int]) -> Any:
        return properties(name, ports)

    return run


def __getattr__(name: str) -> Any:
    """Return ``properties_of_<class>``."""
    _, found, cls = name.partition("properties_of_")
    if not found or cls not in CLASSES:
        raise AttributeError(name)
    return _of(cls)
