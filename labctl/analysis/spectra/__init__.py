"""Impedance: models, fits, validity, and what they say about charge transfer."""
