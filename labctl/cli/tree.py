"""The tree of commands, and the one branch of it that a word leads to.

A command's module is imported when its word is the first on the command line; all of
them only for help, completion, and a word that nobody knows.
"""

from collections.abc import Iterable, Sequence
from importlib import import_module

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

BRANCHES = {
    "run": ("run", "resume"),
    "watch": ("watch",),
    "amend": ("amend",),
    "do": ("do",),
    "check": ("check", "forecast"),
    "compare": ("compare",),
    "report": ("report",),
    "doctor": ("doctor",),
    "station.serve": ("serve",),
    "gui": ("gui",),
    "station.remote": ("status", "attach", "hold", "skip", "stop"),
    "protocols": ("protocol",),
    "station.station": ("station",),
    "twins": ("twins",),
    "runs": ("runs",),
    "station.queue": ("queue",),
    "station.audit": ("audit",),
}
"""Module of `labctl.cli` -> first words that it answers, in the order of the help. A
module with a ``register`` adds commands, one with an ``app`` a group of them."""


def branch_of(word: str) -> str | None:
    """Return the module that answers a first word; None: nobody does."""
    return next((at for at, words in BRANCHES.items() if word in words), None)


def tree(branches: Iterable[str] = BRANCHES) -> typer.Typer:
    """Return the commands of some modules, or of all."""
    app = typer.Typer(
        name="labctl",
        help="Drive a lab's instruments through measurement protocols, and keep every "
        "row.",
        epilog="First steps: labctl run formation-cycling --simulate",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for branch in branches:
        module = import_module(f"labctl.cli.{branch}")
        if hasattr(module, "register"):
            module.register(app)
        else:
            (word,) = BRANCHES[branch]
            app.add_typer(module.app, name=word)
    return app


def command(words: Sequence[str]) -> TyperGroup:
    """Return what answers a command line: the branch of its first word, or all."""
    branch = branch_of(words[0]) if words else None
    if branch is not None:
        return get_group(tree([branch]))
    whole = get_command(tree())
    assert isinstance(whole, TyperGroup)  # noqa: S101  (it has several commands)
    return whole
