"""What stands in for the instruments; a bench with cables imports nothing of it."""
