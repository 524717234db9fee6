"""The truth about a run: one SQLite file that only grows, its writer and readers."""
