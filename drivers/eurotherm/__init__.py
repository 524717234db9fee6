"""Eurotherm: temperature controllers of furnaces and heated stages."""
