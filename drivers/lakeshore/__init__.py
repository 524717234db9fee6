"""Lake Shore's gaussmeters and magnet supplies, each with its twin beside it."""
