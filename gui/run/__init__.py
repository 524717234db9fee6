"""One run: its head, live plots, figures, steps and results."""
