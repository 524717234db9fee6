"""WonATech's battery cyclers: read along with their program, never driven."""
