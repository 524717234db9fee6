"""What drivers share whose techniques another program runs, not labctl."""
