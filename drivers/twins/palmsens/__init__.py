"""PalmSens instruments on the simulated bench: they interpret the scripts they get."""
