"""Julabo: circulators."""
