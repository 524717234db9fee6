"""What the configuration may say about a Neware BTS server, SI units."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labctl.errors import Complaint, RefusedError

HostLoss = Literal["off", "finish_technique"]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
OWN_FOLDER = "labctl-neware-steps"
"""In this PC's folder for temporary files, where the configuration names no other."""


class Options(BaseModel):
    """Options of one BTS server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str = ""
    """Where step files are written; BTS Server must be able to read them there. Empty:
    a folder for temporary files, right where both run on one PC."""
    server_folder: str = ""
    """What that folder is called on the PC of BTS Server; empty: the same."""
    backup_folder: str = "C:\\Neware data"
    """Where BTS Server keeps its own copy of the data, as its PC calls it."""
    serial: str = ""
    """Expected serial; the station compares it."""
    max_current: Positive | None = None
    """Largest |current| in A of the channels; the server does not say."""
    least_current: Positive | None = None
    """Smallest |current| in A that they set; the server does not say."""
    most_steps: Annotated[int, Field(ge=2, le=65535)] = 254
    """Steps that a file may have, the end included; newer units take 2000."""
    protection_confirmed: bool = False
    """Whether somebody has seen that the protection in a file of ours trips on this
    server. It cannot be read back: without this word a run counts as not limited."""
    timeout: Annotated[float, Field(ge=0.5, le=120)] = 10.0
    """s that an answer may take."""
    hold_link_for: Annotated[float, Field(ge=0, le=86400)] = 300.0
    """s for which a broken link is tried while a protected test goes on by itself."""
    on_host_loss: HostLoss | Mapping[str, HostLoss] = "off"
    """When this program dies: ``off``, or ``finish_technique`` where the protection is
    confirmed; for all channels, or channel -> one of them."""

    @property
    def local(self) -> Path:
        """Return the folder of step files on this PC."""
        return Path(self.folder) if self.folder else Path(gettempdir()) / OWN_FOLDER

    def at_server(self, path: Path) -> str:
        """Return what a file of `local` is called on the server's PC."""
        if not self.server_folder:
            return str(path.resolve())
        apart = "\\" if "\\" in self.server_folder else "/"
        return self.server_folder.rstrip("\\/") + apart + path.name


def read_options(name: str, options: Mapping[str, Any]) -> Options:
    """Return the checked options. RefusedError lists every complaint."""
    try:
        return Options.model_validate(dict(options))
    except ValidationError as error:
        raise RefusedError(
            Complaint(
                ("instruments", name, "options", *item["loc"]),
                f"{item['input']!r}: {item['msg']}.",
            )
            for item in error.errors()
        ) from error
