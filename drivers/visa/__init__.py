"""How messages travel to an instrument: opening it, talking, mending a lost link."""
