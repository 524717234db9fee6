"""EC-Lab itself as the instrument: experiments are submitted to it; it runs them."""
