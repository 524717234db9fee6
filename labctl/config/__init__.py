"""``config.yaml``: which instruments stand on the bench and who plays what."""
