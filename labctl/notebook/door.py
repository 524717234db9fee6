"""``labctl.open`` and ``labctl.runs``: the way in from a notebook."""

from labctl.notebook.collection import Runs
from labctl.notebook.opening import HERE, Place, list_place, open_place
from labctl.notebook.opening import open_run as open_one
from labctl.notebook.run import Run

__all__ = ["open", "open_run", "runs"]


def open(place: Place, *, token: str | None = None) -> Run | Runs:  # noqa: A001
    """Open a run, or all runs of a folder.

    Parameters
    ----------
    place
        A run's folder, its ``.h5`` file or its journal, or its name in ``runs/``: that
        `Run`. A folder of runs, a station's data folder, or a station's address
        (``http://…``) whose data folder this machine sees: `Runs`. No server is needed:
        files are read, of a run that goes on too.
    token
        With an address: a token of the station; None: ``LABCTL_TOKEN``.

    Examples
    --------
    ``run = labctl.open("runs/20261129-221145-formation-cycling-si-4731")``, then
    ``run.table("timeseries")["voltage_volt"]``
    """
    return open_place(place, token=token)


def open_run(place: Place) -> Run:
    """Open one run; as `open`, for code whose types are checked.

    OperatorError: no run lies there. StoreError: damaged, or of a later labctl.
    """
    return open_one(place)


def runs(place: Place = HERE, *, token: str | None = None) -> Runs:
    """Return the runs of a folder as a table: filter it, open one, make a data frame.

    ``place`` as for `open`; ``runs/`` unless told.
    """
    return list_place(place, token=token)
