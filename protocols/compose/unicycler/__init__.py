"""Cycling protocols of aurora-unicycler, in and out; nothing is lost in silence."""
