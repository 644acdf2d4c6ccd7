"""The page that walks through a backward pass, step by step."""

from tinygrad_relu.picture.page.page import Frames, frames, mimebundle, to_html, to_json
