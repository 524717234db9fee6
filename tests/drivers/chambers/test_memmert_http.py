"""A Memmert behind a real web server: its firmware's answers, threads, cuts."""

import http.server
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from drivers.memmert.memmert import OpenedMemmert
from drivers.twins.memmert.atmoweb import AtmoWebTwin
from labctl import plugins
from labctl.clock import Clock, SystemClock
from labctl.errors import (
    InstrumentError,
    LinkError,
)
from labctl.roles.driver import Setup


class Served:
    """A twin behind a real web server."""

    def __init__(self, twin: AtmoWebTwin, **how: Any) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = twin.answer(self.path.partition("?")[2])
                self.wfile.write(b"HTTP/1.1 200 OK\r\nServer: Memmert\r\n\r\n")
                cut = how.get("cut", len(body))
                self.wfile.write(body[:cut])

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def opened(self, clock: Clock, **options: Any) -> OpenedMemmert:
        port = self.server.server_address[1]
        setup = Setup("oven", "memmert-atmoweb", f"127.0.0.1:{port}", options)
        driver = plugins.driver("memmert-atmoweb")
        opened = driver.open(driver.wire(setup), setup, clock)
        assert isinstance(opened, OpenedMemmert)
        return opened

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5.0)


def test_over_a_real_socket_as_older_firmware_answers() -> None:
    clock = SystemClock()
    served = Served(AtmoWebTwin(clock, braces=False, latency=0.0))
    device = served.opened(clock)
    oven: Any = device.roles[""]

    assert oven.regulate(45.5) == 45.5
    assert oven.read().regulates
    device.close()
    served.close()


def test_several_runs_may_ask_at_once_over_real_sockets() -> None:
    clock = SystemClock()
    served = Served(AtmoWebTwin(clock, latency=0.0))
    device = served.opened(clock)
    oven: Any = device.roles[""]
    oven.regulate(45.0)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: oven.read().setpoint, range(80), timeout=60))

    assert set(found) == {45.0}
    device.close()
    served.close()


def test_over_a_real_socket_what_is_cut_short_is_an_error() -> None:
    clock = SystemClock()
    served = Served(AtmoWebTwin(clock, latency=0.0), cut=12)

    with pytest.raises(InstrumentError, match="no answer of AtmoWEB"):
        served.opened(clock)
    served.close()


def test_nobody_at_the_address_is_a_link_error() -> None:
    setup = Setup("oven", "memmert-atmoweb", "127.0.0.1:1", {"timeout": 0.2})
    driver = plugins.driver("memmert-atmoweb")

    with pytest.raises(LinkError, match="oven: no answer"):
        driver.open(driver.wire(setup), setup, SystemClock())
