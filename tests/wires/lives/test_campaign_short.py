"""A run keeps its promises whatever befalls it; the same campaign every time.

``CAMPAIGN_EXAMPLES=1000 pytest tests/wires/lives/test_campaign_short.py`` looks
further, and elsewhere each time.
"""

import os

from hypothesis import HealthCheck, Phase, settings
from run_machine import RunMachine

EXAMPLES = int(os.environ.get("CAMPAIGN_EXAMPLES", "0"))
TestRun = RunMachine.TestCase
TestRun.settings = settings(
    max_examples=EXAMPLES or 40,
    stateful_step_count=25,
    derandomize=not EXAMPLES,
    phases=[Phase.generate],  # what it finds is short enough to be read as it is
    report_multiple_bugs=False,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
