"""A run keeps its promises whatever befalls it; the same campaign every time."""

from hypothesis import HealthCheck, Phase, settings
from run_machine import RunMachine

TestRun = RunMachine.TestCase
TestRun.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    phases=[Phase.generate],  # a counterexample is short enough to be read as it is
    derandomize=True,
    report_multiple_bugs=False,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
