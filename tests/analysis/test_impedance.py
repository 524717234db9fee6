"""Circuits are read, written and evaluated as the field defines them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis.spectra.elements import KINDS, ParameterScale
from labctl.analysis.spectra.impedance import (
    Circuit,
    Element,
    InSeries,
    Parallel,
    Part,
    parse_circuit,
)

DATA = Path(__file__).parents[1] / "data" / "impedance_spectra.json"
SPECTRA: dict[str, Any] = json.loads(DATA.read_text())
EXACT = ("randles", "silicon", "warburg_admittance", "measured_fit")


@pytest.mark.parametrize("name", EXACT)
def test_circuits_give_the_published_impedance(name: str) -> None:
    s = SPECTRA[name]

    z = parse_circuit(s["circuit"]).impedance(s["frequency"], s["values"])

    published = np.array(s["real"]) + 1j * np.array(s["imaginary"])
    # the measured fit's parameters are quoted to four digits
    tolerance = 2e-4 if name == "measured_fit" else 2e-8
    np.testing.assert_allclose(z, published, rtol=tolerance, atol=1e-6)


def test_published_two_arc_fit_lies_on_the_measured_spectrum() -> None:
    s = SPECTRA["measured_fit_two_arcs"]

    z = parse_circuit(s["circuit"]).impedance(s["measured_frequency"], s["values"])

    measured = np.array(s["measured_real"]) + 1j * np.array(s["measured_imaginary"])
    assert np.abs(z - measured).max() < 3 * s["rmse"]


def test_parameters_stand_in_order_of_appearance() -> None:
    circuit = parse_circuit("R0-p(R1,CPE1)-p(R2-Wo1,CPE2)")

    assert circuit.names == (
        "R0", "R1", "CPE1_Q", "CPE1_alpha", "R2", "Wo1_Z0", "Wo1_tau", "CPE2_Q",
        "CPE2_alpha",
    )  # fmt: skip


# text, part of the complaint
UNREADABLE = [
    ("", "ends where"),
    ("R0-", "ends where"),
    ("R0-Q1", "cannot read 'Q1'"),
    ("p(R1,C1", "not closed"),
    ("R0)C1", "left over"),
    ("R0,R1", "left over"),
    ("R1-R1", "R1 stands twice"),
]


@pytest.mark.parametrize(("text", "complaint"), UNREADABLE)
def test_what_is_not_a_circuit_is_refused_with_its_place(
    text: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_circuit(text)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(ValueError, match="2 parameters R0, C1"):
        parse_circuit("R0-C1").impedance([1.0], [5.0])


@st.composite
def circuits(draw: st.DrawFn) -> Circuit:
    """Draw a circuit of up to three levels with numbered elements."""
    count = iter(range(1000))

    def part(depth: int, joined: str) -> Part:
        shapes = ["element"]
        if depth:
            shapes += [s for s in ("series", "parallel") if s != joined]
        shape = draw(st.sampled_from(shapes))
        if shape == "element":
            kind = draw(st.sampled_from(sorted(KINDS)))
            return Element(kind, f"{kind}{next(count)}")
        parts = tuple(part(depth - 1, shape) for _ in range(draw(st.integers(2, 3))))
        return InSeries(parts) if shape == "series" else Parallel(parts)

    return Circuit(part(3, ""))


@given(circuits())
def test_a_circuit_survives_being_written_and_read(circuit: Circuit) -> None:
    assert parse_circuit(str(circuit)) == circuit


@given(circuits(), st.floats(1e-3, 1e5))
def test_a_passive_circuit_never_has_a_negative_real_part(
    circuit: Circuit, frequency: float
) -> None:
    values = [0.8] * len(circuit.names)

    assert circuit.impedance([frequency], values).real[0] >= -1e-9


def test_diffusion_elements_have_the_right_limits() -> None:
    slow, fast = 1e-7, 1e7
    blocked, open_ended, sphere = (parse_circuit(f"{k}1") for k in ("Wo", "Ws", "Sp"))
    omega = 2 * np.pi * slow
    values = (60.0, 800.0)

    assert blocked.impedance([slow], values)[0] == pytest.approx(
        60 / 3 + 60 / (1j * omega * 800), rel=1e-4
    )
    assert open_ended.impedance([slow], values)[0] == pytest.approx(60, rel=1e-3)
    assert sphere.impedance([slow], values)[0] == pytest.approx(
        60 / 15 + 60 / (1j * omega * 800), rel=1e-4
    )
    semi_infinite = 60 / np.sqrt(2j * np.pi * fast * 800)
    for circuit, factor in ((blocked, 1), (open_ended, 1), (sphere, 1 / 3)):
        z = circuit.impedance([fast], values)[0]
        assert z == pytest.approx(factor * semi_infinite, rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("written", ["R0-p(R1-{}3,C1)", "R0-p({}3,C1)-p(C2,R2)"])
def test_slopes_are_those_of_differences(kind: str, written: str) -> None:
    circuit = parse_circuit(written.format(kind))
    omega = 2 * np.pi * np.logspace(4, -3, 30)
    logs = np.log(np.full(len(circuit.names), 0.9))
    logs[circuit.scales.index(ParameterScale.FARAD)] = np.log(0.02)
    slopes = np.empty((1, len(logs), len(omega)), dtype=np.complex128)

    circuit.tree.steep(omega, np.exp(logs)[:, None, None], slopes)

    for k, slope in enumerate(slopes[0]):
        step = 1e-5 * np.eye(len(logs))[k]
        above = circuit.tree.at(omega, np.exp(logs + step))
        below = circuit.tree.at(omega, np.exp(logs - step))
        assert np.allclose(slope, (above - below) / 2e-5, rtol=1e-6, atol=1e-8)
