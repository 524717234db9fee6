"""What the window asks of a station, call by call; every call blocks."""

from typing import TypeAlias

from labctl.api.client import StationClient

Station: TypeAlias = StationClient
