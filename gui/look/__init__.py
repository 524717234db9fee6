"""How things look and read: themes, icons, colours, settings, numbers as text."""
