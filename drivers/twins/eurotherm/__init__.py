"""Twins of Eurotherm's temperature controllers."""
