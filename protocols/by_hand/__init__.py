"""Runs whose steps come from a person at the bench."""
