"""Instruments shared by many runs: who has which, the queue, STOP ALL, events."""
