"""A plan as blocks: its shapes, its editor, where complaints stand in it."""
