"""Plots on the screen: axes, curves, what the mouse does with them."""
