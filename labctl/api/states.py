"""The states of a run and what may be wished of it, as engine and station have them."""

from labctl.engine.states import LIVE, OVER, RunState, Wish, refusal

__all__ = ["LIVE", "OVER", "RunState", "Wish", "refusal"]
