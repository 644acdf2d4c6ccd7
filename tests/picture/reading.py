"""Pictures and pages read as a program reads them: ids, classes, text, policy."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture.plan import Box, Picture

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


class Reader(HTMLParser):
    """The elements of a page, and the content of its scripts and styles."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.content, self.policy, self.open = [], {}, "", None
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]
        if tag in ("script", "style"):
            self.open = attributes.get("id") or tag
            self.content.setdefault(self.open, "")

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self.open = None

    def handle_data(self, data):
        if self.open:
            self.content[self.open] += data


def data_of(source):
    return json.loads(Reader(source).content["flow"])


def titles(picture: Picture) -> list[str]:
    """The boxes of a picture."""
    return [item.title for item in picture.items if isinstance(item, Box)]
