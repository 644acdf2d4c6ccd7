"""A finished drawing: shows itself in a notebook, saves itself by suffix."""

from __future__ import annotations

import html
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygrad_relu.files import write
from tinygrad_relu.options import file_path
from tinygrad_relu.picture.render import RendererError, render

SUFFIXES = ("svg", "png", "pdf", "dot", "html", "txt")


@dataclass(frozen=True)
class Drawing:
    """DOT source and a text, and what can be made of them.

    Attributes
    ----------
    dot : str
        The DOT source.
    text : str
        The same for terminals.
    layout : str
        Graphviz's layout program, ``"dot"`` or ``"neato"``.

    Examples
    --------
    >>> drawing = Drawing("digraph { a -> b }", "a → b")
    >>> print(drawing)
    a → b
    >>> drawing.to_svg()[:4]
    '<svg'
    """

    dot: str
    text: str
    layout: str = "dot"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<drawing of {self.dot.count(chr(10))} lines of DOT; print it, or save it>"

    def to_svg(self, engine: str | None = None) -> str:
        """The picture as one ``<svg>`` element, to embed or to save."""
        svg = render(self.dot, "svg", engine, self.layout).decode()
        return svg[svg.index("<svg") :]

    def to_html(self, engine: str | None = None) -> str:
        """The picture as a page of its own."""
        return _PAGE.replace("{svg}", self.to_svg(engine))

    def save(self, path: str | os.PathLike[str], engine: str | None = None) -> Path:
        """Write to `path` by its suffix, the whole file or none.

        Parameters
        ----------
        path : str or path
            Ends in ``.svg``, ``.png``, ``.pdf``, ``.dot``, ``.html`` or ``.txt``.
        engine : {"dot", "pygraphviz"}, optional

        Returns
        -------
        Path

        Raises
        ------
        ValueError
            If the suffix is another.
        RendererError
            If a renderer is needed and there is none.
        """
        path = file_path("save", path)
        suffix = path.suffix.lower().lstrip(".")
        if suffix not in SUFFIXES:
            raise ValueError(f"cannot save {path.name!r}: the name ends in .{', .'.join(SUFFIXES)}")
        if suffix == "dot":
            content = self.dot.encode("utf-8", "replace")
        elif suffix == "txt":
            content = (self.text + "\n").encode("utf-8", "replace")
        elif suffix == "html":
            content = self.to_html(engine).encode()
        else:
            content = render(self.dot, suffix, engine, self.layout)
        return write(path, content)

    def mimebundle(self) -> dict[str, str]:
        """What a notebook chooses from; only the text where there is no renderer.

        The HTML is an ``<iframe srcdoc>``: its ids and styles touch nothing else on the page.
        """
        try:
            svg = self.to_svg()
        except RendererError as error:
            return {"text/plain": f"{self.text}\n\n({error})"}
        size = re.search(r'height="([\d.]+)pt"', svg)
        height = min(900, round(float(size[1]) * 4 / 3) + 24) if size else 480
        page = html.escape(_PAGE.replace("{svg}", svg), quote=True)
        frame = (
            f'<iframe srcdoc="{page}" style="width:100%;height:{height}px;border:0" '
            'title="gradient flow"></iframe>'
        )
        return {"text/html": frame, "image/svg+xml": svg, "text/plain": self.text}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.mimebundle()


_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Gradient flow</title>
<style>
  body { margin: 0; padding: 8px; overflow: auto; }
  svg { border-radius: 6px; }
  .edge a:hover path, .node a:hover > path { stroke-width: 3; }
  @media (prefers-color-scheme: dark) { body { background: #1f2328; } }
</style>
{svg}
</html>
"""
