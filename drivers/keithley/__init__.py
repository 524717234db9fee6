"""Keithley's instruments."""
