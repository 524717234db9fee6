"""Conductivity, contacts and the Hall effect from recorded readings."""
