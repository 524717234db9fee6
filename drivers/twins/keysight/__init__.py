"""Twins of Keysight's instruments."""
