"""A climate chamber, a multimeter, and what labctl needs to use them."""

LABCTL_PLUGIN_API = 1
"""The plug-in API that this package is written for."""
