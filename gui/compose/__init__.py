"""Write an order: forms, plan files, dry run."""
