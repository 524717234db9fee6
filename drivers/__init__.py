"""Adapters from instruments to roles, by maker; twins of them have their own room."""
