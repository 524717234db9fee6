"""Impedance protocols: at rest, and while a direct current flows."""
