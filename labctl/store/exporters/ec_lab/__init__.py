"""EC-Lab's text files: header, sequences of techniques, rows."""
