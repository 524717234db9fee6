"""Keysight's instruments, each with its twin beside it."""
