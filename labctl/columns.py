"""The vocabulary of columns: one name, unit and axis label for each quantity.

Names are the Battery Data Format's machine names (ontology 1.3.0) where it has one.
Signs: current is positive when it oxidises the working electrode, which charges the
cell and delithiates silicon in a half cell; the imaginary impedance is stored as it
is, negative when capacitive.
"""

from labctl.data import Column, Stream

TEST_TIME = Column("test_time_second", "s", "Test Time / s")
UNIX_TIME = Column("unix_time_second", "s", "Unix Time / s")
INSTRUMENT_TIME = Column("instrument_time_second", "s", "Instrument Time / s")
STEP_TIME = Column("step_time_second", "s", "Step Time / s")
VOLTAGE = Column("voltage_volt", "V", "Voltage / V")
CURRENT = Column("current_ampere", "A", "Current / A")
NET_CAPACITY = Column("net_capacity_ah", "A*h", "Net Capacity / Ah")
STEP_NET_CAPACITY = Column("step_net_capacity_ah", "A*h", "Step Net Capacity / Ah")
STEP_COUNT = Column("step_count", "", "Step Count / 1", "i8")
CYCLE_COUNT = Column("cycle_count", "", "Cycle Count / 1", "i8")
HALF_CYCLE = Column("half_cycle", "", "Half Cycle / 1", "i8")
TECHNIQUE_INDEX = Column("technique_index", "", "Technique Index / 1", "i8")
FREQUENCY = Column("frequency_hertz", "Hz", "Frequency / Hz")
REAL_IMPEDANCE = Column("real_impedance_ohm", "ohm", "Real Impedance / ohm")
IMAGINARY_IMPEDANCE = Column(
    "imaginary_impedance_ohm", "ohm", "Imaginary Impedance / ohm"
)
MINUS_IMAGINARY_IMPEDANCE = Column(
    "minus_imaginary_impedance_ohm", "ohm", "Minus Imaginary Impedance / ohm"
)
SPECTRUM = Column("spectrum_id", "", "Spectrum / 1", "i8")

COUNTER_VOLTAGE = Column(
    "counter_electrode_voltage_volt", "V", "Counter Electrode Voltage / V"
)
CONTROL_VOLTAGE = Column("control_volt", "V", "Control / V")
CONTROL_CURRENT = Column("control_ampere", "A", "Control / A")
ANALOG_IN_1 = Column("analog_in_1_volt", "V", "Analog Input 1 / V")
ANALOG_IN_2 = Column("analog_in_2_volt", "V", "Analog Input 2 / V")
EXTERNAL_CONTROL = Column("external_control_volt", "V", "External Control / V")
INSTRUMENT_CHARGE = Column("instrument_charge_coulomb", "C", "Instrument Charge / C")
INSTRUMENT_CYCLE = Column(
    "instrument_cycle_count", "", "Instrument Cycle Count / 1", "i8"
)
INSTRUMENT_LOOP = Column("instrument_loop_count", "", "Instrument Loop Count / 1", "i8")
CURRENT_RANGE = Column("current_range_code", "", "Current Range Code / 1", "i8")
OVERLOAD = Column("overload_flags", "", "Overload Flags / 1", "i8")
"""Sum of 1 voltage beyond its range, 2 current beyond its range, 4 amplifier
saturated, as they stood when the row was fetched; 0 none, -1 not known."""
POLL_LATENESS = Column("poll_lateness_second", "s", "Poll Lateness / s")
"""Of a channel that the host times: how long after it was due a row was read; 0 where
it came in time."""
COUNTER_VOLTAGE_AMPLITUDE = Column(
    "counter_electrode_voltage_amplitude_volt",
    "V",
    "Counter Electrode Voltage Amplitude / V",
)
COUNTER_CURRENT_AMPLITUDE = Column(
    "counter_electrode_current_amplitude_ampere",
    "A",
    "Counter Electrode Current Amplitude / A",
)
COUNTER_REAL_IMPEDANCE = Column(
    "counter_electrode_real_impedance_ohm",
    "ohm",
    "Counter Electrode Real Impedance / ohm",
)
COUNTER_IMAGINARY_IMPEDANCE = Column(
    "counter_electrode_imaginary_impedance_ohm",
    "ohm",
    "Counter Electrode Imaginary Impedance / ohm",
)
INTERVAL_CHARGE = Column("interval_charge_ah", "A*h", "Interval Charge / Ah")
"""Charge that the instrument counted since the row before, signed."""
DRIVING = Column("driving_code", "", "Driving Code / 1", "i8")
"""What was kept, where another program says it; see `Driving` of the analysis."""
SOURCE_STEP = Column("source_step_count", "", "Source Step Count / 1", "i8")
"""Steps that another program executed."""
STEP_ID = Column("step_id", "", "Step Id / 1", "i8")
"""Line of another program's schedule."""
CELL_STATUS = Column("cell_status_code", "", "Cell Status Code / 1", "i8")
RUN_STATUS = Column("run_status_code", "", "Run Status Code / 1", "i8")
"""As another program writes them; -1: it does not."""
TEMPERATURE_1 = Column("temperature_t1_celsius", "degC", "Temperature T1 / degC")
"""Of the instrument's own sensor, wherever it is; NaN without one."""
COUNTERS = (
    Column("cycle_charging_capacity_ah", "A*h", "Cycle Charging Capacity / Ah"),
    Column("cycle_discharging_capacity_ah", "A*h", "Cycle Discharging Capacity / Ah"),
    Column("cycle_charging_energy_wh", "W*h", "Cycle Charging Energy / Wh"),
    Column("cycle_discharging_energy_wh", "W*h", "Cycle Discharging Energy / Wh"),
)
"""Another program's own counters, which begin again with its cycles."""
RECORD_ROW = Column("record_row_count", "", "Record Row Count / 1", "i8")
"""Rows of another program's record up to this one."""
RECORD_DIGEST = Column("record_digest", "", "Record Digest / 1", "i8")
"""CRC-32 of those rows: whether a record is still the one that was read."""
FURTHER = (
    *(COUNTER_VOLTAGE, CONTROL_VOLTAGE, CONTROL_CURRENT),
    *(ANALOG_IN_1, ANALOG_IN_2, EXTERNAL_CONTROL),
    *(INSTRUMENT_CHARGE, INSTRUMENT_CYCLE, INSTRUMENT_LOOP),
    *(CURRENT_RANGE, OVERLOAD, POLL_LATENESS),
    *(COUNTER_VOLTAGE_AMPLITUDE, COUNTER_CURRENT_AMPLITUDE),
    *(COUNTER_REAL_IMPEDANCE, COUNTER_IMAGINARY_IMPEDANCE),
)
"""What only some channels record: see `labctl.roles.potentiostat.RecordsMore`."""

RECORDED = (
    *(INTERVAL_CHARGE, DRIVING, SOURCE_STEP, STEP_ID, INSTRUMENT_CYCLE, CURRENT_RANGE),
    *(CELL_STATUS, RUN_STATUS, TEMPERATURE_1, *COUNTERS, RECORD_ROW, RECORD_DIGEST),
)
"""What the rows of a record that another program writes have beyond a channel's."""

SURFACE_TEMPERATURE = Column(
    "surface_temperature_celsius", "degC", "Surface Temperature / degC"
)
AMBIENT_TEMPERATURE = Column(
    "ambient_temperature_celsius", "degC", "Ambient Temperature / degC"
)
TEMPERATURES = (SURFACE_TEMPERATURE, AMBIENT_TEMPERATURE)
"""Of the sample and around it: columns of every stream where a channel has a
thermometer; NaN where it could not be read."""

STAMP = (TEST_TIME, UNIX_TIME, STEP_COUNT, CYCLE_COUNT)
"""What the engine writes in front of every row of every stream."""

LIVE = "live"
"""Not a stream of the file: readings of this moment, checked against the envelope."""

TIMESERIES = Stream(
    "timeseries",
    (
        *STAMP,
        HALF_CYCLE,
        STEP_TIME,
        INSTRUMENT_TIME,
        TECHNIQUE_INDEX,
        VOLTAGE,
        CURRENT,
        STEP_NET_CAPACITY,
        NET_CAPACITY,
    ),
    "Voltage and current against time",
)
"""What a potentiostat channel records while direct current flows or the cell rests."""

MONITOR = Stream(
    "monitor",
    (*STAMP, INSTRUMENT_TIME, VOLTAGE, CURRENT),
    "Second channel on the same cell",
)

EIS = Stream(
    "eis",
    (
        *STAMP,
        SPECTRUM,
        INSTRUMENT_TIME,
        FREQUENCY,
        REAL_IMPEDANCE,
        IMAGINARY_IMPEDANCE,
        MINUS_IMAGINARY_IMPEDANCE,
        VOLTAGE,
        CURRENT,
        Column("voltage_amplitude_volt", "V", "Voltage Amplitude / V"),
        Column("current_amplitude_ampere", "A", "Current Amplitude / A"),
    ),
    "Impedance spectra",
)
"""One row a frequency; voltage and current are the mean (DC) values."""

CYCLES = Stream(
    "cycles",
    (
        *STAMP,
        Column(
            "cycle_discharging_capacity_ah", "A*h", "Cycle Discharging Capacity / Ah"
        ),
        Column("cycle_charging_capacity_ah", "A*h", "Cycle Charging Capacity / Ah"),
        Column("cycle_discharging_energy_wh", "W*h", "Cycle Discharging Energy / Wh"),
        Column("cycle_charging_energy_wh", "W*h", "Cycle Charging Energy / Wh"),
        Column("specific_capacity_mah_g", "mA*h/g", "Specific Capacity / mAh/g"),
        Column("coulombic_efficiency_percent", "%", "Coulombic Efficiency / %"),
        Column("rate_ampere", "A", "Current of the First Half Cycle / A"),
    ),
    "Capacity and coulombic efficiency of every cycle",
)
"""One row a cycle; the specific capacity is the closing half's, NaN without mass."""

SWEEP = Column("sweep_id", "", "Sweep / 1", "i8")
SOURCE_VOLTAGE = Column("source_volt", "V", "Source Setpoint / V")
SOURCE_CURRENT = Column("source_ampere", "A", "Source Setpoint / A")
CURRENT_IN = Column("current_in_contact", "", "Contact Where Current Enters / 1", "i8")
CURRENT_OUT = Column(
    "current_out_contact", "", "Contact Where Current Leaves / 1", "i8"
)
VOLTAGE_HIGH = Column("voltage_high_contact", "", "Contact of Voltmeter High / 1", "i8")
VOLTAGE_LOW = Column("voltage_low_contact", "", "Contact of Voltmeter Low / 1", "i8")
IN_COMPLIANCE = Column("in_compliance", "", "In Compliance / 1", "i8")
OVERFLOW = Column("overflow", "", "Over Range / 1", "i8")
FIELD = Column("field_tesla", "T", "Magnetic Field / T")
FIELD_SETPOINT = Column("field_setpoint_tesla", "T", "Magnetic Field Setpoint / T")
MAGNET_CURRENT = Column("magnet_current_ampere", "A", "Magnet Current / A")

CONTACTS = (CURRENT_IN, CURRENT_OUT, VOLTAGE_HIGH, VOLTAGE_LOW)
"""Which contact each lead saw; -1 where the leads are wired to the sample."""

IV = Stream(
    "iv",
    (
        *STAMP,
        INSTRUMENT_TIME,
        SWEEP,
        *CONTACTS,
        SOURCE_VOLTAGE,
        SOURCE_CURRENT,
        VOLTAGE,
        CURRENT,
        IN_COMPLIANCE,
        OVERFLOW,
    ),
    "Current against voltage",
)
"""One row a point; the setpoint is the one read back, NaN for what was not driven."""

DELTA = Stream(
    "delta",
    (*STAMP, INSTRUMENT_TIME, SOURCE_CURRENT, VOLTAGE, IN_COMPLIANCE),
    "Delta readings: voltage that belongs to the positive current",
)

HALL = Stream(
    "hall",
    (
        *STAMP,
        INSTRUMENT_TIME,
        *CONTACTS,
        SOURCE_CURRENT,
        VOLTAGE,
        FIELD_SETPOINT,
        FIELD,
        IN_COMPLIANCE,
        OVERFLOW,
    ),
    "Voltages of a film's configurations",
)
"""One row a voltmeter reading; without a gaussmeter the field is NaN."""

MAGNET = Stream(
    "magnet",
    (*STAMP, FIELD_SETPOINT, FIELD, MAGNET_CURRENT),
    "Field while it is set",
)

SETPOINT_TEMPERATURE = Column(
    "setpoint_temperature_celsius", "degC", "Set Point / degC"
)
CHAMBER_TEMPERATURE = Column(
    "chamber_temperature_celsius", "degC", "Chamber Temperature / degC"
)
REGULATES = Column("regulates", "", "Regulates / 1", "i8")

CLIMATE = Stream(
    "climate",
    (*STAMP, SETPOINT_TEMPERATURE, CHAMBER_TEMPERATURE, REGULATES),
    "Temperature of the chamber while it is set",
)
"""One row a look: the set point read back and what the chamber itself measures."""

_UNITS = {
    **{column.name: column.unit for column in (*FURTHER, *RECORDED, *TEMPERATURES)},
    **{
        column.name: column.unit
        for stream in (TIMESERIES, EIS, CYCLES, IV, HALL, MAGNET, CLIMATE)
        for column in stream.columns
    },
}


def unit_of(name: str) -> str:
    """Return the unit of a column by its name; empty if it has none, or is unknown."""
    return _UNITS.get(name, "")
