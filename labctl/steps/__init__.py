"""What an engine can be told to do next, as frozen values."""
