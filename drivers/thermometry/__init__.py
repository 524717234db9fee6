"""From volts and ohms to temperatures, by the reference functions of the standards."""
