"""BioLogic potentiostats through EClib, the vendor's library, and their twin."""
