"""Runs on the disk as clients see them: lists, windows, figures, reports."""
