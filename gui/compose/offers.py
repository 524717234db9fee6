"""The protocols and samples of the station, asked for until they have come."""

from PyQt6.QtCore import QObject, pyqtSignal

from gui.compose.draft import fitting
from gui.link.link import Link
from labctl.api.answers import ProtocolOut, SampleOut


class Offers(QObject):
    """What a run can be composed of."""

    protocols_came = pyqtSignal()
    samples_came = pyqtSignal()
    missed = pyqtSignal(str)
    """Why something did not come."""

    def __init__(self, link: Link, parent: QObject) -> None:
        super().__init__(parent)
        self._link = link
        self.protocols: list[ProtocolOut] = []
        """By name."""
        self.samples: list[SampleOut] = []

    @property
    def are_there(self) -> bool:
        """Whether there is something to choose from."""
        return bool(self.protocols and self.samples)

    def load(self) -> None:
        """Fetch protocols and samples."""
        self._link.ask(
            self, lambda s: s.protocols(), self._take_protocols, self.missed.emit
        )
        self.load_samples()

    def load_samples(self) -> None:
        """Fetch the samples anew."""
        self._link.ask(
            self, lambda s: s.samples(), self._take_samples, self.missed.emit
        )

    def protocol(self, name: str) -> ProtocolOut | None:
        """Return a protocol; None if there is none of that name."""
        return next((p for p in self.protocols if p.name == name), None)

    def sample(self, name: str) -> SampleOut | None:
        """Return a sample; None if there is none of that name."""
        return next((s for s in self.samples if s.name == name), None)

    def measured_by(self, protocol: ProtocolOut) -> list[SampleOut]:
        """Return the samples that a protocol can measure."""
        return fitting(self.samples, protocol)

    def _take_protocols(self, found: list[ProtocolOut]) -> None:
        self.protocols = sorted(found, key=lambda p: p.name)
        self.protocols_came.emit()

    def _take_samples(self, found: list[SampleOut]) -> None:
        self.samples = found
        self.samples_came.emit()
