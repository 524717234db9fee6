"""How a verdict looks in a table: a shape before its word, a colour for both."""

from gui.look.colours import StateLook
from gui.look.palette import theme
from labctl.data import Quality


def verdict_look(quality: str) -> StateLook:
    """Return the shape: colour alone says nothing to many."""
    if quality == Quality.GOOD:
        return StateLook.FINISHED
    return StateLook.NEEDS_YOU if quality == Quality.SUSPECT else StateLook.OFFLINE


def verdict_colour(quality: str) -> str:
    """Return the colour of the word; what is absent is no alarm."""
    if quality == Quality.GOOD:
        return theme().good
    return theme().alarm if quality == Quality.SUSPECT else theme().muted
