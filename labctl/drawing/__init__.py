"""The looks of a figure, for window and page: colours, dashes, letters, ticks."""
