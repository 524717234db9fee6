"""How measured quantities follow temperature, and what that says."""
