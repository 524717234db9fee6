"""Runs handed to other programs, and other programs' files read."""
