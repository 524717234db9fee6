"""What a 2636B's scripts reach: source meters, buffers, sweeps, trigger model."""
