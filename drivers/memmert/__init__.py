"""Memmert: ovens, incubators and climate chambers."""
