"""Cell protocols: formation, cycling, rate, titration, pulses, voltammetry."""
