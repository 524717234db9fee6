"""Fewer points, made in one room: no extreme is ever lost on the way to an eye."""
