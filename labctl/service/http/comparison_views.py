"""What any token may look at of several runs together."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from labctl.api.comparison import (
    MOST_PICKED,
    MOST_RUNS,
    RECIPES,
    Asked,
    CycleSet,
    Grouping,
    Normalised,
    Overlay,
    read_cycles,
)
from labctl.errors import OperatorError
from labctl.service.http.access import PROBLEMS, Here, allow
from labctl.service.http.run_views import RunName, Word, folder_of, worked_out
from labctl.service.records import comparison as compared
from labctl.service.records import reports

router = APIRouter(dependencies=[Depends(allow("view"))], responses=PROBLEMS)
Runs = Annotated[list[RunName], Query(min_length=1, max_length=MOST_RUNS)]
Without = Annotated[list[RunName] | None, Query(max_length=MOST_RUNS)]
Words = Annotated[list[Word] | None, Query(max_length=20)]


@router.get("/compare", operation_id="overlay")
async def overlay(
    here: Here,
    run: Runs,
    recipe: Word,
    how: Normalised = Normalised.NOT,
    picked: Word = "1",
    without_cycles: Word = "",
    mean: bool = False,
    by: Grouping = Grouping.SAMPLE,
    words: Words = None,
    without: Without = None,
) -> Overlay:
    """Return the curves of several runs in one figure, and their results averaged.

    ``recipe`` is one of the titles of `RECIPES`; ``picked`` and ``without_cycles`` are
    cycles as a person writes them: ``1; 17-20``.
    """
    names = tuple(dict.fromkeys(run))
    if recipe not in RECIPES:
        known = "; ".join(RECIPES)
        raise OperatorError(f"recipe={recipe!r} is not one of: {known}")
    asked = Asked(
        names,
        recipe,
        how,
        _cycles("picked", picked, most=MOST_PICKED),
        _excluded(names, without),
        _cycles("without_cycles", without_cycles),
        mean=mean,
        by=by,
        words=_words(by, words),
    )
    folders = [folder_of(here, name).path for name in names]
    for folder in folders:  # one by one: other questions are answered in between
        await worked_out(here, compared.read_ahead, folder, asked)
    found: Overlay = await worked_out(here, compared.compare, folders, asked)
    return found


@router.get("/report", operation_id="comparison", response_class=HTMLResponse)
async def comparison(
    here: Here,
    run: Runs,
    by: Grouping = Grouping.SAMPLE,
    words: Words = None,
    without: Without = None,
) -> HTMLResponse:
    """Return one page that compares several runs, those of a group averaged.

    ``words`` go with ``by=words``. Runs in ``without`` are named, not averaged.
    """
    names = tuple(dict.fromkeys(run))
    folders = [folder_of(here, name).path for name in names]
    sought, out = _words(by, words), _excluded(names, without)
    for folder in folders:  # one by one: other questions are answered in between
        await worked_out(here, reports.read_ahead, folder)
    text: str = await worked_out(here, reports.comparison, folders, by, sought, out)
    return HTMLResponse(text)


def _words(by: Grouping, words: list[str] | None) -> tuple[str, ...]:
    if bool(words) != (by is Grouping.WORDS):
        raise OperatorError("by=words and words=… go together")
    return tuple(words or ())


def _excluded(names: tuple[str, ...], without: list[str] | None) -> frozenset[str]:
    odd = sorted(set(without or ()) - set(names))
    if odd:
        raise OperatorError(f"without={odd[0]} is not one of the runs compared")
    return frozenset(without or ())


def _cycles(name: str, text: str, most: int | None = None) -> CycleSet:
    found = read_cycles(text)
    if found.problem:
        raise OperatorError(f"{name}: {found.problem}")
    if most is not None and found.count > most:
        raise OperatorError(f"{name}: {found.count} are too many; at most {most}")
    return found
