"""Pure functions: arrays in, values with uncertainty out."""
