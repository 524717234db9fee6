"""What comes back from a channel: words fetched, made into rows, and watched."""
