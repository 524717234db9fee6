"""Whole simulated benches for programs that are not labctl."""
