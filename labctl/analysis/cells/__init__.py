"""Cells: half cycles, retention, dQ/dV, titration and voltammetry."""
