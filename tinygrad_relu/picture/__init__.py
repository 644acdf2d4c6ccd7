"""Pictures of a gradient flow: text, DOT, SVG, PNG, PDF, and networks of neurons."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinygrad_relu.picture.output import Drawing
    from tinygrad_relu.value import Value


def draw(
    root: Value | Exception,
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
    root : Value or Exception
        The loss, or any Value of a graph; or an error of an op: the graph up to it, where the op
        that was refused is marked.
    path : str or path, optional
        Save there, by suffix: svg, png, pdf, dot, txt, or html: the page to step through.
    gradient : float or array_like, optional
        The upstream gradient at the root; by default what the last pass brought there.
    engine : {"dot", "pygraphviz"}, optional
        The renderer; by default `dot` on PATH, else pygraphviz.
    **options
        As for `to_dot`: gradients, direction, rankdir, legend, max_nodes, depth, focus, reach;
        for the page language and start.

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
    from tinygrad_relu.picture.refused import draw_refused

    if path is not None:
        path = file_path("draw", path)
    if isinstance(root, Exception):
        return draw_refused(root, path, engine, **options)
    graph_of("draw", root)
    known = gradient is not None or root.grad is not None
    if gradient is None:
        if root.op is not None and root.grad is not None:
            gradient = root.grad
        elif root.ndim:
            gradient = np.ones(root.shape, root.dtype)
    flow = gradient_flow(root, gradient)
    if path is not None and path.suffix.lower() == ".html":
        return flow.save(path, engine, **options)
    options.setdefault("gradients", known)
    picture = drawing(flow, **options)
    return picture if path is None else picture.save(path, engine)


def draw_network(
    network: Any,
    *where: Any,
    max_units: int = 12,
    legend: bool = True,
    engine: str | None = None,
    **named: Any,
) -> Drawing | Path:
    """Draw neurons as circles and weights as lines; shut and dead neurons are crossed out.

    ``draw_network(layers, path=None)`` draws a network built from Values by hand;
    ``draw_network(model, X, path=None)`` draws a model over the examples X.

    Parameters
    ----------
    network : sequence of sequences of Value, or callable
        The neurons, layer by layer, from input to output: scalars, or one number an example.
        Or a model, as for `inspect_units`: a neuron that is shut for all of X is dead.
    X : array_like
        Of a model: the examples along axis 0; for a single example ``X[:1]``. A neuron of many
        shows its range.
    path : str or path, optional
        Save there, by suffix: svg, png, pdf, dot, html or txt.
    max_units : int
        A layer of more neurons is folded: "… 118 more, 40 dead".
    legend : bool
        Whether to explain what occurs.
    engine : {"dot", "pygraphviz"}, optional
        The renderer.

    Returns
    -------
    Drawing or Path

    Raises
    ------
    TypeError
        If a neuron is not a Value, or as `inspect_units` does.
    ValueError
        If there is no layer, or an empty one, or as `inspect_units` does.
    StaleDataError
        If a weight was assigned since the forward pass that made the neurons.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> x = tg.Value(2.0, label="x")
    >>> h1, h2 = (x * 3 + 1).relu(), (x * -3).relu()
    >>> y = 0.5 * h1 - 0.25 * h2
    >>> y.backward()
    >>> print(draw_network([[x], [h1, h2], [y]]))
    layer 0: x = 2 (∂ 1.5)
    layer 1: unit 1 = 7 (∂ 0.5), unit 2 = 0 (∂ −0.25) ✕ shut
    layer 2: unit 1 = 3.5 (∂ 1)
    >>> w, b, v = tg.Value([[2.0], [1.0]]), tg.Value([0.0, -9.0]), tg.Value([[1.0, -1.0]])
    >>> print(draw_network(lambda x: tg.linear(tg.linear(x, w, b).relu(), v), [[1.5]]))
    inputs: x1 = 1.5 (∂ –)
    layer 1 (Linear 1→2): unit 1 = 3 (∂ –), unit 2 = 0 (∂ –) ✕ dead
    outputs: y1 = 3 (∂ –)
    """
    from tinygrad_relu.options import function, whole
    from tinygrad_relu.picture.circles import drawing
    from tinygrad_relu.picture.model import network_of_model
    from tinygrad_relu.picture.network import network_of_values

    whole("draw_network", "max_units", max_units)

    def of_model(X: Any, path: Any = None) -> Any:
        return network_of_model(network, X, max_units), path

    def of_values(path: Any = None) -> Any:
        return network_of_values(network), path

    if callable(network) and not where and "X" not in named:
        raise TypeError(
            "draw_network of a model is drawn over examples: draw_network(model, X, path)"
        )
    if "X" in named:
        words = "a model, a function of X, where X is given"
        network = function("draw_network", "network", network, words)
    made, path = (of_model if callable(network) else of_values)(*where, **named)
    picture = drawing(made, max_units, legend)
    return picture if path is None else picture.save(path, engine)
