"""What runs done before settle for a new one: baselines, pellets of other thickness."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labctl import plugins
from labctl.protocol import Earlier
from labctl.quantities import SI
from labctl.sample import Sample


def parameters_from(protocol: str, runs: Sequence[Path]) -> Mapping[str, Any]:
    """Return the parameters that ``runs`` settle for ``protocol``; none without runs.

    OperatorError: the protocol can make nothing of one of them.
    """
    if not runs:
        return {}
    return plugins.protocol(protocol).build_on([read_earlier(run) for run in runs])


def read_earlier(run: Path) -> Earlier:
    """Return what a later run may know of this one."""
    from labctl.store.run_file.reader import RunFile  # noqa: PLC0415  h5py loads slowly

    with RunFile(run) as file:
        header = file.header
        return Earlier(
            header.run_id,
            header.protocol,
            Sample.model_validate(header.sample, context=SI),
            header.parameters,
            file.results,
        )
