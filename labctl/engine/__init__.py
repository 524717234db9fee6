"""One loop: step, batches, limits, journal, outcome; then everything safe."""
