"""Runs written so that other programs read them."""
