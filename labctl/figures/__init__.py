"""Figures as values: how they are made, lettered, coloured and thinned."""
