"""A station whose folder gets finished runs as they are asked for; to look at only."""

from pathlib import Path
from typing import Any

import yaml
from real_station import RealStation
from shared_runs import SharedRuns

from drivers.twins.world import catalogue
from labctl.person import Request
from labctl.session.importing.one_file import import_file

FORMED: dict[str, Any] = {"formation_rate": "C/5", "rest": "1 min"}
FRESH: dict[str, Any] = {"formation_cycles": 0, "rest": "1 min"}
SPECTRUM = {"last_frequency": "1 Hz", "points_per_decade": 4}
SHORT: dict[str, tuple[str, dict[str, Any]]] = {
    "formation-cycling": ("qms-0.7", {**FORMED, "cycles": 2}),
    "cycling": ("qms-0.7", {**FORMED, "cycles": 2}),
    "rate-capability": (
        "qms-0.7",
        {**FORMED, "rates": ["C/5", "1C", "2C"], "cycles_per_rate": 1},
    ),
    "gitt": (
        "qms-0.7",
        {
            **FORMED,
            "pulse_rate": "1C",
            "pulse": "4 min",
            "fine_below": 0,
            "fast_every": "5 s",
            "longest_rest": "20 min",
            "directions": "opening",
        },
    ),
    "cyclic-voltammetry": (
        "qms-0.7",
        {
            **FORMED,
            "scan_rates": ["0.3 mV/s", "0.5 mV/s", "1 mV/s"],
            "cycles_per_rate": 1,
            "record_step": "5 mV",
        },
    ),
    "hppc": (
        "qms-0.7",
        {**FORMED, "states": [0.3, 0.6], "settle": "10 min", "pulse_every": "0.5 s"},
    ),
    "quasi-ocv": ("qms-0.7", {**FORMED, "rate": "C/20"}),
    "peis": ("qms-0.7", {**FORMED, **SPECTRUM, "settle": "5 min"}),
    "insitu-eis": (
        "qms-0.7",
        {**FORMED, **SPECTRUM, "states": [0.1, 0.4], "second_every": "10 s"},
    ),
    "sequence": (
        "qms-0.7",
        {
            "steps": [
                {
                    "do": "current",
                    "rate": "D/2",
                    "duration": "5 h",
                    "until": ["full: voltage <= 10 mV"],
                },
                {
                    "do": "peis",
                    "amplitude": "10 mV",
                    "first_frequency": "10 kHz",
                    "last_frequency": "10 Hz",
                },
                {
                    "do": "current",
                    "rate": "C/2",
                    "duration": "5 h",
                    "until": ["empty: voltage >= 1.2 V"],
                },
            ]
        },
    ),
    "particle-iv": ("particle-qms-0.7", {"points": 11, "sweeps": 1}),
    "bias-hold": ("particle-qms-0.7", {"hold": "10 s", "tail": "5 s"}),
    "contact-check": ("film-qms-0.7", {}),
    "pellet-conductivity": ("pellet-qms-0.7", {"sweeps": 1, "settle_time": "1 s"}),
    "van-der-pauw": ("film-qms-0.7", {}),
    "hall-effect": ("film-qms-0.7", {"sweep_points": 5}),
    "channel-by-hand": ("qms-0.7", {"idle": "1 min"}),
    "source-meter-by-hand": ("pellet-qms-0.7", {"idle": "10 s"}),
    "hall-by-hand": ("film-qms-0.7", {"idle": "10 s"}),
    "chamber-by-hand": ("pellet-qms-0.7", {"idle": "2 min", "patience": "2 min"}),
    "watched": ("qms-0.7", {"record": "cell.wrd"}),
}
ASKED = {
    "source-meter-by-hand": Request(
        "sweep-voltage",
        {"start": -0.1, "stop": 0.1, "points": 11, "compliance": 0.1},
    ),
    "chamber-by-hand": Request("hold-temperature", {"temperature": 40.0}),
    "hall-by-hand": Request("reverse", {"current": 1e-4, "contacts": [1, 3, 2, 4]}),
}
"""What a person asks for, in SI."""
IMPORTED = "imported"


class PastRuns(RealStation):
    """A station that remembers what it was asked to have measured."""

    def __init__(self, data: Path, shared_runs: SharedRuns) -> None:
        super().__init__(data)
        self._shared = shared_runs
        self._known: dict[str, str] = {}

    def finished(self, protocol: str) -> str:
        """Return the name of a short run of ``protocol`` that went to its end."""
        if protocol not in self._known:
            self._known[protocol] = self._made(protocol)
        return self._known[protocol]

    def _made(self, protocol: str) -> str:
        data = self.files.data
        if protocol == IMPORTED:
            return import_file(_old_file(data), _label(data), data).name
        sample, given = SHORT[protocol]
        asked = ASKED.get(protocol)
        return self._shared.copy(data, protocol, sample, asked, **given).folder.name


def _label(folder: Path) -> Path:
    path = folder / "A17.yaml"
    path.write_text(yaml.safe_dump(catalogue.label("si"), allow_unicode=True), "utf-8")
    return path


def _old_file(folder: Path) -> Path:
    rows, start = [], 0
    for half, current in enumerate((-1, 1, -1, 1)):
        sign = 1 if current > 0 else -1
        rows += [
            f"{start + s}\t{0.5 + sign * (s / 9000 - 0.2)}\t{current}\t{half}"
            for s in range(0, 3601, 60)
        ]
        start += 3601
    head = (
        "EC-Lab ASCII FILE\nNb header lines : 5\n\n"
        "Galvanostatic Cycling with Potential Limitation\n"
        "time/s\tEwe/V\tI/mA\thalf cycle\n"
    )
    path = folder / "old.mpt"
    path.write_text(head + "\n".join(rows) + "\n", "latin-1")
    return path
