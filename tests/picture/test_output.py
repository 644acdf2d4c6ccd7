"""A drawing saves itself by suffix and shows itself in a notebook."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

import tinygrad_relu as tg
from tests.picture.graphs import (
    neuron,
)
from tinygrad_relu.picture.output import Drawing


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


def test_notebooks_get_an_isolated_frame_an_svg_and_text() -> None:
    bundle = tg.gradient_flow(neuron())._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert bundle["text/html"].startswith('<iframe srcdoc="')
    assert "<svg" not in bundle["text/html"]
    assert bundle["image/svg+xml"].startswith("<svg")


def test_a_frame_holds_its_page_as_an_attribute() -> None:
    page = Drawing('digraph { a [tooltip="x"] }', "a").mimebundle()["text/html"]
    assert page.count('"') == 6  # of srcdoc, style and title: none inside ends them
    assert "<svg" in html.unescape(page)
