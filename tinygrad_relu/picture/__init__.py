"""Pictures of a gradient flow: text, DOT, SVG, PNG, PDF, and networks of neurons."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinygrad_relu.picture.output import Drawing
    from tinygrad_relu.value import Value


def draw(
    root: Value,
    path: str | os.PathLike[str] | None = None,
    *,
    gradient: Any = None,
    engine: str | None = None,
    **options: Any,
) -> Drawing | Path:
    """Draw the graph of `root`: values, gradients, and on each edge what became of the gradient.

    Before any ``backward()`` the gradients are drawn as “–”, unless `gradient` is given.

    Parameters
    ----------
    root : Value
        The loss, or any Value of a graph.
    path : str or path, optional
        Save there, by suffix: svg, png, pdf, dot, txt, or html: the page to step through.
    gradient : float or array_like, optional
        The upstream gradient at the root; by default what the last pass brought there.
    engine : {"dot", "pygraphviz"}, optional
        The renderer; by default `dot` on PATH, else pygraphviz.
    **options
        As for `to_dot`: gradients, direction, rankdir, legend, max_nodes, depth, focus, reach.

    Returns
    -------
    Drawing or Path
        The path if one is given, else a drawing that shows itself in a notebook.

    Raises
    ------
    RendererError
        If a renderer is needed and there is none; the message says how to get one.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> x = tg.Value(-2.0, label="x")
    >>> y = x.relu()
    >>> print(draw(y))
    v1  relu  0  ∂ –
    └─ ×0 ─ x  leaf  −2  ∂ –
    >>> y.backward()
    >>> print(draw(y).text.splitlines()[1])
    └─ ✂ cut ×0 = 0 ─ x  leaf  −2  ∂ 0
    """
    import numpy as np

    from tinygrad_relu.options import file_path, graph_of
    from tinygrad_relu.picture.dot import drawing
    from tinygrad_relu.picture.flow import gradient_flow

    graph_of("draw", root)
    if path is not None:
        path = file_path("draw", path)
    if gradient is None:
        options.setdefault("gradients", root.grad is not None)
        if root.op is not None and root.grad is not None:
            gradient = root.grad
        elif root.ndim:
            gradient = np.ones(root.shape, root.dtype)
    flow = gradient_flow(root, gradient)
    if path is not None and path.suffix.lower() == ".html" and options == {"gradients": True}:
        return Path(flow.save(path, engine=engine))  # the page that steps through the pass
    picture = drawing(flow, **options)
    return picture if path is None else picture.save(path, engine)


def draw_network(network: Any, *where: Any, **options: Any) -> Drawing | Path:
    """Draw neurons as circles and weights as lines; shut and dead neurons are crossed out.

    ``draw_network(layers, path=None)`` draws a network built from Values by hand: see
    `draw.network.draw_network`. ``draw_network(model, X, path=None)`` draws a model over the
    examples X: see `draw.model.draw_model`.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> x = tg.Value(2.0, label="x")
    >>> print(draw_network([[x], [(x * -3).relu()]]))
    layer 0: x = 2 (∂ –)
    layer 1: 1.1 = 0 (∂ –) ✕ shut
    """
    if callable(network):
        from tinygrad_relu.picture.model import draw_model

        if not where and "X" not in options:
            raise TypeError(
                "draw_network of a model is drawn over examples: draw_network(model, X, path)"
            )
        return draw_model(network, *where, **options)
    from tinygrad_relu.picture.network import draw_network as draw_layers

    return draw_layers(network, *where, **options)
