"""GradientFlow: a flow that answers and shows itself. Put together here from all who read it."""

from __future__ import annotations

import inspect
import os
import warnings
from functools import cached_property
from pathlib import Path
from typing import Any

from tinygrad_relu.files import write
from tinygrad_relu.flow.graph import Flow
from tinygrad_relu.flow.reasons import why_zero, why_zeros
from tinygrad_relu.flow.stops import cuts
from tinygrad_relu.flow.trace import replay
from tinygrad_relu.options import file_path, graph_of
from tinygrad_relu.picture import dot, page, text
from tinygrad_relu.picture.source import source_of
from tinygrad_relu.value import Value


def save(
    flow: Flow, path: str | os.PathLike[str], engine: str | None = None, **options: Any
) -> Path:
    """Write the flow to a file by its suffix: svg, png, pdf, dot, txt, html, or py.

    Parameters
    ----------
    path : str or path
        HTML is the page to step through, whatever the options; ``.py`` the pass as a program.
    engine : {"dot", "pygraphviz"}, optional
        The renderer.
    **options
        As for `to_dot`; for the page `language` and `start`. The page has its own legend, views
        and folds: an option of a still picture changes nothing there, and a warning says so.
    """
    if file_path("save", path).suffix.lower() == ".py":
        return source_of(flow).save(path)
    if file_path("save", path).suffix.lower() != ".html":
        return dot.drawing(flow, **options).save(path, engine)
    still = inspect.signature(dot.to_dot).parameters
    idle = [name for name in options if name in still and options[name] != still[name].default]
    if idle:
        warnings.warn(
            f"{Path(path).name} is the page to step through, where {', '.join(idle)} changes "
            "nothing: it is for a still picture, such as .svg",
            stacklevel=2,
        )
    of_page = {name: chosen for name, chosen in options.items() if name not in still}
    return write(path, page.to_html(flow, engine, **of_page).encode())


class GradientFlow(Flow):
    """A backward pass, edge by edge; see `flow.graph.Flow` for what it holds."""

    cuts = cached_property(cuts)
    why_zero = why_zero
    why_zeros = why_zeros
    to_text = text.to_text
    to_dot = dot.to_dot
    to_svg = dot.to_svg
    to_html = page.to_html
    save = save

    def __repr__(self) -> str:
        size = len(self.trace.values)
        return f"<gradient flow of {self.root.name}: {size} nodes, {len(self.cuts)} cuts>"

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
    return GradientFlow(replay(graph_of("gradient_flow", root), gradient))
