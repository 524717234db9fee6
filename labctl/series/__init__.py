"""Any protocol measured at several temperatures, one after the other."""
