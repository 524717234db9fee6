"""Lake Shore's gaussmeters and magnet supplies."""
