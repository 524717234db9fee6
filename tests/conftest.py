"""What holds for every test."""

from hypothesis import settings

# No test fails because the machine was busy for a moment; benchmarks measure time.
settings.register_profile("labctl", deadline=None)
settings.load_profile("labctl")
