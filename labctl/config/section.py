"""What every section of ``config.yaml`` is: frozen, and a key it lacks is refused."""

from pydantic import ConfigDict

from labctl.described import Described


class Section(Described):
    """A section of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")
