"""Runs that a person puts together: composed sequences and imported data."""
