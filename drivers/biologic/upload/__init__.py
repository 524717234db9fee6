"""What is sent to a channel: techniques compiled, compared with the board, loaded."""
