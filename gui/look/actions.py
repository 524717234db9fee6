"""Everything a person can do by key: its word, its key, and when it is possible.

The shortcuts, the table of keys, the command line and the buttons' tool tips are all
made from these lists. Keys are written as Qt writes them. An action that is not
possible says why, in a sentence.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from labctl.api.models import RunSummary
from labctl.api.states import RunState, Wish, refusal

RUNS = "Runs"
PAGES = ("Bench", RUNS, "Instruments", "Samples", "Settings")


@dataclass(frozen=True, slots=True)
class Now:
    """What decides whether an action is possible."""

    there: bool = False
    """The station answers."""
    run: RunSummary | None = None
    """The run that is shown."""
    start_waits: str = ""
    """What Start waits for; empty if it may be pressed."""
    queue_waits: str = ""
    """What keeps the order out of the queue; empty if nothing does."""
    waiting: int = 0
    """Events that need a person."""
    doubts: int = 0
    """Channels that may still be on."""
    page: str = ""
    """The page that is seen."""
    can_restart: bool = False
    """The station's process is gone, and this window may start it again."""


class KeyGroup(StrEnum):
    """Where an action stands in the table of keys."""

    RUN = "The run that is shown"
    NEXT = "What comes next"
    BENCH = "The bench"
    WINDOW = "The window"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done, wherever the focus is."""

    word: str
    """What it is told apart by."""
    title: str
    key: str
    """``Ctrl+Shift+F12``; empty: by the command line only."""
    does: str
    """What comes of it, in a sentence."""
    group: KeyGroup
    why_not: Callable[[Now], str] = lambda _now: ""
    """Why it is not possible now; empty if it is."""
    family: str = ""
    """Actions of one family are one line of the table: ``Ctrl+1 … 5``."""


@dataclass(frozen=True, slots=True)
class LocalKey:
    """A key that counts only while the focus is in one place of the window."""

    place: str
    keys: tuple[str, ...]
    does: str

    @property
    def shown(self) -> str:
        """The keys for a person."""
        return " ".join(shown_key(key) for key in self.keys)


def _station(now: Now) -> str:
    return "" if now.there else "The station does not answer."


def _a_run(now: Now) -> str:
    return _station(now) or ("" if now.run is not None else "No run is shown.")


def _report(now: Now) -> str:
    return _station(now) if now.page == RUNS else _a_run(now)


def hold_or_resume(run: RunSummary) -> Wish:
    """Return what the one button for both asks of a run."""
    waits = run.state in {RunState.HOLD, RunState.INTERRUPTED}
    return Wish.RESUME if waits else Wish.HOLD


def refused(run: RunSummary, wish: Wish) -> str:
    """Return why a wish is not possible now, after the run's name; empty if it is."""
    if run.asked and (run.asked == wish or wish in {Wish.HOLD, Wish.RESUME}):
        return f"was asked already: {run.asked}"
    if run.only_watches and wish in {Wish.HOLD, Wish.SKIP}:
        return "is only watched: hold or skip it where it is driven"
    return str(refusal(run.state, wish) or "")


def _wished(now: Now, wish: Wish) -> str:
    run = now.run
    if (why := _a_run(now)) or run is None:
        return why
    why = refused(run, wish)
    return f"{run.sample} {why}." if why else ""


def _hold(now: Now) -> str:
    return _wished(now, hold_or_resume(now.run) if now.run else Wish.HOLD)


def _skip(now: Now) -> str:
    return _wished(now, Wish.SKIP)


def _end(now: Now) -> str:
    return _wished(now, Wish.STOP)


def _finish(now: Now) -> str:
    return _wished(now, Wish.FINISH)


def _discard(now: Now) -> str:
    return _wished(now, Wish.DISCARD)


def _start(now: Now) -> str:
    return _station(now) or now.start_waits


def _enqueue(now: Now) -> str:
    return _station(now) or now.queue_waits


def _waiting(now: Now) -> str:
    return _station(now) or ("" if now.waiting else "Nothing needs you.")


def _doubted(now: Now) -> str:
    return _station(now) or ("" if now.doubts else "No channel is in doubt.")


def _gone(now: Now) -> str:
    return "" if now.can_restart else "The station's process is not known to be gone."


VIEWS = 9
"""As many views of a run have a key."""

ACTIONS: tuple[Action, ...] = (
    Action("hold", "Hold or resume the run", "F3",
           "Opens the circuit until you let it go on.", KeyGroup.RUN, _hold),
    Action("skip", "Skip the step", "F2",
           "Ends the step in flight; its rows stay.", KeyGroup.RUN, _skip),
    Action("end", "End the run", "Shift+F1",
           "Ends in good order; results come from what there is.", KeyGroup.RUN, _end),
    Action("finish", "Finish the interrupted run", "",
           "Seals its file as it is.", KeyGroup.RUN, _finish),
    Action("discard", "Discard the interrupted run", "",
           "Marks it as not to be used; its rows stay.", KeyGroup.RUN, _discard),
    Action("report", "Report of the run", "Ctrl+R",
           "A page in the browser; of the ticked runs, on their page.",
           KeyGroup.RUN, _report),
    *(Action(f"view {k}", f"View {k} of the run", f"Alt+{k}",
             "Shows it.", KeyGroup.RUN, family="Views of the run")
      for k in range(1, VIEWS + 1)),
    Action("new run", "New run", "Ctrl+N",
           "On the channel that is chosen, if it is free.", KeyGroup.NEXT, _station),
    Action("start", "Start the composed run", "Ctrl+Return",
           "Once the checks have passed.", KeyGroup.NEXT, _start),
    Action("enqueue", "Queue the composed run", "Ctrl+Shift+Return",
           "It waits for its channel.", KeyGroup.NEXT, _enqueue),
    Action("dry run", "Dry run of the composed run", "Ctrl+D",
           "Shows what would be done, step by step.", KeyGroup.NEXT, _station),
    Action("open plan", "Open a plan", "Ctrl+O",
           "Fills the composer from a file.", KeyGroup.NEXT, _station),
    Action("save plan", "Save the plan", "Ctrl+S",
           "Writes what is composed into a file.", KeyGroup.NEXT, _station),
    Action("schedule", "When channels become free", "Ctrl+T",
           "Opens and closes the schedule.", KeyGroup.NEXT, _station),
    Action("stop all", "STOP ALL", "Ctrl+Shift+F12",
           "Stops every run and makes every output safe, without a question.",
           KeyGroup.BENCH),
    Action("clear", "Clear a channel that may still be on", "",
           "Makes it safe and reads it back, or takes your word.",
           KeyGroup.BENCH, _doubted),
    Action("go", "Go to a channel by its number", "G",
           "Numbers the tiles; type one.", KeyGroup.BENCH, _station),
    Action("filter", "Filter the tiles", "Ctrl+Shift+F",
           "By a word: held, charging, vsp300.", KeyGroup.BENCH),
    Action("events", "Events that need you", "Ctrl+E",
           "Shows the events; Space acknowledges.", KeyGroup.BENCH),
    Action("acknowledge", "Acknowledge the first event", "",
           "Says, by your name, that you have seen it.", KeyGroup.BENCH, _waiting),
    Action("restart", "Start the station again", "",
           "Interrupted runs can then be resumed.", KeyGroup.BENCH, _gone),
    Action("commands", "Command line", "Ctrl+K",
           "Finds actions, channels, runs, pages, protocols, samples.",
           KeyGroup.WINDOW),
    Action("search", "Search runs", "Ctrl+F", "On the page of runs.", KeyGroup.WINDOW),
    *(Action(f"page {page}", f"Page {page}", f"Ctrl+{k}", "Shows it.",
             KeyGroup.WINDOW, family="Pages")
      for k, page in enumerate(PAGES, 1)),
    Action("theme", "Light, dark, as the system", "Ctrl+L",
           "Wears the next theme.", KeyGroup.WINDOW),
    Action("help", "Help for what has the focus", "F1",
           "What it is, and the keys that work there.", KeyGroup.WINDOW),
    Action("bug report", "Bundle for a bug report", "Ctrl+Shift+S",
           "Picture, state, settings, the station's log, versions; in one zip.",
           KeyGroup.WINDOW),
    Action("close", "Close the window", "Ctrl+Q", "Runs go on.", KeyGroup.WINDOW),
)  # fmt: skip

LOCAL_KEYS: tuple[LocalKey, ...] = (
    LocalKey("tiles", ("Left", "Up", "Right", "Down"), "move"),
    LocalKey("tiles", ("Return", "Space"), "open; on a free one, compose a run"),
    LocalKey("plot", ("F", "A", "P"), "follow the newest, show all, hold the view"),
    LocalKey("views", ("Ctrl+Tab",), "next view"),
    LocalKey("events", ("Space",), "acknowledge"),
    LocalKey("events", ("Return",), "show the run"),
    LocalKey("queue", ("Space", "H"), "ready or not, hold or let go"),
    LocalKey("queue", ("Alt+Up", "Alt+Down"), "move the order"),
    LocalKey("queue", ("Delete",), "take it out"),
    LocalKey("list of steps", ("Insert", "Delete"), "add, remove"),
    LocalKey("list of steps", ("Ctrl+Shift+D", "Return"), "duplicate, edit"),
    LocalKey("list of steps", ("Alt+Up", "Alt+Down"), "move the step"),
    LocalKey("list of steps", ("Alt+Left", "Alt+Right"), "out of a loop, into it"),
    LocalKey("list of steps", ("Ctrl+Z", "Ctrl+Shift+Z"), "undo, redo"),
    LocalKey("list of runs", ("Space", "Ctrl+A"), "tick, tick all"),
    LocalKey("list of runs", ("X", "Return"), "exclude, open"),
    LocalKey("list of runs", ("Ctrl+Left", "Ctrl+Right"), "sort by another column"),
    LocalKey("list of runs", ("Ctrl+Up", "Ctrl+Down"), "turn the order round"),
    LocalKey("schedule", ("Up", "Down"), "channel"),
    LocalKey("schedule", ("Left", "Right"), "run before, run after"),
    LocalKey("schedule", ("Return",), "open the run; compose one on a free channel"),
    LocalKey("schedule", ("+", "-"), "1, 3 or 14 days"),
    LocalKey("question", ("Return",), "do it"),
    LocalKey("command line", ("Up", "Down", "Return"), "choose, do"),
    LocalKey("all of these", ("Escape",), "take it back, close it"),
)
EVERYWHERE = "all of these"


def action_of(word: str) -> Action:
    """Return an action by its word."""
    return next(action for action in ACTIONS if action.word == word)


def with_key(text: str, word: str) -> str:
    """Return a text with an action's key behind it, for a tool tip."""
    key = action_of(word).key if word else ""
    return f"{text} ({shown_key(key)})" if key else text


def shown_key(key: str) -> str:
    """Write a key as it stands on keyboards."""
    for name, shown in _SHOWN.items():
        key = key.replace(name, shown)
    return key


def keys_at(places: Collection[str]) -> list[LocalKey]:
    """Return the keys that work in places, besides those of the window."""
    return [key for key in LOCAL_KEYS if key.place in places]


def table_of_keys() -> dict[str, list[tuple[str, str]]]:
    """Return heading -> (key, what it does), for people to read."""
    table: dict[str, list[tuple[str, str]]] = {str(group): [] for group in KeyGroup}
    families: set[str] = set()
    for action in ACTIONS:
        if not action.key or action.family in families:
            continue
        if not action.family:
            table[action.group].append((shown_key(action.key), action.title))
            continue
        families.add(action.family)
        own = [a.key for a in ACTIONS if a.family == action.family]
        keys = f"{own[0]} … {own[-1].rpartition('+')[2]}"
        table[action.group].append((keys, action.family))
    for key in LOCAL_KEYS:
        heading = f"In the {key.place}" if key.place != EVERYWHERE else "Everywhere"
        table.setdefault(heading, []).append((key.shown, key.does))
    return table


_SHOWN = {
    "Return": "Enter",
    "Left": "←",
    "Right": "→",
    "Up": "↑",
    "Down": "↓",
}
