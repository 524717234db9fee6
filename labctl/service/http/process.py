"""The station's process: one per configuration, serving its bench until told to go."""

import asyncio
import contextlib
import ipaddress
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from labctl.api.models import API_VERSION
from labctl.api.station_files import Address, Occupied, StationFiles, Tokens
from labctl.config.models import Config
from labctl.documents.hardened_yaml import Document
from labctl.errors import OperatorError
from labctl.service.bench.bench import StationBench
from labctl.service.http import bench_views, commands, comparison_views, run_views
from labctl.service.http.access import answer_errors
from labctl.service.http.audit import Audit
from labctl.service.http.connection_limits import (
    ConnectionLimits,
    ask_for_descriptors,
    take_in,
)
from labctl.service.http.request_checks import RequestChecks
from labctl.service.http.services import Services
from labctl.service.http.timeouts import serving_in_time
from labctl.session.order import Equipment, Order, clock_of, station_of

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
SWITCH = 0.001
"""s that a thread may keep the interpreter: an answer waits for few of them."""
GRACE = 3
"""s that open requests have when the process ends."""
WAITING = 1024
"""Connections that the system may hold until they are taken in."""
LONGEST_HEAD = 16_384
"""Bytes of a request's line and headers."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How the station's process is to be."""

    config: Config
    config_path: Path | None
    """None for the built-in bench."""
    data: Path
    simulate: bool = False
    speed: float = 1.0
    seed: int = 0
    host: str = LOOPBACK
    port: int = 0
    """0 takes any that is free."""
    certificate: Path | None = None
    key: Path | None = None
    live_view: bool = True

    def check(self) -> None:
        """Refuse to be open to other machines without TLS. OperatorError."""
        if (self.certificate is None) != (self.key is None):
            raise OperatorError("--certificate and --key go together")
        if is_loopback(self.host) or self.certificate is not None:
            return
        raise OperatorError(
            f"--host {self.host} would let other machines in without TLS. Give "
            "--certificate and --key, or leave it on 127.0.0.1 and use an SSH tunnel."
        )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(serving: Serving) -> None:
    """Serve until a signal or a client ends it; every run is then stopped safely.

    OperatorError: another process has this bench, or it would be open to the network.
    """
    serving.check()
    sys.setswitchinterval(SWITCH)
    descriptors = ask_for_descriptors()
    files = StationFiles(serving.data.absolute())
    try:
        files.make()
    except OSError as error:
        raise OperatorError(
            f"{files.data}: no folder for runs can be made there "
            f"({error.strerror}); choose another with --data"
        ) from error
    lock_on = None if serving.simulate else serving.config_path
    held = Occupied(files, lock_on)
    try:
        with _bind(serving) as listening:
            _serve(serving, files, listening, descriptors)
    finally:
        files.leave()
        held.release()


def application(services: Services, tokens: Tokens, hosts: frozenset[str]) -> FastAPI:
    """Return the API around the parts of a process."""

    @contextlib.asynccontextmanager
    async def alive(_: FastAPI) -> AsyncIterator[None]:
        async with services.alive():
            yield

    app = FastAPI(
        title="labctl station",
        version=str(API_VERSION),
        lifespan=alive,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.include_router(bench_views.router)
    app.include_router(run_views.router)
    app.include_router(comparison_views.router)
    app.include_router(commands.operate)
    app.include_router(commands.configure)
    answer_errors(app)
    app.add_middleware(RequestChecks, tokens=tokens, hosts=hosts, audit=services.audit)
    return app


def _serve(
    serving: Serving, files: StationFiles, listening: socket.socket, descriptors: int
) -> None:
    tokens, boot = Tokens.new(), secrets.token_hex(8)
    port = listening.getsockname()[1]
    services = Services(_bench(serving, files), boot, Audit(files.audit_file))
    app = application(services, tokens, _names(serving.host, port))
    settings = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        http="h11",
        ws="none",
        loop="asyncio",
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        ssl_certfile=serving.certificate,
        ssl_keyfile=serving.key,
    )
    address = Address(
        pid=os.getpid(),
        started_unix=services.station.started_unix,
        host=serving.host,
        port=port,
        scheme="https" if serving.certificate else "http",
        boot=boot,
        api_version=API_VERSION,
        version=version("labctl-bench"),
        simulated=serving.simulate,
        config=str(serving.config_path or ""),
    )
    limits = ConnectionLimits(port, descriptors)
    asyncio.run(
        _live(_Server(settings), services, files, address, tokens, listening, limits)
    )


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again before we tidied up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


async def _live(
    server: uvicorn.Server,
    services: Services,
    files: StationFiles,
    address: Address,
    tokens: Tokens,
    listening: socket.socket,
    limits: ConnectionLimits,
) -> None:
    async def announce() -> None:
        while not server.started:
            await asyncio.sleep(0.01)
        taking_in = asyncio.create_task(
            take_in(listening, limits, serving_in_time(server))
        )
        files.write_tokens(tokens)
        files.write_address(address)
        log.info("station answers at %s", address.url)
        while not services.leave.is_set():
            await asyncio.sleep(0.1)
        taking_in.cancel()
        server.should_exit = True

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: services.leave.set())
    announcing = asyncio.create_task(announce())
    try:
        await server.serve(sockets=[])  # they are taken in here, one by one
    finally:
        announcing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await announcing


def _bench(serving: Serving, files: StationFiles) -> StationBench:
    order = Order(
        "",
        Document("", {}),
        "",
        simulate=serving.simulate,
        speed=serving.speed,
        seed=serving.seed,
    )
    station, world = station_of(serving.config, clock_of(order), order)
    return StationBench(
        serving.config,
        Equipment(station, world),
        files,
        speed=serving.speed if serving.simulate else 1.0,
        live_view=serving.live_view,
    )


def _bind(serving: Serving) -> socket.socket:
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((serving.host, serving.port))
        listening.listen(WAITING)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise OperatorError(
            f"{serving.host}:{serving.port} cannot be used: {error}; choose another "
            "with --port, or leave it out"
        ) from error
    return listening


def _names(host: str, port: int) -> frozenset[str]:
    """Return what a Host header may say."""
    shown = f"[{host}]" if ":" in host else host
    names = {shown}
    if is_loopback(host):
        names |= {"127.0.0.1", "localhost", "[::1]"}
    return frozenset(f"{name}:{port}".lower() for name in names)
