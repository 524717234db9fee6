"""What Lake Shore's own package is asked to do."""

from typing import Any

import lakeshore
from lakeshore.generic_instrument import InstrumentException


def _supply(ports: dict[str, int]) -> Any:
    return lakeshore.Model643(
        ip_address="127.0.0.1", tcp_port=ports["supply"], timeout=2
    )


def limits(ports: dict[str, int]) -> Any:
    """Set limits of current and rate, and read them back."""
    supply = _supply(ports)
    supply.set_limits(20, 2)
    return {"limits": list(supply.get_limits())}


def current(ports: dict[str, int]) -> Any:
    """Ramp to a current and read it, and the voltage, back."""
    supply = _supply(ports)
    supply.set_limits(20, 50)
    supply.set_ramp_rate(50)
    supply.set_current(0.001)
    return {
        "set": supply.get_current(),
        "rate": supply.get_ramp_rate(),
        "near": abs(supply.get_measured_current()) < 1.0,
    }


def segments(ports: dict[str, int]) -> Any:
    """Set a ramp segment and read it back."""
    supply = _supply(ports)
    supply.set_ramp_segment(2, 10.0, 0.5)
    supply.set_ramp_segments_enable(True)
    return {
        "segment": supply.get_ramp_segment(2),
        "on": supply.get_ramp_segments_enable(),
    }


def errors(ports: dict[str, int]) -> Any:
    """Ask for too much, and for nonsense."""
    supply = _supply(ports)
    said = []
    for act, value in ((supply.set_current, 90), (supply.command, "NONSENSE")):
        try:
            act(value)
        except InstrumentException as error:
            said.append(str(error).partition(":")[0])
    return {"refused": said}


def field_425(ports: dict[str, int]) -> Any:
    """Read the field and its unit with the package's Model425."""
    meter = lakeshore.Model425(
        ip_address="127.0.0.1", tcp_port=ports["gaussmeter"], timeout=2
    )
    gauss = float(meter.query("RDGFIELD?"))
    return {"small": abs(gauss) < 1.0, "unit": meter.query("UNIT?")}


def front(ports: dict[str, int]) -> Any:
    """Set water, display, lock, programming and interface, and read them back."""
    supply = _supply(ports)
    supply.set_internal_water(1)
    supply.set_magnet_water(3)
    supply.set_display_brightness(2)
    supply.set_front_panel_lock(1, 123)
    supply.set_ieee_488(0, 0, 12)
    supply.set_ieee_interface_mode(1)
    return {
        "water": [supply.get_internal_water(), supply.get_magnet_water()],
        "display": supply.get_display_brightness(),
        "lock": [supply.get_front_panel_status(), supply.get_front_panel_lock_code()],
        "program": supply.get_programming_mode(),
        "ieee": supply.get_iee_488(),
        "mode": supply.get_ieee_interface_mode(),
    }


def registers(ports: dict[str, int]) -> Any:
    """Read status, operation and error registers, and stop a ramp."""
    supply = _supply(ports)
    supply.stop_output_current_ramp()
    return {
        "status": type(supply.get_status_byte()).__name__,
        "operation": type(supply.get_operation_event_condition()).__name__,
        "hardware": supply.get_hardware_error_condition().to_integer(),
        "operational": supply.get_operational_error_condition().to_integer(),
        "test": bool(supply.get_self_test()),
    }


def defaults(ports: dict[str, int]) -> Any:
    """Put the factory's settings back at zero current."""
    supply = _supply(ports)
    supply.set_limits(20, 50)
    supply.set_ramp_rate(50)
    supply.set_current(0)
    supply.stop_output_current_ramp()
    supply.set_factory_defaults()
    return {"limits": supply.get_limits(), "set": supply.get_current()}


def _controller(ports: dict[str, int]) -> Any:
    return lakeshore.Model336(
        ip_address="127.0.0.1", tcp_port=ports["controller"], timeout=2
    )


def readings_336(ports: dict[str, int]) -> Any:
    """Read an input in both units, and what its status says."""
    controller = _controller(ports)
    celsius = controller.get_celsius_reading("A")
    status = controller.get_input_reading_status("A")
    return {
        "near": abs(celsius - 25.0) < 1.0,
        "apart": controller.get_kelvin_reading("A") - celsius,
        "flags": "True" in str(status),
    }


def set_point_336(ports: dict[str, int]) -> Any:
    """Ramp a set point up with the heater on, and read all of it back."""
    controller = _controller(ports)
    controller.set_setpoint_ramp_parameter(1, False, 5.0)
    controller.set_control_setpoint(1, 300.0)
    controller.set_setpoint_ramp_parameter(1, True, 5.0)
    controller.set_heater_range(1, controller.HeaterRange.LOW)
    controller.set_control_setpoint(1, 320.0)
    ramp = controller.get_setpoint_ramp_parameter(1)
    found = {
        "ramping": controller.get_setpoint_ramp_status(1),
        "ramp": [ramp["ramp_enable"], ramp["rate_value"]],
    }
    controller.set_setpoint_ramp_parameter(1, False, 5.0)
    controller.set_control_setpoint(1, 320.0)
    controller.set_heater_range(1, controller.HeaterRange.OFF)
    return {**found, "set": controller.get_control_setpoint(1)}


def heater_336(ports: dict[str, int]) -> Any:
    """Switch the heater on, see it heat, and switch it off."""
    controller = _controller(ports)
    controller.set_control_setpoint(1, 350.0)
    controller.set_heater_range(1, controller.HeaterRange.HIGH)
    ranges = [int(controller.get_heater_range(1))]
    heats = controller.get_heater_output(1) > 0.0
    error = int(controller.get_heater_status(1))
    controller.set_heater_range(1, controller.HeaterRange.OFF)
    ranges.append(int(controller.get_heater_range(1)))
    return {"ranges": ranges, "error": error, "heats": heats}


def loop_336(ports: dict[str, int]) -> Any:
    """Read how an output controls, and its sensor's unit."""
    controller = _controller(ports)
    mode = controller.get_heater_output_mode(1)
    sensor = controller.get_input_sensor("A")
    return {
        "mode": int(mode["mode"]),
        "channel": int(mode["channel"]),
        "units": int(sensor.units),
    }
