"""Neware: cyclers that their own server runs."""
