"""Front panels: a person drives instruments."""
