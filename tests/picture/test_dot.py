"""Pictures, tested by their structure: ids, classes and text, not pixels."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture import render as renderer
from tinygrad_relu.picture.look import LOOKS
from tinygrad_relu.picture.output import Drawing
from tinygrad_relu.picture.render import RendererError, render

SVG = "{http://www.w3.org/2000/svg}"


def elements(svg: str) -> dict[str, list[str]]:
    """The classes of every element that has an id."""
    root = ET.fromstring(svg)
    return {e.get("id", ""): e.get("class", "").split() for e in root.iter() if e.get("id")}


def texts(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text")]


def classes(root: Value, **options: object) -> set[str]:
    svg = tg.gradient_flow(root).to_svg(**options)
    return {c for id, found in elements(svg).items() if "-edge-" in id for c in found}


def neuron() -> Value:
    x, w, b = Value(0.7, "x"), Value(1.0, "w"), Value(-2.0, "b")
    h = (w * x + b).relu()
    h.label = "h"
    return h


def test_a_cut_is_drawn_with_id_class_scissors_and_dashes() -> None:
    svg = tg.gradient_flow(neuron()).to_svg()
    found = elements(svg)
    cut = [id for id, c in found.items() if "shut" in c]
    assert len(cut) == 1
    assert re.fullmatch(r"g[0-9a-f]{6}-edge-node-5-node-4-0", cut[0])
    assert {"shut", "blocks"} <= set(found[cut[0]])
    words = texts(svg)
    assert "✂ cut" in words
    assert "× 0" in words
    assert "= 0" in words
    path = next(e for e in ET.fromstring(svg).iter() if e.get("id") == cut[0]).find(f".//{SVG}path")
    assert path is not None
    assert path.get("stroke-dasharray")


def test_every_node_and_edge_has_its_element() -> None:
    flow = tg.gradient_flow(neuron())
    found = elements(flow.to_svg())
    assert sum("node" in c for c in found.values()) == len(flow.nodes)
    assert sum("edge" in c for c in found.values()) == len(flow.edges)
    assert len(found) == len(set(found))


def test_the_same_graph_gives_the_same_bytes_and_another_other_ids() -> None:
    one, two = (tg.gradient_flow(neuron()) for _ in range(2))
    assert one.to_dot() == two.to_dot()
    assert one.to_svg() == two.to_svg()
    assert render(one.to_dot(), "png") == render(two.to_dot(), "png")
    assert render(one.to_dot(), "pdf") == render(two.to_dot(), "pdf")
    other = tg.gradient_flow(neuron() + 1.0)
    assert not set(elements(one.to_svg())) & set(elements(other.to_svg()))


def test_nothing_in_the_picture_names_version_or_address() -> None:
    svg = tg.gradient_flow(neuron()).to_svg()
    assert "graphviz" not in svg.lower()
    assert "0x" not in svg


STATES = {
    "flows": lambda: Value(2.0).relu(),
    "shut": lambda: Value(-2.0).relu(),
    "kink": lambda: Value(0.0).relu(),
    "unselected": lambda: tg.maximum(Value(1.0), Value(2.0)),
    "by-zero": lambda: Value(1.0) * Value(0.0),
    "tiny": lambda: Value(20.0).tanh(),
    "underflow": lambda: (Value(1.0) * 1e-200) * 1e-200,
    "starved": lambda: (Value(1.0) * 2.0 - 5.0).relu(),
    "nonfinite": lambda: tg.sqrt(Value(0.0)),
    "unknown": lambda: tg.record(np.ones(2), [Value(np.ones(2))], lambda g: g * 0 + 1).sum(),
    "partly": lambda: Value(np.array([-1.0, 1.0])).relu().sum(),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_drawn_and_explained(state: str, capfd: pytest.CaptureFixture[str]) -> None:
    with np.errstate(all="ignore"):
        flow = tg.gradient_flow(STATES[state]())
        svg = flow.to_svg()
    assert state in {c for id, found in elements(svg).items() if "-edge-" in id for c in found}
    assert LOOKS[state].meaning in texts(svg)
    absent = {"shut", "kink", "tiny", "nonfinite"} - {s for e in flow.edges for s in e.counts}
    assert not {LOOKS[s].meaning for s in absent} & set(texts(svg))
    assert "rror" not in capfd.readouterr().err.replace("Fontconfig error", "")


def test_states_differ_without_colour() -> None:
    drawn = [(look.style, look.mark) for look in LOOKS.values()]
    words = [(look.sign, look.word) for look in LOOKS.values()]
    assert len(set(words)) == len(words)
    same = {d for d in drawn if drawn.count(d) > 1}
    assert not same


def test_colours_have_six_digits() -> None:
    source = tg.gradient_flow(neuron()).to_dot()
    assert all(len(c) == 6 for c in re.findall(r"#([0-9a-fA-F]+)\b", source))
    assert "curved" not in source
    assert "record" not in source


def test_a_kink_says_convention_and_whether_it_blocks() -> None:
    words = texts(tg.gradient_flow(Value(0.0).relu()).to_svg())
    assert "slope 0 by convention" in words
    assert "blocks" in words
    assert "passes" in texts(tg.gradient_flow(Value(0.0).relu(at_zero=1.0)).to_svg())


def test_tensor_edges_count() -> None:
    x = Value(np.arange(-5.0, 3.0).reshape(2, 4), "x")
    words = texts(tg.gradient_flow(x.relu().sum()).to_svg())
    assert "✂ cut 5 of 8" in words
    assert "2×4" in words


def test_before_a_pass_gradients_are_dashes() -> None:
    h = neuron()
    svg = tg.draw(h).to_svg()
    assert texts(svg).count("–") == 6
    assert "✂ cut" not in texts(svg)
    h.backward()
    assert "–" not in texts(tg.draw(h).to_svg())


def test_a_tensor_root_is_drawn_with_the_gradient_of_the_last_pass() -> None:
    x = Value(np.array([1.0, -1.0]), "x")
    y = x.relu()
    assert "–" in texts(tg.draw(y).to_svg())
    (y * np.array([3.0, 5.0])).sum().backward()
    assert "[3, 0]" in texts(tg.draw(y).to_svg())


def test_both_operands_of_a_sum_with_itself() -> None:
    x = Value(1.0, "x")
    found = elements(tg.gradient_flow(x + x).to_svg())
    assert sum("edge" in c for c in found.values()) == 2


def test_what_wants_no_gradient_has_a_plain_line() -> None:
    x = Value(2.0, "x")
    c = Value(3.0, "c", requires_grad=False)
    y = x * 2.0
    y.label = "y"
    root = x * c + y * y.detach()
    svg = tg.gradient_flow(root).to_svg()
    found = elements(svg)
    assert sum("constant" in c and "edge" in c for c in found.values()) == 2
    assert sum("detached" in c and "edge" in c for c in found.values()) == 1
    assert "detached from y" in texts(svg)


@pytest.mark.parametrize(
    "label",
    [
        "<b>&amp;\"'",
        "\\N \\G \\n",
        "<",
        "重みの勾配",
        "a\x00b\x1b",
        "x" * 500,
        "]]>",
        "%s {}",
        "]; evil [",
        "\ud800",
    ],
)
def test_labels_are_escaped(label: str, capfd: pytest.CaptureFixture[str]) -> None:
    svg = tg.gradient_flow(Value(1.0, label) * 2.0).to_svg()
    clean = label[:39] + "…" if len(label) > 40 else label
    clean = re.sub("[\x00\x1b\ud800]", "�", clean)
    assert clean in texts(svg)
    assert "rror" not in capfd.readouterr().err


def test_no_negative_zero() -> None:
    x = Value(-0.0, "x")
    svg = tg.gradient_flow(x * -0.0).to_svg()
    assert "−0" not in texts(svg)


def test_the_backward_direction_turns_the_arrows() -> None:
    flow = tg.gradient_flow(neuron())
    assert "dir=back" in flow.to_dot(direction="backward")
    assert "dir=back" not in flow.to_dot()
    with pytest.raises(ValueError, match="direction is"):
        flow.to_dot(direction="sideways")
    with pytest.raises(ValueError, match="rankdir is"):
        flow.to_dot(rankdir="XY")


def test_wider_is_more() -> None:
    a, b = Value(1.0), Value(1.0)
    dot = tg.gradient_flow(a * 0.01 + b * 100.0).to_dot()
    widths = sorted({float(w.replace("−", "-")) for w in re.findall(r"penwidth=([\d.]+)", dot)})
    assert widths[-1] > 2 * widths[0]


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf", "dot", "html", "txt"])
def test_save_by_suffix(suffix: str, tmp_path: Path) -> None:
    starts = {
        "svg": b"<?xml",
        "png": b"\x89PNG",
        "pdf": b"%PDF",
        "dot": b"digraph",
        "html": b"<!DOCTYPE html>",
        "txt": b"h  relu",
    }
    path = tg.draw(neuron(), tmp_path / f"図.{suffix}")
    assert path == tmp_path / f"図.{suffix}"
    assert path.read_bytes().startswith(starts[suffix])
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_saving_errors_name_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.svg, \.png"):
        tg.draw(neuron(), tmp_path / "x.gif")
    with pytest.raises(FileNotFoundError, match="make the directory"):
        tg.draw(neuron(), tmp_path / "no" / "x.dot")


def test_without_a_renderer_text_and_dot_still_come_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    flow = tg.gradient_flow(neuron())
    with pytest.raises(RendererError) as error:
        flow.to_svg()
    for word in ("Graphviz", "PATH", "pygraphviz", "to_text()", "to_dot()"):
        assert word in str(error.value)
    assert "✂ cut" in flow.to_text()
    assert "✂ cut" in flow.to_dot()
    flow.save(tmp_path / "a.txt")
    flow.save(tmp_path / "a.dot")
    bundle = tg.draw(neuron())._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}


def test_the_choice_of_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/somewhere/dot")
    assert renderer.available() == "dot"
    assert renderer.available("pygraphviz") == "pygraphviz"
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert renderer.available() == "pygraphviz"
    with pytest.raises(RendererError, match="no `dot` on PATH"):
        renderer.available("dot")
    with pytest.raises(ValueError, match="engine is"):
        renderer.available("inkscape")


def test_dot_on_path_is_asked_for_the_format(monkeypatch: pytest.MonkeyPatch) -> None:
    import graphviz

    asked = []

    def pipe(self: object, format: str, quiet: bool) -> bytes:
        asked.append(format)
        return b"<svg><!-- Generated by graphviz version 2.43.0 --></svg>"

    monkeypatch.setattr("shutil.which", lambda name: "/somewhere/dot")
    monkeypatch.setattr(graphviz.Source, "pipe", pipe)
    assert Drawing("digraph { a }", "").to_svg() == "<svg></svg>"
    assert asked == ["svg"]


def test_notebooks_get_an_isolated_frame_an_svg_and_text() -> None:
    bundle = tg.gradient_flow(neuron())._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert bundle["text/html"].startswith('<iframe srcdoc="')
    assert "<svg" not in bundle["text/html"]
    assert bundle["image/svg+xml"].startswith("<svg")


def test_tooltips_are_titles_that_browsers_show() -> None:
    svg = tg.gradient_flow(neuron()).to_svg()
    titles = [e.text for e in ET.fromstring(svg).iter(f"{SVG}title")]
    assert "h: relu" in titles
    assert "gradient from h to v4: cut" in titles


def test_the_picture_brings_its_own_background() -> None:
    svg = tg.gradient_flow(neuron()).to_svg()
    first = next(ET.fromstring(svg).iter(f"{SVG}polygon"))
    assert first.get("fill") == "#ffffff"


def test_importing_the_package_imports_no_renderer() -> None:
    code = (
        "import sys, tinygrad_relu;"
        "print([m for m in ('graphviz', 'pygraphviz', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
