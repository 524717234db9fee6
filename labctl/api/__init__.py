"""What crosses the wire between a station and its clients: models and the client."""
