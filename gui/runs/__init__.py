"""Finished runs: found, compared, averaged, exported."""
