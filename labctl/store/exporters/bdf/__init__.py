"""The Battery Data Format: one table a cell, and the records of what it is of."""
