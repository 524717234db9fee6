"""EC-Lab as its COM object shows it, for `drivers/ec_lab`."""
