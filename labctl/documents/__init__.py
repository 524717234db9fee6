"""What people type: YAML, plans, labels; read once, complaints know their place."""
