"""WonATech: the WBCS3000 cycler, whose files are followed while they grow."""
