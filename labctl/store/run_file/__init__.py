"""The journal as HDF5: while it grows, sealed, and compared with its journal."""
