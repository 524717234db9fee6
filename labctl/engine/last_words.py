"""Write how a run ended; what may still be on is known whatever goes wrong there."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from labctl.data import EndReason, Level
from labctl.engine.intake import Intake
from labctl.engine.recorder import Recorder, StepInFlight
from labctl.engine.safing import unsafe_text
from labctl.engine.situation import Ended
from labctl.engine.states import RunState
from labctl.errors import StoreError

log = logging.getLogger(__name__)


def last_words(
    ended: Ended,
    recorder: Recorder,
    intake: Intake,
    flight: StepInFlight | None,
    channels: Mapping[str, str],
) -> Ended:
    """Write how it ended and return that, with what could not be written; never raises.

    ``flight`` is the last step begun, None before the first; ``channels`` names the
    channel of each role.
    """
    for attempt in (1, 2):
        try:
            return _told(ended, recorder, intake, flight, channels)
        except KeyboardInterrupt:  # somebody does not wait: once more, to the end
            log.warning("interrupted while the end was written (%d)", attempt)
        except BaseException as error:
            log.exception("the end of the run could not be told")
            said = f"its end could not be written: {error}"
            text = "; ".join(filter(None, (ended.text, said)))
            return replace(ended, reason=EndReason.FAILED, text=text, error=error)
    return ended


def left_on(ended: Ended, unsafe: Mapping[str, str]) -> Ended:
    """Return the end of a run some of whose outputs were not made safe."""
    what = unsafe_text(unsafe)
    said = "" if what in ended.text else what
    text = "; ".join(filter(None, (ended.text, said)))
    return Ended(EndReason.FAILED, text, ended.error, unsafe)


def _told(
    ended: Ended,
    recorder: Recorder,
    intake: Intake,
    flight: StepInFlight | None,
    channels: Mapping[str, str],
) -> Ended:
    """Write how it ended; a disk that takes nothing is part of the answer."""
    if flight is not None:
        intake.gather(flight)
    if ended.reason is not EndReason.COMPLETED:
        asked = ended.reason is EndReason.STOPPED
        level = Level.WARNING if asked else Level.ALARM
        recorder.say(level, str(ended.reason), ended.text or "stopped")
    for role, why in ended.unsafe.items():
        channel = channels.get(role)
        place = f"{role} on {channel}" if channel else role
        recorder.say(Level.ALARM, "unsafe", f"{place} may still be on: {why}")
    if flight is not None:  # where the run may go on one day
        try:
            recorder.commit(RunState.RUNNING, flight)
        except StoreError as error:
            log.exception("the end of the run could not be written")
            text = "; ".join(filter(None, (ended.text, str(error))))
            return replace(ended, reason=EndReason.FAILED, text=text, error=error)
    return ended
