"""Runs as one citable thing: research-object crates and ``.eln`` archives."""
