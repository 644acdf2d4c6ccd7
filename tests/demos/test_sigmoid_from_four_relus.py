"""Claim A3: the numbers the demo rests on."""

from __future__ import annotations

from pathlib import Path

import pytest

import tinygrad_relu as tg
from demos import sigmoid_from_four_relus as demo


@pytest.mark.parametrize(
    ("x", "y"), [(0.0, 0.5002), (6.0, 0.99796), (8.0, 1.01348), (-7.0, 0.0), (-4.0, 0.01796)]
)
def test_y(x: float, y: float) -> None:
    assert demo.network(x)[0].data == pytest.approx(y, abs=1e-9)


def test_largest_error() -> None:
    error, where = demo.largest_error()
    assert error == pytest.approx(0.0410, abs=5e-5)
    assert where == pytest.approx(-1.07, abs=0.01)


def test_gradients_at_1() -> None:
    found = demo.gradients(1.0)
    expected = {"x": 0.19046, "w1": 0.0429, "b2": 0.1398, "v0": 1, "v1": 5, "v2": 3, "c": 1}
    for name, gradient in expected.items():
        assert found[name] == pytest.approx(gradient)
    assert all(found[name] == 0 for name in ("w3", "b3", "v3", "w4", "b4", "v4"))


def test_gradients_agree_with_finite_differences() -> None:
    step = 1e-6
    for x in (-6.2, -3.1, -1.0, 0.5, 3.3, 7.7):
        slope = (demo.network(x + step)[0].data - demo.network(x - step)[0].data) / (2 * step)
        assert demo.gradients(x)["x"] == pytest.approx(slope, abs=1e-8)


def test_the_outer_relu_cuts_every_gradient_below() -> None:
    edge = demo.SHUT_BELOW
    assert edge == pytest.approx(-6.3144, abs=5e-5)
    assert not any(demo.gradients(edge - 1e-6).values())
    assert demo.gradients(edge + 1e-6)["c"] == 1
    y, leaves = demo.network(-7.0)
    flow = tg.gradient_flow(y)
    why = flow.why_zero(leaves["c"])
    assert why.verdict == "shut"
    assert [stop.edge.child for stop in why.stops] == [flow.root]


def test_the_text_s_own_kinks_are_kinks() -> None:
    for x in (-4.0, -2.0, 2.0, 4.0):
        states = {edge.state for edge in tg.gradient_flow(demo.network(x)[0]).edges}
        assert "kink" in states


def test_the_demo_writes_its_pictures_and_is_confirmed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "confirmed with a limit"
    assert finding.claim == "A3"
    assert all(picture.stat().st_size > 1000 for picture in finding.pictures)
    names = {p.name.removeprefix("sigmoid_from_four_relus_") for p in finding.pictures}
    ends = (".svg", ".png", ".html", "_neurons.svg")
    assert names == {"fit.png"} | {f"at_{x}{end}" for x in ("1", "minus_7") for end in ends}
    assert "✂ cut" in (tmp_path / "sigmoid_from_four_relus_at_minus_7.svg").read_text("utf-8")
    neurons = {
        x: tmp_path / f"sigmoid_from_four_relus_at_{x}_neurons.svg" for x in ("minus_7", "1")
    }
    drawn = {x: path.read_text("utf-8").count("neuron shut") for x, path in neurons.items()}
    assert drawn == {"minus_7": 5, "1": 2}  # all neurons; h3 and h4
    printed = capsys.readouterr().out
    assert "largest error on [−6, 6]: 0.0410, at x = −1.07" in printed
    assert "15 of 15 gradients are 0" in printed
