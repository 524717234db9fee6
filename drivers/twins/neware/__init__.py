"""The other side of `drivers/neware`: BTS Server and its cyclers, on a real socket."""
