"""BioLogic potentiostats through EClib, the vendor's library."""
