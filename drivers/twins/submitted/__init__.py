"""What twins share that run a whole program by themselves: Neware, EC-Lab."""
