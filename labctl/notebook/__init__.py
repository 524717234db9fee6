"""Runs as a researcher opens them in a notebook: tables, results, figures, views."""
