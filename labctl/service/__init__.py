"""The station process: many runs, one owner of the instruments, a local API."""
