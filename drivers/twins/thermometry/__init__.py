"""What sensors of temperature give: volts and ohms."""
