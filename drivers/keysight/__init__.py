"""Keysight's instruments."""
