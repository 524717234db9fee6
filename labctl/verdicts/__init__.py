"""Whether a number may be believed: what each method needs, as one table."""
