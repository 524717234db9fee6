"""Figures for paper: journal widths, embedded fonts, colours that survive print."""
