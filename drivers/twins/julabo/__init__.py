"""Twins of Julabo's circulators."""
