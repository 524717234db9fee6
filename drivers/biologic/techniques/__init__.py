"""The techniques that this driver knows, by name and by number."""

from collections.abc import Mapping

from drivers.biologic.eclib.tables import TechniqueTable
from drivers.biologic.techniques.impedance import GEIS, PEIS
from drivers.biologic.techniques.jumps import LOOP
from drivers.biologic.techniques.rest import OCV
from drivers.biologic.techniques.scans import CV, VSCAN, VSCANLIMIT
from drivers.biologic.techniques.steps import CA, CALIMIT, CP, CPLIMIT, CPOWER

TECHNIQUES: Mapping[str, TechniqueTable] = {
    table.name: table
    for table in (
        OCV,
        CA,
        CALIMIT,
        CP,
        CPLIMIT,
        CPOWER,
        CV,
        VSCAN,
        VSCANLIMIT,
        PEIS,
        GEIS,
        LOOP,
    )
}
BY_ID: Mapping[int, TechniqueTable] = {t.id: t for t in TECHNIQUES.values()}
