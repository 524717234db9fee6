"""Other programs' files become runs: every number is the file's, derived, or absent."""
