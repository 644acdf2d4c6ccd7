"""The graph up to an op that could not be computed: what an error of an op carries."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Flow
from tinygrad_relu.flow.trace import Trace
from tinygrad_relu.node import topological
from tinygrad_relu.picture.dot import drawing
from tinygrad_relu.picture.output import Drawing
from tinygrad_relu.picture.page.page import Frames
from tinygrad_relu.value import made


def refused_flow(error: Exception) -> Flow:
    """The nodes behind the op that raised `error`, and the op itself; nothing flows back.

    Raises
    ------
    TypeError
        If the error is not of an op.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> try:
    ...     tg.Value([1.0, 2.0], label="x").exp() + [1.0, 2.0, 3.0]
    ... except ValueError as error:
    ...     print([node.name for node in refused_flow(error).nodes])
    ['x', 'v1', 'v2']
    """
    if not hasattr(error, "refused"):
        raise TypeError(
            f"draw: this {type(error).__name__} is not of an op, so there is no graph to draw: "
            f"{error}"
        )
    op, operands, settings = error.refused
    if settings is None:
        parameters = [*inspect.signature(op).parameters.values()]
        settings = [p.default for p in parameters[len(parameters) - op.settings :]]
    root = made(op, tuple(operands), tuple(settings), np.nan)
    root.annotate(refused=str(error))
    return Flow(Trace(topological(root)))


def draw_refused(
    error: Exception, path: Path | None = None, engine: str | None = None, **options: Any
) -> Drawing | Path:
    """Draw the graph up to the op that raised `error`; as HTML, the page that steps up to it."""
    flow = refused_flow(error)
    if path is not None and path.suffix.lower() == ".html" and not options:
        return Frames({"": flow}, engine).save(path, start="end")
    picture = drawing(flow, **{**options, "gradients": False})
    return picture if path is None else picture.save(path, engine)
