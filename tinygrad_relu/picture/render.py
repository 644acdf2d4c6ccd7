"""Where DOT becomes a picture.

The renderer is an explicit choice, else `dot` on PATH, else pygraphviz, which
carries the Graphviz libraries and draws in process.
"""

from __future__ import annotations

import re
import shutil

from tinygrad_relu.options import choice

HOW = (
    "install Graphviz so that its `dot` is on PATH (https://graphviz.org/download), "
    'or pygraphviz, which needs nothing else: python -m pip install "pygraphviz>=2.0.4". '
    "Without either, to_text() and to_dot() still work"
)


class RendererError(RuntimeError):
    """DOT source could not be drawn: no renderer, or it failed."""


def available(engine: str | None = None) -> str:
    """The renderer that will draw: ``"dot"`` or ``"pygraphviz"``.

    Parameters
    ----------
    engine : {"dot", "pygraphviz"}, optional
        An explicit choice.

    Raises
    ------
    RendererError
        If there is none; the message says how to get one.
    ValueError
        If `engine` is another word.
    """
    if engine is not None:
        choice("render", "engine", engine, ("dot", "pygraphviz"))
    if engine != "pygraphviz" and shutil.which("dot"):
        return "dot"
    if engine == "dot":
        raise RendererError(f"no `dot` on PATH: {HOW}")
    try:
        import pygraphviz  # noqa: F401
    except ImportError as error:
        raise RendererError(f"no renderer found ({error}): {HOW}") from None
    return "pygraphviz"


def render(
    source: str, format: str = "svg", engine: str | None = None, layout: str = "dot"
) -> bytes:
    """Draw DOT source; the same source gives the same bytes.

    Parameters
    ----------
    source : str
    format : {"svg", "png", "pdf"}
    engine : {"dot", "pygraphviz"}, optional
        Which renderer; by default `dot` on PATH, else pygraphviz.
    layout : {"dot", "neato"}

    Returns
    -------
    bytes

    Raises
    ------
    RendererError
        If there is no renderer, with the ways to get one, or if it failed.

    Examples
    --------
    >>> render("digraph { a -> b }")[:5]
    b'<?xml'
    """
    if format not in ("svg", "png", "pdf"):
        raise ValueError(f"format is 'svg', 'png' or 'pdf', not {format!r}")
    if format == "png":
        source = source.replace("{", "{\n\tdpi=144", 1)
    if available(engine) == "dot":
        import graphviz

        try:
            drawn = graphviz.Source(source, engine=layout).pipe(format=format, quiet=True)
        except graphviz.CalledProcessError as error:
            raise RendererError(f"`dot` failed: {error.stderr or error}") from None
    else:
        import pygraphviz

        try:
            drawn = pygraphviz.AGraph(string=source).draw(format=format, prog=layout)
        except Exception as error:
            raise RendererError(f"pygraphviz failed: {error}") from error
    if format == "svg":
        return _stable_svg(drawn)
    return _stable_pdf(drawn) if format == "pdf" else bytes(drawn)


def _stable_svg(drawn: bytes) -> bytes:
    """Without comments, which name the Graphviz version, and with tooltips browsers show."""
    text = re.sub(r"<!--.*?-->\n?", "", drawn.decode(), flags=re.DOTALL)
    text = re.sub(
        r'<title>[^<]*</title>\n(<g id="a_[^>]*><a xlink:title="([^"]*)">)',
        r"<title>\2</title>\n\1",
        text,
    )
    text = re.sub(r"(<ellipse [^>]*?cx=\"([-\d.]+)\"[^>]*>\n)((?:<text .*\n)+)", _centred, text)
    # a number, not Graphviz's &#45;, so that ids read the same in every renderer
    return re.sub(r'(?<=[ "])((?:id|class)="[^"]*)', _plain_dashes, text).encode()


def _centred(match: re.Match[str]) -> str:
    """The text in a circle stays in its middle when another font draws it than was measured."""
    ellipse, x, lines = match.groups()
    return ellipse + re.sub(
        r'text-anchor="start" x="[-\d.]+"', f'text-anchor="middle" x="{x}"', lines
    )


def _plain_dashes(match: re.Match[str]) -> str:
    return match[0].replace("&#45;", "-")


def _stable_pdf(drawn: bytes) -> bytes:
    return re.sub(rb"(/(?:Creation|Mod)Date \(D:)\d{14}", rb"\g<1>20000101000000", drawn)
