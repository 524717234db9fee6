"""Twins where PyVISA looks for instruments: each at the address of its setup."""
