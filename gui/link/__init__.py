"""The line to the station: found, asked in the background, lost and found again."""
