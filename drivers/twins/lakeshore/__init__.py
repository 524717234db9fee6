"""Twins of Lake Shore's instruments."""
