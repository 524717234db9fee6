"""How messages travel: PyVISA's own backend over twins, TCP, and opening a wire."""
