"""Figures as values: made once, from all rows, with what to doubt of them."""
