"""aurora-neware's client with deadlines: one connection to one BTS Server.

What aurora-neware knows (messages, login, channel map) is used as it is. Replaced are
waits without an end (a server that hangs up was read for ever), answers cut within a
character, and values that change their type on the way (a barcode ``1.50``). Not used
is ``getchlstatus``: servers mix up its subdevices.
"""

import contextlib
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from drivers.neware.answers import (
    Address,
    AnswerError,
    Download,
    Seen,
    download_of,
    tree_of,
    verdict_of,
)
from labctl.clock import stopwatch
from labctl.errors import LinkError, OperatorError
from labctl.waits import announce

try:
    from aurora_neware import NewareAPI
except ImportError:
    NewareAPI = None

CHUNK = 65536
MOST_BYTES = 64 * 2**20
"""Of one answer; 1000 rows are 0.2 MB."""
ROWS_AT_ONCE = 1000


class BtsClient:
    """Asks one server; every call ends within ``timeout`` s of real time."""

    def __init__(self, host: str, port: int, name: str, timeout: float) -> None:
        if NewareAPI is None:
            raise OperatorError(
                f"{name}: Neware's server is spoken to by aurora-neware, which is not "
                "installed: pip install 'labctl-bench[bts]'"
            )
        self._api: Any = NewareAPI(host, port)
        self._api.command = self._command
        self._name, self._timeout = name, timeout
        self._at = f"{host}:{port}"

    def open(self) -> Mapping[str, Address]:
        """Log in; return the channels by name. LinkError: nobody answers."""
        self._api.neware_socket.settimeout(self._timeout)
        try:
            with announce(f"{self._name} to open", self._timeout):
                self._api.connect()
        except OSError as error:
            raise LinkError(
                f"{self._name}: no BTS Server answers at {self._at} ({error}); is BTS "
                "8 running there, with its API switched on?"
            ) from error
        except (ValueError, TypeError, KeyError) as error:
            raise AnswerError(f"{self._name}: names no channels: {error}") from error
        told: Mapping[str, Mapping[str, Any]] = self._api.channel_map
        return {str(a): a for a in map(Address.of, told.values())}

    def close(self) -> None:
        """Hang up; tests go on."""
        with contextlib.suppress(OSError):
            self._api.disconnect()

    def seen(self, address: Address) -> Seen:
        """Return what a channel does now."""
        return Seen.of(self._one("inquire", address), address)

    def rows_of(self, address: Address) -> tuple[int, int]:
        """Return the number of the last test of a channel, and how many rows it has."""
        told = self._one("inquiredf", address)
        test, count = told.get("testid"), told.get("count")
        if not isinstance(test, int) or not isinstance(count, int):
            raise AnswerError(f"{address}: test {test!r} with {count!r} rows")
        return test, count

    def is_written(self, address: Address) -> bool:
        """Tell whether all rows of the last test of a channel stand in the database.

        Of recorded answers each finished test says ``true``, each running one
        ``false``. Another word is none: True.
        """
        return str(self._one("inquiredf", address).get("chl")).lower() != "false"

    def download(self, address: Address, first: int) -> Download:
        """Return up to `ROWS_AT_ONCE` rows of the last test from ``first`` on."""
        where = (
            f'devtype="{address.devtype}" devid="{address.device}" '
            f'subdevid="{address.subdevice}" chlid="{address.channel}"'
        )
        text = self._api.command(
            f'<cmd>download</cmd><download {where} auxid="0" testid="0" '
            f'startpos="{first}" count="{ROWS_AT_ONCE}"/>'
        )
        return download_of(text, address, first)

    def start(self, address: Address, barcode: str, file: str, backup: str) -> bool:
        """Start a step file that the server can read; False: the server refuses."""
        text = self._api.command(
            '<cmd>start</cmd><list count = "1">'
            f"<start {self._full(address)} barcode={quoteattr(barcode)}>"
            f"{escape(file)}</start>"
            f'<backup backupdir={quoteattr(backup)} remotedir="" filenametype="0" '
            'customfilename="" addtimewhenrepeat="0" createdirbydate="0" filetype="0" '
            'backupontime="1" backupontimeinterval="720" backupfree="1" /></list>'
        )
        return verdict_of(text, address, "start") == "ok"

    def stop(self, address: Address) -> bool:
        """Stop whatever runs on a channel; False: the server refuses."""
        text = self._api.command(
            '<cmd>stop</cmd><list count = "1">'
            f"<stop {self._full(address)}>true</stop></list>"
        )
        return verdict_of(text, address, "stop") == "ok"

    def _full(self, address: Address) -> str:
        told = self._api.get_pipeline(str(address))
        return (
            f'ip="{told["ip"]}" devtype="{address.devtype}" devid="{address.device}" '
            f'subdevid="{address.subdevice}" chlid="{address.channel}"'
        )

    def _one(self, command: str, address: Address) -> Mapping[str, Any]:
        try:
            told: Mapping[str, Any] = getattr(self._api, command)(str(address))[
                str(address)
            ]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise AnswerError(f"{address}: {command} says nothing: {error}") from error
        if told.get("chlid", address.channel) != address.channel:
            raise AnswerError(f"{address}: {command} tells of {told['chlid']}")
        return told

    def _command(self, message: str) -> str:
        """Take the place of aurora-neware's, which waits without an end."""
        api = self._api
        sent = api.start_message + message + api.end_message + api.termination
        ending, deadline = api.termination.encode(), stopwatch() + self._timeout
        received = bytearray()
        with announce(f"an answer of {self._name}", self._timeout):
            try:
                api.neware_socket.settimeout(self._timeout)
                api.neware_socket.sendall(sent.encode())
                while not received.endswith(ending):
                    left = deadline - stopwatch()
                    if left <= 0.0 or len(received) > MOST_BYTES:
                        raise LinkError(f"{self._name}: an answer does not end")
                    api.neware_socket.settimeout(left)
                    part = api.neware_socket.recv(CHUNK)
                    if not part:
                        raise LinkError(f"{self._name}: {self._at} hung up")
                    received += part
            except OSError as error:
                raise LinkError(f"{self._name}: {self._at}: {error}") from error
        try:
            text = received[: -len(ending)].decode()
        except UnicodeDecodeError as error:
            raise AnswerError(f"{self._name}: an answer is no text: {error}") from error
        tree_of(text)
        return text
