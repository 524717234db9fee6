"""What is on the bench when nothing is: simulated cells, pellets, particles, films."""
