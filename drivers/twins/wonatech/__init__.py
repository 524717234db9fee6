"""A WonATech cycler with its program: it records a cell into ``.wrd`` files."""
