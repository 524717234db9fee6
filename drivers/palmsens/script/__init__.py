"""From techniques to MethodSCRIPT."""
