"""Adapters from instruments to roles, each with its twin beside it."""
