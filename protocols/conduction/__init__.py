"""Conduction protocols: particles, pellets, films, contacts, the Hall effect."""
