"""GradientFlow: a flow that answers and shows itself. Put together here from all who read it."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from tinygrad_relu.files import write
from tinygrad_relu.flow.graph import Flow, replay
from tinygrad_relu.flow.reasons import cuts, why_zero
from tinygrad_relu.options import file_path, graph_of
from tinygrad_relu.picture import dot, page, text
from tinygrad_relu.value import Value


def save(
    flow: Flow, path: str | os.PathLike[str], engine: str | None = None, **options: Any
) -> Path:
    """Write the flow to a file by its suffix: svg, png, pdf, dot, html or txt."""
    if file_path("save", path).suffix.lower() == ".html":
        return write(path, page.to_html(flow, engine, **options).encode())
    return dot.drawing(flow, **options).save(path, engine)


class GradientFlow(Flow):
    """A backward pass, edge by edge; see `flow.graph.Flow` for what it holds."""

    cuts = cached_property(cuts)
    why_zero = why_zero
    to_text = text.to_text
    to_dot = dot.to_dot
    to_svg = dot.to_svg
    to_html = page.to_html
    save = save

    def __repr__(self) -> str:
        return (
            f"<gradient flow of {self.root.name}: {len(self.nodes)} nodes, {len(self.cuts)} cuts>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return page.mimebundle(self)


def gradient_flow(root: Value, gradient: Any = None) -> GradientFlow:
    """Replay the backward pass from `root` and record what happens on every edge.

    No `.grad` is changed, and no earlier pass is needed.

    Parameters
    ----------
    root : Value
        A scalar, or a tensor with `gradient`.
    gradient : float or array_like, optional
        The upstream gradient at the root, in its shape.

    Returns
    -------
    GradientFlow

    Raises
    ------
    ValueError, RuntimeError, StaleDataError
        As `Value.backward` does.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> x = tg.Value(-2.0, label="x")
    >>> flow = gradient_flow(x.relu())
    >>> flow.edges[0].state, flow.edges[0].counts
    ('shut', {'shut': 1})
    """
    return GradientFlow(*replay(graph_of("gradient_flow", root), gradient))
