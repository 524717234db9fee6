"""The journal is the truth; HDF5 is its view."""
