"""The measurement sequences: pure plans, no hardware, no clock, no file."""
