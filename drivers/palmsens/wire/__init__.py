"""What travels on the serial line: bytes to meaning and back, without any I/O."""
