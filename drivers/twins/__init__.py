"""Simulated instruments: what only a simulated bench needs, and no real driver."""
