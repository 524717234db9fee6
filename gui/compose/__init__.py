"""Write an order: forms, step editor, plan files, dry run."""
