"""PalmSens: potentiostats that interpret MethodSCRIPT."""
