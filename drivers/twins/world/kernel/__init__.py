"""The cell's innermost loop: plain functions of flat memory, compiled when worth it."""
