"""The bench that other programs talk to: ``labctl twins serve --bench climate``."""

from drivers.twins.labsim.benches import TwinBench
from labctl_climate.twins import dmm6500, kb53

climate = TwinBench(
    {
        "dmm": ("TCPIP::10.0.0.7::5025::SOCKET", dmm6500.twin),
        "chamber": ("TCPIP::10.0.0.8::5025::SOCKET", kb53.twin),
    },
    sample="pellet-si",
)
