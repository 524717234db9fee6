"""Files of WonATech's cyclers as files of another program."""
