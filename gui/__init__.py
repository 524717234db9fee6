"""The desktop window: a client of the station, owner of nothing."""
