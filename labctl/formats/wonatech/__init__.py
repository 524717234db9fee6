"""Files of WonATech's cyclers (``.wrd``): what bytes mean, apart from the file."""
