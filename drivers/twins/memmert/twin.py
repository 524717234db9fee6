"""Puts a simulated Memmert where HTTP would lead, and samples into it."""

from typing import Any

import httpx

from drivers.twins.memmert.atmoweb import SENSOR, AtmoWebTwin
from drivers.twins.world.enclosing import place_in, random_of, simulated_options
from labctl.clock import Clock
from labctl.roles.driver import Setup

FOUND, NOT_FOUND = 200, 404


class AtmoWebTransport(httpx.BaseTransport):
    """HTTP's way to the twin; what can go wrong on it goes wrong in the run's time."""

    def __init__(self, twin: AtmoWebTwin) -> None:
        self.twin = twin
        self.refusing = False
        """A fault: nobody listens."""
        self.silent = False
        """A fault: it takes questions and does not answer."""
        self.tamper: Any = None
        """A fault: a function that changes the body, bytes to bytes."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if self.refusing:
            raise httpx.ConnectError("connection refused", request=request)
        if self.silent:
            self.twin.clock.sleep(request.extensions["timeout"]["read"])
            raise httpx.ReadTimeout("timed out", request=request)
        if request.method != "GET" or request.url.path != "/atmoweb":
            page = httpx.ByteStream(b"<html>not found</html>")
            return httpx.Response(NOT_FOUND, stream=page)
        body = self.twin.answer(request.url.query.decode("ascii"))
        if self.tamper is not None:
            body = self.tamper(body)
        return httpx.Response(
            FOUND, headers={"Server": "Memmert"}, stream=httpx.ByteStream(body)
        )


def twin(setup: Setup, world: Any, clock: Clock) -> AtmoWebTransport:
    """Return the way to a twin; ``simulated`` goes to it as keywords.

    ``around`` names the channels and instruments that stand in it.
    """
    options = simulated_options(setup, AtmoWebTwin)
    error = random_of(world, setup.name).uniform(-SENSOR, SENSOR)
    device = AtmoWebTwin(clock, error, **options)
    place_in(world, setup, device, device.plant)
    return AtmoWebTransport(device)
