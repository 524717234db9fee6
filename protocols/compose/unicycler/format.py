"""The door: a text of unicycler to a plan, and a protocol to such a text."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from labctl.protocol import Protocol
from protocols.cells.cell_protocol import CellProtocol
from protocols.compose.unicycler.losses import Losses
from protocols.compose.unicycler.package import checked, read_json
from protocols.compose.unicycler.reading import plan_of
from protocols.compose.unicycler.thousandths import milli
from protocols.compose.unicycler.unrolling import unrolled
from protocols.compose.unicycler.writing import method_of, record_of, safety_of


class Unicycler:
    """See `labctl.plugins.PlanFormat`."""

    def read(
        self, text: str, name: str, *, without: Collection[str], longest: str
    ) -> Mapping[str, Any]:
        """Return the plan that a file describes, as a person would write it.

        RefusedError: everything that a plan cannot say. OperatorError: the package
        aurora-unicycler is not installed.
        """
        written = read_json(text, name)
        losses = Losses(without, name)
        plan = plan_of(checked(written, name), written, losses, longest)
        losses.settle()
        return plan

    def write(self, protocol: Protocol, *, without: Collection[str]) -> str:
        """Return the JSON of what a protocol does, as the package itself writes it.

        RefusedError: everything that unicycler cannot say.
        """
        losses = Losses(without, protocol.name)
        if protocol.requests:
            losses.refuse((), "takes its steps from a person.")
            losses.settle()
        techniques = unrolled(protocol, losses)
        data = {
            "sample": {"name": protocol.sample.name, **_capacity(protocol)},
            "record": record_of(techniques, losses),
            "safety": safety_of(protocol.envelope(), losses),
            "method": method_of(techniques, losses),
        }
        losses.settle()
        found: dict[str, Any] = json.loads(checked(data, protocol.name).to_json())
        return json.dumps(found, indent=2) + "\n"


def _capacity(protocol: Protocol) -> dict[str, float]:
    """Return what 1C moves in an hour; none where nobody says what 1C is."""
    one_c = protocol.one_c() if isinstance(protocol, CellProtocol) else None
    return {} if one_c is None else {"capacity_mAh": milli(one_c)}


unicycler = Unicycler()
