"""Twins of Keithley's instruments."""
