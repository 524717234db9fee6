"""Other programs' files: each column read, derived by a named rule, or absent."""
