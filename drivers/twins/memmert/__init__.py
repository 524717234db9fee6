"""Twins of Memmert's ovens and chambers."""
