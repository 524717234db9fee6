"""Who may call a route, and how errors become answers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from labctl.api.answers import Problem
from labctl.api.error_kinds import kind_of
from labctl.api.station_files import ROLES
from labctl.errors import BusyError, Complaint, LabctlError, QuantityError, RefusedError
from labctl.service.http.request_checks import Caller
from labctl.service.http.services import Services

PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "No valid request."},
    401: {"model": Problem, "description": "No valid token."},
    403: {"model": Problem, "description": "This token does not allow it."},
    404: {"model": Problem, "description": "There is no such thing."},
    408: {"model": Problem, "description": "The request arrived too slowly."},
    409: {"model": Problem, "description": "It cannot be done now."},
    413: {"model": Problem, "description": "The request is too long."},
    415: {"model": Problem, "description": "Not JSON."},
    422: {"model": Problem, "description": "Refused; every complaint is named."},
    429: {"model": Problem, "description": "Too many requests."},
}


async def services_of(request: Request) -> Services:
    """Return the parts of this process."""
    services: Services = request.app.state.services
    return services


async def caller_of(request: Request) -> Caller:
    """Return who asks."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


Here = Annotated[Services, Depends(services_of)]
Asking = Annotated[Caller, Depends(caller_of)]


def allow(role: str) -> Callable[[Caller], Awaitable[None]]:
    """Return the check that a route needs at least ``role``."""
    needed = ROLES.index(role)

    async def check(caller: Asking) -> None:
        if ROLES.index(caller.role) < needed:
            raise HTTPException(403, f"this needs a token that may {role}")

    return check


def answer_errors(app: FastAPI) -> None:
    """Turn errors into `Problem`."""

    @app.exception_handler(LabctlError)
    async def known(_: Request, error: LabctlError) -> JSONResponse:
        complaints: list[Complaint] = []
        status = 409
        if isinstance(error, RefusedError):
            complaints = list(error.complaints)
        if isinstance(error, RefusedError | QuantityError):
            status = 422
        holders = error.holders if isinstance(error, BusyError) else {}
        return _problem(
            status, error.fault, str(error), complaints, kind_of(error), holders
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        complaints = [Complaint(tuple(e["loc"]), str(e["msg"])) for e in error.errors()]
        text = "; ".join(f"{c.where}: {c.what}" for c in complaints)
        return _problem(422, "operator", text, complaints)

    @app.exception_handler(StarletteHTTPException)
    async def other(_: Request, error: StarletteHTTPException) -> JSONResponse:
        fault = "access" if error.status_code == 403 else "operator"  # noqa: PLR2004
        answer = _problem(error.status_code, fault, str(error.detail), [])
        answer.headers.update(error.headers or {})
        return answer


def _problem(
    status: int,
    fault: str,
    message: str,
    complaints: list[Complaint],
    kind: str = "",
    holders: Mapping[str, str] | None = None,
) -> JSONResponse:
    problem = Problem(
        fault=fault,
        kind=kind,
        message=message[:4000],
        holders=dict(holders or {}),
        complaints=complaints[:50],
    )
    return JSONResponse(problem.model_dump(mode="json"), status)
