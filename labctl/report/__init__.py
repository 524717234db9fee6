"""Reports: figures, results and what happened, on one page that needs nothing else."""
