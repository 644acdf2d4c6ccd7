"""The page: a flow, or several over one graph, walked through step by step.

One self-contained file. Its policy allows the one script and the one style that
are in it, by their hashes, and nothing else: no network, no code in a label.
The data are JSON, see `data`; a reader of its own finds them in the element
``<script type="application/json" id="flow">``.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from tinygrad_relu.files import write
from tinygrad_relu.flow.graph import Flow
from tinygrad_relu.options import choice, file_path, instance
from tinygrad_relu.picture.dot import to_svg
from tinygrad_relu.picture.look import LOOKS, REFUSED
from tinygrad_relu.picture.page.data import flow_data
from tinygrad_relu.picture.page.layout import same_structure, views
from tinygrad_relu.picture.render import RendererError
from tinygrad_relu.picture.text import to_text

#: A module of the page's script imports by name, in a statement at its top.
IMPORT = re.compile(r'^import \{[^}]*\}\s*from "\./([\w.]+)";\n', re.M)
LANGUAGES = ("en", "ja")


class Frames:
    """Several flows over the same graph, for one page with a second slider.

    Made by `frames`.
    """

    def __init__(self, flows: dict[str, Flow], engine: str | None) -> None:
        self.flows = flows
        self.engine = engine

    def __repr__(self) -> str:
        return f"<frames {', '.join(self.flows)}; save(…) or to_html()>"

    def to_html(self, language: str | None = None, start: str = "begin") -> str:
        """The page, as `to_html` makes it of one flow."""
        return _page(self.flows, self.engine, language, start)

    def to_json(self) -> str:
        """The data of the page; the format is told in `picture.page.data`."""
        return _json(flow_data(self.flows, views(next(iter(self.flows.values())), self.engine)))

    def save(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write the page to a file that ends in ``.html``, or the data to ``.json``.

        Raises
        ------
        ValueError
            If the suffix is another.
        """
        path = file_path("save", path)
        if path.suffix.lower() not in (".html", ".json"):
            raise ValueError(f"cannot save {path.name!r}: frames are saved as .html or .json")
        if path.suffix.lower() == ".json":
            return write(path, (self.to_json() + "\n").encode())
        return write(path, self.to_html(**options).encode())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        first = next(iter(self.flows.values()))
        return {"text/html": _frame(self.to_html(start="end")), "text/plain": to_text(first)}


def frames(flows: Mapping[str, Flow], engine: str | None = None) -> Frames:
    """Put several flows over one layout: activations, examples or steps of training compared.

    Parameters
    ----------
    flows : mapping from str to Flow
        The name of each frame, in order. All are of the same graph: the same shapes, joined in
        the same way; the ops and numbers may differ.
    engine : {"dot", "pygraphviz"}, optional
        The renderer that lays out.

    Returns
    -------
    Frames

    Raises
    ------
    ValueError
        If there is no flow, or two are not of the same graph.
    TypeError
        If something is not a Flow.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> def flow(activation):
    ...     return tg.gradient_flow(activation(tg.Value(-2.0, label="x")))
    >>> frames({"relu": flow(tg.relu), "leaky": flow(tg.leaky_relu)})
    <frames relu, leaky; save(…) or to_html()>
    """
    wanted = 'a dict of flows by name, as {"relu": tg.gradient_flow(loss)}'
    instance("frames", "flows", flows, Mapping, wanted)
    given = {str(name): flow for name, flow in flows.items()}
    if not given:
        raise ValueError("frames of nothing: give at least one flow")
    for name, flow in given.items():
        instance("frames", repr(name), flow, Flow, "a flow, as tg.gradient_flow(loss) makes")
    same_structure(given)
    return Frames(given, engine)


def to_html(
    flow: Flow,
    engine: str | None = None,
    language: str | None = None,
    start: str = "begin",
) -> str:
    """A flow as a page of its own.

    Parameters
    ----------
    flow : Flow
    engine : {"dot", "pygraphviz"}, optional
        The renderer that lays out; by default whichever there is, else a plain layout.
    language : {"en", "ja"}, optional
        Of the interface; by default the browser's.
    start : {"begin", "end"}
        Whether the page opens before the first step or after the last.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If a choice is another word.
    RendererError
        If `engine` is chosen and cannot draw.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> page = to_html(tg.gradient_flow(tg.Value(-2.0, label="</script>").relu()))
    >>> page.count("</script>")  # of the data and of the program; the label is no third
    2
    """
    return _page({"": flow}, engine, language, start)


def to_json(flow: Flow, engine: str | None = None) -> str:
    """The data of the page; the format is told in `picture.page.data`.

    Examples
    --------
    >>> import json, tinygrad_relu as tg
    >>> x = tg.Value(3.0, label="x")
    >>> data = json.loads(to_json(tg.gradient_flow(x * x)))
    >>> [step["running"] for step in data["frames"][0]["steps"]]
    [3, 6]
    """
    return _json(flow_data({"": flow}, views(flow, engine)))


def mimebundle(flow: Flow) -> dict[str, str]:
    """A flow for a notebook: the page in a frame of its own, SVG and text."""
    bundle = {"text/html": _frame(to_html(flow, start="end")), "text/plain": to_text(flow)}
    try:
        bundle["image/svg+xml"] = to_svg(flow)
    except RendererError as error:
        bundle["text/plain"] += f"\n\n({error})"
    return bundle


def _page(flows: dict[str, Flow], engine: str | None, language: str | None, start: str) -> str:
    if language is not None:
        choice("to_html", "language", language, LANGUAGES)
    choice("to_html", "start", start, ("begin", "end"))
    first = next(iter(flows.values()))
    data = flow_data(flows, views(first, engine))
    data["options"] = {"language": language, "start": start}
    style, script = _style(), _script()
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    filled = {
        "policy": policy,
        "title": html.escape(data["ja" if language == "ja" else "title"]),
        "style": style,
        "text": html.escape(to_text(first)),
        "data": _json(data),
        "script": script,
    }
    page = _read("page.html")
    pieces = page.split("{{")
    # One walk over the template: what is filled in is never searched for more gaps.
    return pieces[0] + "".join(
        filled[name] + rest for name, rest in (piece.split("}}", 1) for piece in pieces[1:])
    )


def _frame(page: str) -> str:
    """A page inside another, with its title: its ids, styles and script touch nothing outside."""
    title = page.split("<title>", 1)[1].split("</title>", 1)[0]
    return (
        f'<iframe srcdoc="{html.escape(page, quote=True)}" sandbox="allow-scripts" '
        f'style="width:100%;height:760px;border:0" title="{title}"></iframe>'
    )


def _json(data: Any) -> str:
    """JSON that is also safe inside an HTML element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode("utf-8", "replace").decode()


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


@lru_cache
def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


@lru_cache
def _script() -> str:
    """The modules as one, each after those it imports: the policy names one hash, no address.

    They then share a scope, so no two may have a name in common.
    """
    told: dict[str, str] = {}

    def tell(name: str) -> None:
        source = _read(name)
        for other in IMPORT.findall(source):
            if other not in told:
                tell(other)
        told[name] = re.sub(r"^export ", "", IMPORT.sub("", source), flags=re.M)

    tell("app.js")
    return "\n" + "\n".join(told.values())


@lru_cache
def _style() -> str:
    """The style sheet, after the colours of the states, which every picture shares."""
    colors = "".join(
        f"--look-{state}:{look.color};--look-{state}-ink:{look.ink};"
        for state, look in {**LOOKS, "refused": REFUSED}.items()
    )
    return f"\n:root{{{colors}}}\n{_read('page.css')}"
